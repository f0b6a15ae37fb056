use std::fmt;
use std::fmt::Display;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::error::Fault;
use crate::views::changes::Changed;
use crate::views::open;

/// The transaction with which handlers write to [`SqliteViews`](crate::SqliteViews): a [`rusqlite::Connection`] to the file of the
/// read model.
///
/// What handlers write is committed together with the checkpoint, or not at all. A handler cannot begin, commit, or roll back: that
/// SQL fails. To undo a part of its work, it can use a savepoint. It cannot write to the tables of eskit, whose names begin with
/// `eskit_`, nor attach another database.
///
/// ```
/// # mod eskit { pub use eskit_runtime::*; pub use eskit_sqlite as sqlite; }
/// use eskit::sqlite::{Tx, rusqlite};
///
/// fn enrolled(course: &str, tx: &mut Tx) -> rusqlite::Result<()> {
///     tx.prepare_cached("UPDATE courses SET enrolled = enrolled + 1 WHERE id = ?1")?.execute([course])?;
///     tx.changed(course);
///     Ok(())
/// }
/// ```
pub struct Tx {
    conn: Connection,
    rules: Arc<Rules>,
    is_live: bool,
    changed: Changed,
}

/// What keeps handlers from the transaction and from the tables of eskit.
#[derive(Default)]
struct Rules {
    /// Whether code of a handler is running.
    apply: AtomicBool,
    /// Why SQL of that code was refused last.
    refusal: Mutex<Option<String>>,
}

impl Tx {
    /// Whether the subscription has handled all that the log holds, once this batch is handled.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Tells readers that wait in [`Changes::next`](crate::Changes::next) that what is kept under this key has changed. They hear
    /// of it after the commit. Without any call, they hear that something has changed.
    pub fn changed(&mut self, key: impl Display) {
        self.changed.add(key.to_string());
    }
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.conn
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("is_live", &self.is_live).field("changed", &self.changed).finish_non_exhaustive()
    }
}

/// What the views do with it.
impl Tx {
    pub(super) fn new(conn: Connection) -> Result<Tx, Fault> {
        let rules = Arc::new(Rules::default());
        let guard = Arc::clone(&rules);
        conn.authorizer(Some(move |context: AuthContext<'_>| guard.authorize(&context.action)))?;
        let guard = Arc::clone(&rules);
        // SQL such as `INSERT OR ROLLBACK` may end the transaction. What a handler writes after that must not stay either.
        conn.commit_hook(Some(move || guard.apply.load(Ordering::Relaxed)))?;
        Ok(Tx { conn, rules, is_live: false, changed: Changed::none() })
    }

    /// Begins a transaction.
    pub(super) fn begin(&mut self, is_live: bool) -> Result<(), Fault> {
        (self.is_live, self.changed) = (is_live, Changed::none());
        open::begin(&self.conn)
    }

    /// Runs code of a handler, under its rules.
    pub(super) fn as_handler<T>(&mut self, run: impl FnOnce(&mut Tx) -> T) -> T {
        struct Ended(Arc<Rules>);
        impl Drop for Ended {
            fn drop(&mut self) {
                self.0.apply.store(false, Ordering::Relaxed);
            }
        }
        let _ended = Ended(Arc::clone(&self.rules));
        self.rules.apply.store(true, Ordering::Relaxed);
        run(self)
    }

    /// Whether the transaction was ended by what a handler did.
    pub(super) fn has_ended(&self) -> bool {
        self.conn.is_autocommit()
    }

    /// Why SQL of a handler was refused last.
    pub(super) fn take_refusal(&self) -> Option<String> {
        self.rules.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What the handlers say has changed.
    pub(super) fn take_changed(&mut self) -> Changed {
        std::mem::replace(&mut self.changed, Changed::none())
    }
}

/// Pragmas that read, or that end with the transaction.
const PRAGMAS: [&str; 12] = [
    "defer_foreign_keys",
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
    "data_version",
];

impl Rules {
    fn authorize(&self, action: &AuthAction<'_>) -> Authorization {
        if !self.apply.load(Ordering::Relaxed) {
            return Authorization::Allow;
        }
        match refusal(action) {
            None => Authorization::Allow,
            Some(text) => {
                *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
                Authorization::Deny
            }
        }
    }
}

/// Why handlers may not do this.
fn refusal(action: &AuthAction<'_>) -> Option<String> {
    let table = match action {
        AuthAction::Transaction { .. } => {
            return Some(
                "a handler may not begin or end a transaction, since eskit commits what it wrote together with the checkpoint\n\
                 help: leave out `BEGIN`, `COMMIT`, and `ROLLBACK`; to undo a part, use a savepoint"
                    .to_owned(),
            );
        }
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => {
            return Some(
                "a handler may not attach or detach databases, since a commit to two files is not atomic\nhelp: keep what is read \
                 together in the tables of one projection"
                    .to_owned(),
            );
        }
        AuthAction::Pragma { pragma_name, pragma_value } => {
            let is_known = PRAGMAS.iter().any(|known| known.eq_ignore_ascii_case(pragma_name));
            return (pragma_value.is_some() && !is_known).then(|| {
                format!(
                    "a handler may not set `PRAGMA {pragma_name}`, since eskit configures the file\nhelp: leave it out"
                )
            });
        }
        AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name }
        | AuthAction::CreateTable { table_name }
        | AuthAction::CreateIndex { table_name, .. }
        | AuthAction::CreateTrigger { table_name, .. }
        | AuthAction::CreateTempTrigger { table_name, .. }
        | AuthAction::CreateVtable { table_name, .. }
        | AuthAction::DropTable { table_name }
        | AuthAction::DropIndex { table_name, .. }
        | AuthAction::AlterTable { table_name, .. } => table_name,
        AuthAction::CreateView { view_name } => view_name,
        _ => return None,
    };
    let is_ours = table.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("eskit_"));
    is_ours.then(|| {
        format!("`{table}` is a table of eskit, as are all whose names begin with `eskit_`\nhelp: choose another name")
    })
}
