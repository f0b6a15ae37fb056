use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::Fault;
use crate::file::identity::FileGuard;
use crate::file::{busy, schema};
use crate::handlers::rules::Rules;
use crate::handlers::tx::Tx;
use crate::open::connect;
use crate::open::options::{Durability, SqliteOptions};

/// A connection beside the writer's, for the work on read models that no append waits for.
pub(super) struct Beside {
    pub(super) tx: Tx,
    path: PathBuf,
    files: FileGuard,
    busy_timeout: Duration,
}

impl Beside {
    /// Opens the log's file once more.
    pub(super) fn open(path: PathBuf, options: &SqliteOptions) -> Result<Beside, Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&path, flags)?;
        // What a loss of power undoes, it undoes in rows and checkpoint together.
        let options = options.clone().durability(Durability::Normal);
        connect::common(&conn, &options)?;
        connect::configure_writer(&conn, &options)?;
        conn.busy_timeout(Duration::ZERO)?;
        let rules = Rules::guard(&conn, &schema::TABLES)?;
        let (files, busy_timeout) = (FileGuard::at(&path), options.busy_timeout);
        Ok(Beside { tx: Tx::new(Rc::new(conn), rules), path, files, busy_timeout })
    }

    /// The file of the log.
    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Runs statements in a transaction that lets no other process write, and commits it if they succeed.
    pub(super) fn transact<T>(&mut self, run: impl FnOnce(&mut Tx) -> Result<T, Fault>) -> Result<T, Fault> {
        self.tx.start(false);
        busy::begin(self.busy_timeout, || self.tx.execute_batch("BEGIN IMMEDIATE"))?;
        let done = run(&mut self.tx).and_then(|done| {
            self.files.check(&self.tx)?;
            self.files.mark(&self.tx)?;
            self.tx.execute_batch("COMMIT")?;
            Ok(done)
        });
        if !self.tx.is_autocommit() {
            // When this fails, the next transaction says why it cannot begin.
            let _ = self.tx.execute_batch("ROLLBACK");
        }
        if done.is_err() {
            self.files.forget();
        }
        let done = done?;
        self.files.check(&self.tx)?;
        Ok(done)
    }
}
