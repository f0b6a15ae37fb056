use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::error::Fault;

/// What keeps handlers from the transaction, from the tables of eskit, and from those of the log.
#[derive(Default)]
pub(crate) struct Rules {
    /// The tables of the log, where its file is the one that handlers write to.
    log: &'static [&'static str],
    /// Whether code of a handler is running.
    apply: AtomicBool,
    /// Tables that this code must leave alone too, in lower case, and whose they are.
    taken: Mutex<BTreeMap<String, String>>,
    /// Why SQL of that code was refused last.
    refusal: Mutex<Option<String>>,
}

/// Rules apply, or do not, as long as this lives.
pub(crate) struct Applied {
    rules: Arc<Rules>,
    before: bool,
}

impl Drop for Applied {
    fn drop(&mut self) {
        self.rules.apply.store(self.before, Ordering::Relaxed);
    }
}

impl Rules {
    /// Puts a connection under rules, which apply only while a handler runs.
    pub(crate) fn guard(conn: &Connection, log: &'static [&'static str]) -> Result<Arc<Rules>, Fault> {
        let rules = Arc::new(Rules { log, ..Rules::default() });
        let guard = Arc::clone(&rules);
        conn.authorizer(Some(move |context: AuthContext<'_>| guard.authorize(&context.action)))?;
        let guard = Arc::clone(&rules);
        // SQL such as `INSERT OR ROLLBACK` may end the transaction. What a handler writes after that must not stay either.
        conn.commit_hook(Some(move || guard.apply.load(Ordering::Relaxed)))?;
        Ok(rules)
    }

    /// From now on a handler runs.
    pub(crate) fn apply(rules: &Arc<Rules>) -> Applied {
        Rules::set(rules, true)
    }

    /// From now on eskit does something that a handler asked for.
    pub(crate) fn lift(rules: &Arc<Rules>) -> Applied {
        Rules::set(rules, false)
    }

    fn set(rules: &Arc<Rules>, apply: bool) -> Applied {
        let before = rules.apply.swap(apply, Ordering::Relaxed);
        Applied { rules: Arc::clone(rules), before }
    }

    /// Sets the tables that are not to be touched, in lower case, with their owners.
    pub(crate) fn set_taken(&self, taken: BTreeMap<String, String>) {
        *lock(&self.taken) = taken;
    }

    /// Why SQL of a handler was refused last.
    pub(crate) fn take_refusal(&self) -> Option<String> {
        lock(&self.refusal).take()
    }

    fn authorize(&self, action: &AuthAction<'_>) -> Authorization {
        if !self.apply.load(Ordering::Relaxed) {
            return Authorization::Allow;
        }
        match refusal(action).or_else(|| self.refuse_table(table_of(action)?)) {
            None => Authorization::Allow,
            Some(text) => {
                *lock(&self.refusal) = Some(text);
                Authorization::Deny
            }
        }
    }

    /// Why handlers may not change this table.
    fn refuse_table(&self, table: &str) -> Option<String> {
        if table.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("eskit_")) {
            return Some(format!(
                "`{table}` is a table of eskit, as are all whose names begin with `eskit_`\nhelp: choose another name"
            ));
        }
        if self.log.iter().any(|own| own.eq_ignore_ascii_case(table)) {
            return Some(format!(
                "`{table}` is a table of the log, in whose file a synchronous projection writes\nhelp: choose another name"
            ));
        }
        lock(&self.taken).get(&table.to_ascii_lowercase()).cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Why handlers may not do this, to whatever table.
fn refusal(action: &AuthAction<'_>) -> Option<String> {
    match action {
        AuthAction::Transaction { .. } => Some(
            "a handler may not begin or end a transaction, since eskit commits what it wrote together with the checkpoint\n\
             help: leave out `BEGIN`, `COMMIT`, and `ROLLBACK`; to undo a part, use a savepoint"
                .to_owned(),
        ),
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => Some(
            "a handler may not attach or detach databases, since a commit to two files is not atomic\nhelp: keep what is read \
             together in the tables of one projection"
                .to_owned(),
        ),
        AuthAction::Pragma { pragma_name, pragma_value } => {
            let is_known = PRAGMAS.iter().any(|known| known.eq_ignore_ascii_case(pragma_name));
            (pragma_value.is_some() && !is_known).then(|| {
                format!(
                    "a handler may not set `PRAGMA {pragma_name}`, since eskit configures the file\nhelp: leave it out"
                )
            })
        }
        _ => None,
    }
}

/// The table that this changes.
fn table_of<'a>(action: &AuthAction<'a>) -> Option<&'a str> {
    match *action {
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
        | AuthAction::DropTrigger { table_name, .. }
        | AuthAction::AlterTable { table_name, .. } => Some(table_name),
        AuthAction::CreateView { view_name } | AuthAction::DropView { view_name } => Some(view_name),
        _ => None,
    }
}
