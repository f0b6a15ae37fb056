use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::log::{LogId, Position};
use eskit_runtime::model::AggregateType;
use eskit_runtime::rows::{ReadRows, RowSelect, StoredRow, other_index};
use eskit_runtime::snapshots::{
    CountSnapshots, RemoveSnapshots, SnapshotCount, Snapshots, SnapshotsOf, StoredSnapshot,
};
use eskit_runtime::subscription::{
    Apply, ApplyError, Asked, Batch, Checkpoint, Claim, Claimed, Ended, HandleAsync, ParkedEvent, Request,
    Subscription, Views,
};
use eskit_runtime::{RecordedEvent, StoreError};
use sqlx::PgPool;

use crate::error::Fault;
use crate::handlers::tx::Tx;
use crate::open::connect;
use crate::sql::record::column;

use super::apply::Applying;
use super::inner::Inner;
use super::lease::PostgresGuard;
use super::open::PostgresViewsOptions;
use super::{aggregate_rows, claim, requests, rows, snapshots, versions};

/// Connections that a pool made from a DSN may open.
const MAX_CONNECTIONS: u32 = 10;

/// Read models in a PostgreSQL database: that of the log, or any other. Cheap to clone; clones share everything.
///
/// Each version of a projection has a schema of its own. The version that readers see is in the schema that has the name of the
/// projection: `course_list` for `course-list`. Read it with any client:
///
/// ```sql
/// SELECT * FROM course_list.courses
/// ```
///
/// **Versions.** A new version is built in a schema beside it, such as `course_list__3`. When it has caught up, both schemas change
/// their names in one transaction. The version before keeps its data, as `course_list__2`, until you remove it with
/// [`PostgresViews::remove_version`]. A schema of these names that eskit did not create is never touched.
///
/// **Readers.** A statement that runs during the change finishes on the version on which it began; the next one sees the new version,
/// also if it was prepared before. If the new version has other columns, a prepared `SELECT *` fails, as after any `ALTER TABLE`
/// (`cached plan must not change result type`): name the columns. Views and foreign keys of your own stay with the version for which
/// they were created; put them into the SQL of the projection's tables. To let another role read each version, run as the role of the
/// views `ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO reader` and `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader`.
///
/// **Several processes.** One of them handles the events of a subscription, and renews its claim on a thread and a connection of its
/// own. If it is killed, another one takes over within the [lease](PostgresViewsOptions::lease). A process that was replaced while it
/// was suspended can commit nothing, and its transactions are ended, so that they hold no locks.
///
/// Nothing depends on the defaults of the session, or on a session being the same from one transaction to the next, so connections may
/// lead through a pooler that assigns them per transaction, if it keeps prepared statements apart. The futures need the tokio runtime
/// of the pool.
///
/// ```no_run
/// # mod eskit { pub use eskit_runtime::*; pub use eskit_postgres as postgres; }
/// # async fn example(pool: sqlx::PgPool) -> Result<(), eskit::StoreError> {
/// use eskit::postgres::PostgresViews;
///
/// let views = PostgresViews::open(pool).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresViews {
    pub(super) inner: Arc<Inner>,
}

impl PostgresViews {
    /// Opens views in the database of this pool, with the default [`PostgresViewsOptions`]; creates their tables if they are missing.
    ///
    /// # Errors
    /// As [`PostgresViewsOptions::open`].
    pub async fn open(pool: PgPool) -> Result<PostgresViews, StoreError> {
        PostgresViews::options().open(pool).await
    }

    /// Options for opening views.
    pub fn options() -> PostgresViewsOptions {
        PostgresViewsOptions::new()
    }

    /// The pool of these views.
    pub fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    /// Removes a version of a projection that is no longer needed: its schema with all tables, its checkpoint and its parked events.
    /// Returns whether it was there.
    ///
    /// # Errors
    /// Readers see this version; a process handles its events; a view, foreign key or table elsewhere needs its tables; errors of the
    /// database. Nothing was removed then.
    pub async fn remove_version(&self, name: &str, version: u32) -> Result<bool, StoreError> {
        let was_there = versions::remove(&self.inner, name, version).await?;
        let forgotten = requests::forget(&self.inner, name, version).await;
        forgotten.map_err(|fault| self.failed("forget what was asked of", name, fault))?;
        Ok(was_there)
    }

    pub(super) fn failed(&self, to_do: &str, name: &str, fault: impl Into<Fault>) -> StoreError {
        self.inner.error(&format!("{to_do} `{name}`"), fault.into())
    }

    fn rows_failed(&self, to_do: &str, of: &AggregateType, fault: Fault) -> StoreError {
        // There is no such column.
        let fault = if fault.code() == "42703" { Fault::Refused(other_index(of)) } else { fault };
        self.failed(to_do, of.slug, fault)
    }
}

impl PostgresViewsOptions {
    /// Opens views in the database of this pool; creates their tables if they are missing. Transactions use connections of the pool,
    /// and one more connection renews claims.
    ///
    /// # Errors
    /// The database cannot be reached; the role may not create the tables; the schema has those of another program, or of a newer version
    /// of this one.
    pub async fn open(self, pool: PgPool) -> Result<PostgresViews, StoreError> {
        Ok(PostgresViews { inner: Arc::new(self.prepare(pool).await?) })
    }
}

impl PostgresViewsOptions {
    /// Opens views in the database that a DSN names, as [`PostgresOptions::connect`](crate::PostgresOptions::connect) does, with a pool of
    /// their own in the tokio runtime of the caller.
    ///
    /// # Errors
    /// As [`PostgresViewsOptions::open`]; `Invalid` for a DSN that cannot be read.
    pub async fn connect(self, dsn: &str) -> Result<PostgresViews, StoreError> {
        let pool = connect::pool(dsn, MAX_CONNECTIONS)?;
        connect::reach(&pool).await?;
        self.open(pool).await
    }
}

impl Views for PostgresViews {
    type Guard = PostgresGuard;

    async fn claim(&self, subscription: &Subscription) -> Result<Claimed<PostgresGuard>, StoreError> {
        claim::claim(&self.inner, subscription).await
    }

    async fn release(&self, claim: Claim<PostgresGuard>) {
        claim.guard.free().await;
    }

    async fn set_events(&self, claim: &Claim<PostgresGuard>, events: Vec<String>) -> Result<(), ApplyError> {
        let checkpoint = &claim.checkpoint;
        let fail = |error: sqlx::Error| self.failed("change the events of", &checkpoint.name, error);
        let mut transaction = self
            .inner
            .begin()
            .await
            .map_err(|fault| ApplyError::from(self.failed("change the events of", &checkpoint.name, fault)))?;
        let query = versions::of_claim(&self.inner.statements.set_events, checkpoint, claim.guard.owner()).bind(events);
        let changed = query.execute(&mut *transaction).await.map_err(fail)?;
        transaction.commit().await.map_err(fail)?;
        if changed.rows_affected() == 1 { Ok(()) } else { Err(ApplyError::Deposed) }
    }

    async fn activate(&self, claim: &Claim<PostgresGuard>) -> Result<bool, ApplyError> {
        versions::activate(&self.inner, &claim.checkpoint, claim.guard.owner()).await
    }

    async fn restart(&self, claim: &Claim<PostgresGuard>, subscription: &Subscription) -> Result<(), ApplyError> {
        versions::restart(&self.inner, &claim.checkpoint, claim.guard.owner(), subscription).await
    }

    async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        let fail = |fault: Fault| self.inner.error("list checkpoints", fault);
        let rows = sqlx::query(self.inner.statements.list.safe()).fetch_all(&self.inner.pool).await;
        let rows = rows.map_err(|error| fail(error.into()))?;
        rows.iter().map(rows::checkpoint).collect::<Result<_, Fault>>().map_err(fail)
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<ParkedEvent>, StoreError> {
        let fail = |fault: Fault| self.failed("list the parked events of", name, fault);
        let query = sqlx::query(self.inner.statements.list_parked.safe()).bind(name).bind(i64::from(version));
        let rows = query.fetch_all(&self.inner.pool).await.map_err(|error| fail(error.into()))?;
        rows.iter().map(rows::parked).collect::<Result<_, Fault>>().map_err(fail)
    }

    async fn drop_parked(&self, name: &str, version: u32, position: Position) -> Result<bool, StoreError> {
        let fail = |fault: Fault| self.failed("drop a parked event of", name, fault);
        let mut transaction = self.inner.begin().await.map_err(fail)?;
        let query = sqlx::query(self.inner.statements.unpark.safe()).bind(name);
        let query = query.bind(i64::from(version)).bind(column(position));
        let dropped = query.execute(&mut *transaction).await.map_err(|error| fail(error.into()))?;
        transaction.commit().await.map_err(|error| fail(error.into()))?;
        Ok(dropped.rows_affected() == 1)
    }

    async fn requests(&self) -> Result<Vec<Request>, StoreError> {
        requests::all(&self.inner).await.map_err(|fault| self.inner.error("list what is asked of subscriptions", fault))
    }

    async fn recent_requests(&self, within: Duration) -> Result<Arc<Vec<Request>>, StoreError> {
        self.inner.latest_requests.get(within, self.requests()).await
    }

    async fn request(&self, name: &str, version: u32, asked: Asked) -> Result<Request, StoreError> {
        let request = requests::ask(&self.inner, name, version, &asked).await;
        request.map_err(|fault| self.failed("ask something of", name, fault))
    }

    async fn end_request(&self, request: &Request, ended: Ended) -> Result<bool, StoreError> {
        let stored = requests::end(&self.inner, request, &ended).await;
        stored.map_err(|fault| self.failed("say what came of a request to", &request.name, fault))
    }
}

impl<P: HandleAsync<Tx>> Apply<P> for PostgresViews {
    async fn apply(&self, claim: &Claim<PostgresGuard>, subscriber: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        if claim.guard.is_lost() {
            return Err(ApplyError::Deposed);
        }
        Applying::new(&self.inner, subscriber).apply(&claim.checkpoint, claim.guard.owner(), batch).await
    }

    async fn replay(&self, subscriber: &Arc<P>, event: &RecordedEvent) -> Result<bool, ApplyError> {
        Applying::new(&self.inner, subscriber).replay(event).await
    }
}

impl ReadRows for PostgresViews {
    async fn select_rows(&self, of: &'static AggregateType, select: &RowSelect) -> Result<Vec<StoredRow>, StoreError> {
        let rows = aggregate_rows::select(&self.inner, of, select).await;
        rows.map_err(|fault| self.rows_failed("read the rows of", of, fault))
    }

    async fn count_rows(&self, of: &'static AggregateType, select: &RowSelect) -> Result<u64, StoreError> {
        let rows = aggregate_rows::count(&self.inner, of, select).await;
        rows.map_err(|fault| self.rows_failed("count the rows of", of, fault))
    }
}

impl Snapshots for PostgresViews {
    async fn find_snapshots(&self, of: SnapshotsOf, keys: Vec<String>) -> Result<Vec<StoredSnapshot>, StoreError> {
        let found = snapshots::find(&self.inner, &of, &keys).await;
        found.map_err(|fault| self.failed("find the snapshots of", of.name, fault))
    }

    async fn write_snapshots(&self, of: SnapshotsOf, snapshots: Vec<StoredSnapshot>) -> Result<u64, StoreError> {
        let written = snapshots::write(&self.inner, &of, snapshots).await;
        written.map_err(|fault| self.failed("write the snapshots of", of.name, fault))
    }

    async fn remove_snapshots(&self, of: SnapshotsOf, which: RemoveSnapshots) -> Result<u64, StoreError> {
        let removed = snapshots::remove(&self.inner, &of, which).await;
        removed.map_err(|fault| self.failed("remove the snapshots of", of.name, fault))
    }
}

impl CountSnapshots for PostgresViews {
    async fn count_snapshots(&self) -> Result<Vec<SnapshotCount>, StoreError> {
        let counted = snapshots::count(&self.inner).await;
        counted.map_err(|fault| self.inner.error("count snapshots", fault))
    }

    async fn forget_snapshots(&self, log: LogId, name: &str) -> Result<u64, StoreError> {
        let forgotten = snapshots::forget(&self.inner, log, name).await;
        forgotten.map_err(|fault| self.failed("forget the snapshots of", name, fault))
    }
}

impl fmt::Debug for PostgresViews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = self.inner.tables.schema_name();
        f.debug_struct("PostgresViews").field("schema", &schema).finish_non_exhaustive()
    }
}
