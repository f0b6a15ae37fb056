use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eskit_runtime::log::{Position, StoreErrorKind};
use eskit_runtime::subscription::{Handle, Subscriber, check_synchronous};
use eskit_runtime::{EventStore, StoreError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::append::checkpoint;
use crate::append::synchronous::Synchronous;
use crate::error::{Fault, no_thread};
use crate::file::{place, snapshot};
use crate::handlers::tx::Tx;
use crate::store::SqliteStore;
use crate::synchronous::connection::Beside;
use crate::synchronous::{build, read_model};
use crate::threads::readers::Reader;
use crate::threads::request::{Reply, Request};

/// How a read of a read model went.
enum Looked<T, F> {
    Read(T),
    /// It has not handled all that the log holds. The closure was not used.
    Behind(F, Position),
    Missing,
}

/// Synchronous projections: read models in the log's file that commit with the append.
impl SqliteStore {
    /// Adds a *synchronous* projection: from now on, each append through this store and its clones runs its handlers, and commits what
    /// they write together with the events. Readers never see an event without its rows, nor rows without their event.
    ///
    /// Its tables live in the log's file. If the log holds events already, the read model is built from them before this returns, a
    /// page at a time, while appends go on; after a kill, the next call continues. Call this right after the store is opened:
    ///
    /// ```no_run
    /// # mod eskit { pub use eskit_runtime::*; pub use eskit_sqlite as sqlite; }
    /// # async fn example<CourseList>(list: CourseList) -> Result<(), eskit::StoreError>
    /// # where CourseList: eskit::subscription::Handle<eskit::sqlite::Tx> {
    /// use eskit::sqlite::SqliteStore;
    ///
    /// let store = SqliteStore::open("campus.db").await?.with_projection(list).await?;
    /// let courses: i64 = store
    ///     .read_projection::<CourseList, _>(|conn| conn.query_row("SELECT count(*) FROM courses", [], |row| row.get(0)))
    ///     .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// **Cost.** While handlers run, no process appends to this log: 1 ms of handlers is 1 ms in which nobody appends. Handlers should
    /// write few rows by primary key. Everything else belongs in [`SqliteViews`](crate::SqliteViews).
    ///
    /// **Failures.** If a handler fails or panics, nothing of its append is written, and the append fails as
    /// [`Refused`](StoreErrorKind::Refused); [`SynchronousError`](eskit_runtime::subscription::SynchronousError) is its source.
    /// Appends of other callers are not affected.
    ///
    /// **Other processes.** Every program that appends to the log should have the projection. An append first hands over what others
    /// have appended without it, up to 1,000 events; after more of them, appends are refused, and
    /// [`read_projection`](SqliteStore::read_projection) or opening the store anew catches up.
    ///
    /// **Versions.** Each version has its own checkpoint and its own tables. Both are in one file, so the tables of a new version need
    /// new names, such as `courses_2`; a name that is taken is refused. Programs with the old version go on with their tables, and
    /// programs with the new one with theirs. [`remove_projection`](SqliteStore::remove_projection) removes the old ones.
    ///
    /// Streams that are deleted leave what handlers made of them.
    ///
    /// # Errors
    /// `Invalid` if the SQL of the tables fails, if a table of that name exists, if the projection takes events that it did not take
    /// before and has the same version, if it has `on_error`, or if it was added already; `Refused` if a handler fails for an event of
    /// the log; `Replaced` if the log does not hold the event that the projection has handled last; `ReadOnly`, `Busy`, `Full`,
    /// `Corrupt`, or `Closed`.
    pub async fn with_projection<P: Handle<Tx>>(self, projection: P) -> Result<SqliteStore, StoreError> {
        check_synchronous::<P>()?;
        self.running.check_writable()?;
        let projection = Arc::new(Synchronous::new(projection, self.log_id().await?));
        self.build(Arc::clone(&projection)).await?;
        let (reply, answer) = oneshot::channel();
        self.running.write(Request::Project(Arc::clone(&projection), Reply::new(reply))).await?;
        answer.await.unwrap_or_else(|_| Err(self.running.unanswered()))?;
        self.projections().push(projection);
        Ok(self)
    }

    /// Reads the tables of a synchronous projection, in the version of `P`. The read sees everything that was appended before the call,
    /// by whatever process, and all its statements see the same state of the log. The connection is for reading only; it can also read
    /// the tables of the log. It is one of those that read events: a long read keeps a thread of the store busy, and lets the write-ahead
    /// log grow.
    ///
    /// If other processes have appended without the projection, and this store has it, the missing events are handled first.
    ///
    /// # Errors
    /// `Unavailable` if the log has no such read model, or if it lacks events and this store was opened without the projection; those of
    /// [`with_projection`](SqliteStore::with_projection) if what is missing cannot be handled; otherwise the kind by SQLite's error, and
    /// `Other` for mistakes in the SQL.
    pub async fn read_projection<P: Subscriber, T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (mut read, mut wanted) = (read, None);
        loop {
            let looked = self.running.run_read(move |reader| {
                let look = |reader: &mut Reader| look::<P, T, _>(&reader.conn, wanted, read);
                look(reader)
            });
            match looked.await? {
                Looked::Read(found) => return Ok(found),
                Looked::Missing => return Err(not_kept::<P>(self)),
                Looked::Behind(unused, head) => {
                    let own = self.projections().iter().find(|own| own.is(P::TYPE.name, P::TYPE.version)).cloned();
                    self.build(own.ok_or_else(|| is_behind::<P>(self))?).await?;
                    // What is appended from now on came after the call.
                    (read, wanted) = (unused, Some(wanted.unwrap_or(head)));
                }
            }
        }
    }

    /// Removes a version of a synchronous projection with its tables. Returns whether it was there. End every program that has this
    /// version first: its appends are refused from now on.
    ///
    /// # Errors
    /// `Invalid` if this store has it; `ReadOnly`, `Busy`, `Full`, `Corrupt`, or `Closed`.
    pub async fn remove_projection(&self, name: &str, version: u32) -> Result<bool, StoreError> {
        self.running.check_writable()?;
        if self.projections().iter().any(|own| own.is(name, version)) {
            let text = format!(
                "this store has the projection `{name}` version {version}, so it cannot be removed\nhelp: open the store without it first"
            );
            return Err(StoreError::new(StoreErrorKind::Invalid, text));
        }
        let (owned, path) = (name.to_owned(), self.running.path.clone());
        self.beside(move |beside, _| {
            let fail = |fault: Fault| fault.into_error("remove a projection from", &path);
            // Else a table could not be dropped before those that refer to it. Has no effect within a transaction.
            beside.tx.pragma_update(None, "foreign_keys", false).map_err(|error| fail(error.into()))?;
            beside.transact(|tx| read_model::remove(tx, &owned, version)).map_err(fail)
        })
        .await
    }

    async fn build(&self, projection: Arc<Synchronous>) -> Result<(), StoreError> {
        self.beside(move |beside, is_wanted| build::build(beside, &projection, is_wanted)).await
    }

    /// Works with a connection beside the writer's, on a thread. The work is told whether the caller still waits.
    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Beside, &dyn Fn() -> bool) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (path, options) = (self.running.path.clone(), self.running.options.clone());
        let (reply, answer) = oneshot::channel();
        let job = move || {
            let done = match Beside::open(path.clone(), &options) {
                Ok(mut beside) => work(&mut beside, &|| !reply.is_closed()),
                Err(fault) => Err(fault.into_error("open", &path)),
            };
            // The caller may have gone meanwhile.
            let _ = reply.send(done);
        };
        std::thread::Builder::new().name("eskit-sqlite-project".into()).spawn(job).map_err(no_thread)?;
        let gone = |_| StoreError::new(StoreErrorKind::Other, "the thread of the projection ended early");
        answer.await.map_err(gone)?
    }

    fn projections(&self) -> MutexGuard<'_, Vec<Arc<Synchronous>>> {
        let projections: &Mutex<_> = &self.running.projections;
        projections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads one state of the log, if the read model has handled it up to the `wanted` position, or else to the head.
fn look<P: Subscriber, T, F: FnOnce(&Connection) -> rusqlite::Result<T>>(
    conn: &Connection,
    wanted: Option<Position>,
    read: F,
) -> Result<Looked<T, F>, Fault> {
    snapshot::within(conn, || {
        let head = place::head(conn)?;
        let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'eskit_projections')";
        let has_any: bool = conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        let at = if has_any { checkpoint::find(conn, P::TYPE.name, P::TYPE.version)? } else { None };
        let Some(at) = at else { return Ok(Looked::Missing) };
        checkpoint::check_held(conn, &format!("`{}` version {}", P::TYPE.name, P::TYPE.version), at, head)?;
        if at.position < wanted.unwrap_or(head.position) {
            return Ok(Looked::Behind(read, head.position));
        }
        Ok(Looked::Read(read(conn)?))
    })
}

fn not_kept<P: Subscriber>(store: &SqliteStore) -> StoreError {
    let (name, version, path) = (P::TYPE.name, P::TYPE.version, store.path().display());
    let text = format!(
        "`{path}` has no synchronous projection `{name}` version {version}\nhelp: open the store with it: `with_projection({})`",
        P::TYPE.rust_name
    );
    StoreError::new(StoreErrorKind::Unavailable, text)
}

fn is_behind<P: Subscriber>(store: &SqliteStore) -> StoreError {
    let (name, version, path) = (P::TYPE.name, P::TYPE.version, store.path().display());
    let text = format!(
        "the synchronous projection `{name}` version {version} lacks events of `{path}`, which a program without it has appended\nhelp: \
         open the store with it, `with_projection({})`, in this program and in those that append",
        P::TYPE.rust_name
    );
    StoreError::new(StoreErrorKind::Unavailable, text)
}
