use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eskit_runtime::StoreError;
use eskit_runtime::log::{LogId, Place, StoreErrorKind, Subject};
use eskit_runtime::vault::{KeyId, KeyStore, StoredKey, WrappedKey};
use rusqlite::Connection;

use crate::error::Fault;
use crate::keys::file::{KeyFile, failed};
use crate::keys::rows;
use crate::open::connect;
use crate::threads::readers::ReadQueue;

/// Calls that wait for the thread of the file.
const QUEUE_LEN: usize = 1024;

/// The keys of personal data, in an SQLite file of their own.
///
/// ```no_run
/// # mod eskit { pub use eskit_runtime::*; pub use eskit_sqlite as sqlite; }
/// # async fn example() -> Result<(), eskit::StoreError> {
/// use eskit::sqlite::SqliteKeyStore;
///
/// let keys = SqliteKeyStore::open("keys.db").await?;
/// # Ok(()) }
/// ```
///
/// Keep the file apart from the log, also in backups: a backup of both keeps readable what is forgotten later. Several processes may
/// open it. Each change is synced to the disk before it is confirmed.
///
/// A key that is destroyed is overwritten with zeros in the file (`secure_delete`), and the write-ahead log is emptied, before
/// [`KeyStore::destroy`] returns. If another process reads the file for so long that its write-ahead log cannot be emptied, that fails as
/// [`Busy`](StoreErrorKind::Busy), and is to be called again. What a file system or a disk keeps of blocks that were overwritten, such as
/// in its snapshots, and backups of the file, hold the key as it was wrapped: change the master key, and destroy the old one, to be rid of
/// them.
#[derive(Clone)]
pub struct SqliteKeyStore {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    /// The process that opened it: after a fork, its thread is not there.
    process: u32,
    queue: Arc<ReadQueue<KeyFile>>,
}

impl SqliteKeyStore {
    /// Opens the file at this path; creates it if it is missing.
    ///
    /// # Errors
    /// `Foreign` if the file is none of keys; otherwise the kind by SQLite's error.
    pub async fn open(path: impl AsRef<Path>) -> Result<SqliteKeyStore, StoreError> {
        connect::check_version(rusqlite::version_number())?;
        let path = connect::absolute(path.as_ref())?;
        connect::check_new_name(&path)?;
        let queue = Arc::new(ReadQueue::new(QUEUE_LEN));
        let shared = Shared { path: path.clone(), process: std::process::id(), queue: Arc::clone(&queue) };
        let thread = std::thread::Builder::new().name("eskit-keys".into());
        let spawned = thread.spawn(move || queue.serve(KeyFile::new(path)));
        spawned.map_err(|error| StoreError::new(StoreErrorKind::Other, format!("cannot start a thread: {error}")))?;
        let store = SqliteKeyStore { shared: Arc::new(shared) };
        store.run("open", |_| Ok(())).await?;
        Ok(store)
    }

    /// The absolute path of the file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Runs a job on the thread of the file.
    async fn run<T: Send + 'static>(
        &self,
        doing: &'static str,
        job: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Shared { path, process, queue } = &*self.shared;
        let done = match *process == std::process::id() {
            true => queue.run(move |file| Ok(file.run(doing, job))).await,
            false => return Err(gone(path)),
        };
        match done {
            Ok(answer) => answer.map_err(|fault| failed(fault, doing, path))?,
            Err(_) => Err(gone(path)),
        }
    }
}

/// The file was opened by the process from which this one was forked, or its thread is gone.
fn gone(path: &Path) -> StoreError {
    let text = format!(
        "the thread of the keys `{}` has ended\nhelp: open the keys again; if this process was forked, open them after the fork",
        path.display()
    );
    StoreError::new(StoreErrorKind::Closed, text)
}

impl KeyStore for SqliteKeyStore {
    async fn get_or_insert(&self, keys: Vec<StoredKey>) -> Result<Vec<StoredKey>, StoreError> {
        self.run("write", move |conn| rows::get_or_insert(conn, keys)).await
    }

    async fn get(&self, ids: Vec<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        self.run("read", move |conn| rows::get(conn, &ids)).await
    }

    async fn of_subject(&self, log: LogId, subject: Subject) -> Result<Vec<StoredKey>, StoreError> {
        self.run("read", move |conn| rows::of_subject(conn, log, &subject)).await
    }

    async fn destroy(&self, keys: Vec<StoredKey>) -> Result<u64, StoreError> {
        self.run("write", move |conn| {
            let destroyed = rows::destroy(conn, &keys)?;
            rows::empty_wal(conn)?;
            Ok(destroyed)
        })
        .await
    }

    async fn destroyed(&self) -> Result<u64, StoreError> {
        self.run("read", rows::destroyed).await
    }

    async fn page(&self, after: Option<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        self.run("read", move |conn| rows::page(conn, after)).await
    }

    async fn rewrap(&self, id: KeyId, from: WrappedKey, to: WrappedKey) -> Result<bool, StoreError> {
        self.run("write", move |conn| rows::rewrap(conn, id, &from, &to)).await
    }

    async fn searched(&self, log: LogId, by: String) -> Result<Place, StoreError> {
        self.run("read", move |conn| rows::searched(conn, log, &by)).await
    }

    async fn set_searched(&self, log: LogId, by: String, place: Place) -> Result<(), StoreError> {
        self.run("write", move |conn| rows::set_searched(conn, log, &by, place)).await
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl fmt::Debug for SqliteKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteKeyStore").field("path", &self.shared.path).finish_non_exhaustive()
    }
}
