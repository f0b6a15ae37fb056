use std::sync::Arc;

use eskit_runtime::log::{Position, StoreErrorKind};
use eskit_runtime::subscription::{HandleAsync, Subscriber, SynchronousError, check_synchronous};
use eskit_runtime::{EventStore, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgTransaction;

use crate::append::checkpoint::Checkpoint;
use crate::append::synchronous::Synchronous;
use crate::error::Fault;
use crate::handlers::tx::Tx;
use crate::pool::connections::within;
use crate::sql::head::head_behind;
use crate::store::PostgresStore;
use crate::synchronous::build;
use crate::synchronous::site::Site;
use crate::views::schema;

/// One state of the log for reading.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Synchronous projections: read models that commit with the append, each version in a schema of its own.
impl PostgresStore {
    /// Adds a *synchronous* projection: from now on, each append through this store and its clones runs its handlers, and commits what
    /// they write together with the events. Readers never see an event without its rows, nor rows without their event.
    ///
    /// Each version has a schema of its own in the database of the log: `taken__2` for version 2 of `taken`. Where the log is not in the
    /// schema `eskit`, or has a table prefix, these stand in front: `acme_taken__2`. If the log holds events
    /// already, the read model is built from them before this returns, a page at a time, while appends go on; after a kill, the next
    /// call continues. Call this right after the store is opened:
    ///
    /// ```no_run
    /// # mod eskit { pub use eskit_runtime::*; pub use eskit_postgres as postgres; }
    /// # async fn example<CourseList>(pool: sqlx::PgPool, list: CourseList) -> Result<(), Box<dyn std::error::Error>>
    /// # where CourseList: eskit::subscription::HandleAsync<eskit::postgres::Tx> {
    /// use eskit::postgres::PostgresStore;
    ///
    /// let store = PostgresStore::open(pool).await?.with_projection(list).await?;
    /// let mut reading = store.read_projection::<CourseList>().await?;
    /// let courses: i64 = sqlx::query_scalar("SELECT count(*) FROM courses").fetch_one(&mut *reading).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// **Cost.** While handlers run, no process appends to this log: 1 ms of handlers is 1 ms in which nobody appends. Each batch of
    /// appends takes four more round trips, and one for each statement of the handlers. Handlers should write few rows by primary key,
    /// and wait for nothing else: they run on the thread of the store, and count towards the time limits of an append. Everything else
    /// belongs in [`PostgresViews`](crate::PostgresViews).
    ///
    /// **Failures.** If a handler fails or panics, nothing of its append is written, and the append fails as
    /// [`Refused`](StoreErrorKind::Refused); [`SynchronousError`] is its source. Appends of other callers are not affected. A handler
    /// must not end the transaction itself.
    ///
    /// **Other processes.** Every program that appends to the log should have the projection. An append first hands over what others
    /// have appended without it, up to 1,000 events; after more of them, appends are refused, and
    /// [`read_projection`](PostgresStore::read_projection) or opening the store anew catches up.
    ///
    /// **Your transaction.** Appends through [`PostgresStore::in_transaction`] are refused as
    /// [`Unsupported`](StoreErrorKind::Unsupported): a handler that fails would end your transaction with everything in it.
    ///
    /// **Versions.** Programs with an old version go on with its schema, and programs with a new one with theirs. SQL that names a schema
    /// names the version that it reads. [`remove_projection`](PostgresStore::remove_projection) removes an old one.
    ///
    /// Streams that are deleted leave what handlers made of them.
    ///
    /// # Errors
    /// `Invalid` if the SQL of the tables fails, if the role may not create a schema, if the projection takes events that it did not take
    /// before and has the same version, if it has `on_error`, or if it was added already; `Foreign` if another program has the schema, or
    /// views have it; `Refused` if a handler fails for an event of the log; `Replaced` if the log does not hold the event that the
    /// projection has handled last; otherwise the kind by the database's error.
    pub async fn with_projection<P: HandleAsync<Tx>>(self, projection: P) -> Result<PostgresStore, StoreError> {
        check_synchronous::<P>()?;
        let schema = self.schema_of(P::TYPE.name, P::TYPE.version);
        let projection = Synchronous::new(projection, self.log_id().await?, &self.inner.names, schema);
        let projection = Arc::new(projection);
        self.build(Arc::clone(&projection)).await?;
        self.inner.projections.add(projection)?;
        Ok(self)
    }

    /// Begins to read the tables of a synchronous projection, in the version of `P`: a transaction of the store's
    /// [pool](PostgresStore::pool) that sees everything that was appended before the call, by whatever process. All its statements see
    /// the same state of the log. Names of tables without a schema are those of the projection. The transaction is for reading only, and
    /// there is nothing to commit.
    ///
    /// If other processes have appended without the projection, and this store has it, the missing events are handled first.
    ///
    /// # Errors
    /// `Unavailable` if the log has no such read model, or if it lacks events and this store was opened without the projection; those of
    /// [`with_projection`](PostgresStore::with_projection) if what is missing cannot be handled; otherwise the kind by the database's
    /// error.
    pub async fn read_projection<P: Subscriber>(&self) -> Result<PgTransaction<'static>, StoreError> {
        let checkpoint = Checkpoint::new(&self.inner.names, &self.schema_of(P::TYPE.name, P::TYPE.version));
        let doing = format!("read the synchronous projection `{}` of", P::TYPE.name);
        let fail = |fault: Fault| fault.into_error(&doing, &self.inner.names);
        let mut wanted = None;
        loop {
            let mut reading = self.pool().begin_with(BEGIN).await.map_err(|error| fail(error.into()))?;
            let limit = self.inner.connections.call_timeout();
            match within(limit, self.look::<P>(&mut reading, &checkpoint, wanted)).await.map_err(fail)? {
                Looked::Current => return Ok(reading),
                Looked::Missing => return Err(not_kept::<P>(self)),
                Looked::Behind(head) => {
                    // What fails here is met again below.
                    let _ = reading.rollback().await;
                    let own = self.inner.projections.find(P::TYPE.name, P::TYPE.version);
                    self.build(own.ok_or_else(|| is_behind::<P>(self))?).await?;
                    // What is appended from now on came after the call.
                    wanted.get_or_insert(head);
                }
            }
        }
    }

    /// The schema of a version.
    fn schema_of(&self, projection: &str, version: u32) -> String {
        schema::of_version(&self.inner.names.of_read_models(), projection, version)
    }

    async fn look<P: Subscriber>(
        &self,
        conn: &mut PgConnection,
        checkpoint: &Checkpoint,
        wanted: Option<Position>,
    ) -> Result<Looked, Fault> {
        let found = match checkpoint.look(conn).await {
            Err(fault) if matches!(fault.code(), "42P01" | "3F000") => None,
            found => found?,
        };
        let Some(found) = found else { return Ok(Looked::Missing) };
        if !found.is_held {
            let projection = format!("`{}` version {}", P::TYPE.name, P::TYPE.version);
            return Err(SynchronousError::Replaced { projection, at: found.at }.into());
        }
        let head = head_behind(conn, &self.inner.statements, found.at).await?.position;
        Ok(if found.at.position < wanted.unwrap_or(head) { Looked::Behind(head) } else { Looked::Current })
    }

    /// Removes a version of a synchronous projection with its schema. Returns whether it was there. End every program that has this
    /// version first: its appends are refused from now on.
    ///
    /// # Errors
    /// `Invalid` if this store has it, or if something outside of the schema needs what is in it; `Foreign` if another program has the
    /// schema, or views have it; otherwise the kind by the database's error.
    pub async fn remove_projection(&self, name: &str, version: u32) -> Result<bool, StoreError> {
        if self.inner.projections.find(name, version).is_some() {
            let text = format!(
                "this store has the projection `{name}` version {version}, so it cannot be removed\nhelp: open the store without it first"
            );
            return Err(StoreError::new(StoreErrorKind::Invalid, text));
        }
        let (site, schema) = (self.site(), self.schema_of(name, version));
        let removed = self.inner.background.run(async move { build::remove(&site, &schema).await }).await;
        removed.map_err(|fault| self.error("remove a projection of", fault))
    }

    async fn build(&self, projection: Arc<Synchronous>) -> Result<(), StoreError> {
        let site = self.site();
        let built = self.inner.background.run(async move { Ok(build::build(&site, &projection).await) }).await;
        built.map_err(|fault| self.error("build a projection of", fault))?
    }

    fn site(&self) -> Site {
        let (connections, statements) = (Arc::clone(&self.inner.connections), Arc::clone(&self.inner.statements));
        Site { names: self.inner.names.clone(), connections, statements }
    }
}

/// How a look at a read model went.
enum Looked {
    Current,
    /// It has not handled all that the log holds.
    Behind(Position),
    Missing,
}

fn not_kept<P: Subscriber>(store: &PostgresStore) -> StoreError {
    let (name, version, log) = (P::TYPE.name, P::TYPE.version, &store.inner.names);
    let text = format!(
        "the log `{log}` has no synchronous projection `{name}` version {version}\nhelp: open the store with it: `with_projection({})`",
        P::TYPE.rust_name
    );
    StoreError::new(StoreErrorKind::Unavailable, text)
}

fn is_behind<P: Subscriber>(store: &PostgresStore) -> StoreError {
    let (name, version, log) = (P::TYPE.name, P::TYPE.version, &store.inner.names);
    let text = format!(
        "the synchronous projection `{name}` version {version} lacks events of the log `{log}`, which a program without it has appended\n\
         help: open the store with it, `with_projection({})`, in this program and in those that append",
        P::TYPE.rust_name
    );
    StoreError::new(StoreErrorKind::Unavailable, text)
}
