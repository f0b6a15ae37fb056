use std::fmt;
use std::fmt::Display;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use eskit_runtime::subscription::Changed;
use rusqlite::Connection;

use crate::handlers::rules::Rules;

/// The transaction with which handlers write: a [`rusqlite::Connection`] to the file of the read model in
/// [`SqliteViews`](crate::SqliteViews), or to that of the log for a projection of
/// [`SqliteStore::with_projection`](crate::SqliteStore::with_projection).
///
/// What handlers write is committed together with the checkpoint, or not at all. A handler cannot begin, commit, or roll back: that
/// SQL fails. To undo a part of its work, it can use a savepoint. It cannot write to the tables of eskit, whose names begin with
/// `eskit_`, nor to those of the log, nor attach another database.
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
    conn: Rc<Connection>,
    rules: Arc<Rules>,
    is_live: bool,
    changed: Changed,
    /// The name of the list whose items of work are in the same file.
    list: Option<String>,
}

impl Tx {
    /// Whether the subscription has handled all that the log holds, once this batch is handled.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Tells readers that wait in [`Changes::next`](eskit_runtime::subscription::Changes::next) that what is kept under this key has changed. They hear
    /// of it after the commit. Without any call, they hear that something has changed. A projection that commits with the append has no
    /// such readers.
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

/// What eskit does with it.
impl Tx {
    /// A transaction on a connection that these rules guard.
    pub(crate) fn new(conn: Rc<Connection>, rules: Arc<Rules>) -> Tx {
        Tx { conn, rules, is_live: false, changed: Changed::none(), list: None }
    }

    /// A transaction on a file that has the items of work of this list.
    pub(crate) fn with_work_of(mut self, list: String) -> Tx {
        self.list = Some(list);
        self
    }

    /// The list whose items are in the file.
    pub(crate) fn list(&self) -> Option<&str> {
        self.list.as_deref()
    }

    /// Does what a handler asked eskit to do, on tables that a handler must leave alone.
    pub(crate) fn for_handler<T>(&mut self, run: impl FnOnce(&Connection) -> T) -> T {
        let _lifted = Rules::lift(&self.rules);
        run(&self.conn)
    }

    /// Notes that another transaction has begun.
    pub(crate) fn start(&mut self, is_live: bool) {
        (self.is_live, self.changed) = (is_live, Changed::none());
    }

    /// Runs code of a handler, under its rules.
    pub(crate) fn as_handler<T>(&mut self, run: impl FnOnce(&mut Tx) -> T) -> T {
        let _applied = Rules::apply(&self.rules);
        run(self)
    }

    /// Whether the transaction was ended by what a handler did.
    pub(crate) fn has_ended(&self) -> bool {
        self.conn.is_autocommit()
    }

    /// What keeps handlers from what is not theirs.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What the handlers say has changed.
    pub(crate) fn take_changed(&mut self) -> Changed {
        std::mem::replace(&mut self.changed, Changed::none())
    }
}
