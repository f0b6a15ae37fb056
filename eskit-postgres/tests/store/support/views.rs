//! What the tests of views share: projections whose handlers do what the name of the event says, and a log with such events.

use std::sync::Arc;
use std::time::Duration;

use eskit_postgres::sqlx::{AssertSqlSafe, Connection, PgPool};
use eskit_postgres::{PostgresGuard, PostgresViews, Tx, sqlx};
use eskit_runtime::execute::Sleep;
use eskit_runtime::log::{LogId, NewEvent, Place};
use eskit_runtime::model::{EventTypes, SourceLocation};
use eskit_runtime::subscription::{
    Apply, ApplyError, Batch, Claim, Claimed, HandleAsync, HandleError, Handled, OnError, Order, Subscriber,
    SubscriberType, Subscription, Views,
};
use eskit_runtime::{EventStore, RecordedEvent};

use crate::support::{Fixture, everything, on, one, plain, stream};

pub(crate) const TABLES: &str = "CREATE TABLE courses (pos bigint PRIMARY KEY, name text NOT NULL);
    CREATE TABLE seats (pos bigint REFERENCES courses DEFERRABLE INITIALLY DEFERRED)";

pub(crate) const fn described(name: &'static str, version: u32, tables: &'static str) -> SubscriberType {
    let location = SourceLocation { module: "tests", file: "tests", line: 1 };
    let (order, on_error) = (Order::All, OnError::Stop);
    SubscriberType { name, version, order, on_error, tables, rust_name: "Courses", location }
}

/// A projection into the table `courses`.
pub(crate) struct Courses<const VERSION: u32>;

impl<const VERSION: u32> Subscriber for Courses<VERSION> {
    const TYPE: &'static SubscriberType = &described("course-list", VERSION, TABLES);
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
}

impl<const VERSION: u32> HandleAsync<Tx> for Courses<VERSION> {
    async fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        act(event, tx).await.handled().map(|()| true)
    }
}

/// The same, parking by stream.
pub(crate) struct Parking;

impl Subscriber for Parking {
    const TYPE: &'static SubscriberType =
        &SubscriberType { order: Order::Stream, on_error: OnError::Park, ..described("parking", 1, TABLES) };
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
}

impl HandleAsync<Tx> for Parking {
    async fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        act(event, tx).await.handled().map(|()| true)
    }
}

async fn run(sql: &'static str, tx: &mut Tx) -> sqlx::Result<()> {
    sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop)
}

/// Does what the name of the event says.
async fn act(event: &RecordedEvent, tx: &mut Tx) -> sqlx::Result<()> {
    let pos = i64::try_from(event.position.get()).unwrap();
    let insert = "INSERT INTO courses VALUES ($1, $2)";
    let put = sqlx::query(insert).bind(pos).bind(event.name.as_ref());
    match event.name.as_ref() {
        "refuse" => return Err(sqlx::Error::RowNotFound),
        "panic" => panic!("no luck"),
        "mistake" => run("SELECT no_such_column", tx).await?,
        "swallow" => drop(run("SELECT no_such_column", tx).await),
        "swallow-and-fail" => {
            let _ = run("SELECT no_such_column", tx).await;
            run("SELECT", tx).await?;
        }
        "savepoint" => {
            let mut inner = tx.begin().await?;
            let _ = sqlx::raw_sql("SELECT no_such_column").execute(&mut *inner).await;
            inner.rollback().await?;
        }
        "twice" => run("INSERT INTO courses VALUES (1, 'again')", tx).await?,
        "deferred" => run("INSERT INTO seats VALUES (1000)", tx).await?,
        "commit" => run("COMMIT", tx).await?,
        "commit-last" => {
            put.execute(&mut **tx).await?;
            return run("COMMIT", tx).await;
        }
        "deadlock" => run("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$", tx).await?,
        "lose" => {
            let lost = run("SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())", tx).await;
            return Err(sqlx::Error::Protocol(lost.unwrap_err().to_string()));
        }
        "lose-silently" => {
            let _ = run("SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())", tx).await;
            return Err(sqlx::Error::RowNotFound);
        }
        _ => {}
    }
    put.execute(&mut **tx).await?;
    Ok(())
}

impl Fixture {
    pub(crate) async fn views(&self) -> PostgresViews {
        PostgresViews::open(self.database.pool()).await.unwrap()
    }

    /// Views whose claims soon run out, and do not when they are kept.
    pub(crate) async fn hasty_views(&self) -> PostgresViews {
        PostgresViews::options().lease(Duration::from_millis(600)).open(self.database.pool()).await.unwrap()
    }

    /// Appends an event with each of these names, to the stream of that name, and returns them all.
    pub(crate) async fn events(&self, names: &[&str]) -> Vec<RecordedEvent> {
        for name in names {
            self.store.append(one(on(stream(name), name))).await.unwrap();
        }
        everything(&self.store).await
    }

    pub(crate) async fn append_all(&self, events: Vec<NewEvent>) {
        self.store.append(eskit_runtime::log::Append::new(events)).await.unwrap();
    }
}

pub(crate) fn subscription<P: Subscriber>() -> Subscription {
    Subscription::of::<P>(LogId::from_bytes([7; 16]))
}

pub(crate) async fn try_claim<P: Subscriber>(views: &PostgresViews) -> Option<Claim<PostgresGuard>> {
    match views.claim(&subscription::<P>()).await.unwrap() {
        Claimed::Leader(claim) => Some(claim),
        Claimed::Standby(_) => None,
    }
}

pub(crate) async fn claim<P: Subscriber>(views: &PostgresViews) -> Claim<PostgresGuard> {
    try_claim::<P>(views).await.expect("another process holds the claim")
}

/// The batch of these events, up to the last of them.
pub(crate) fn batch(events: &[RecordedEvent]) -> Batch {
    Batch::new(events.to_vec(), events.last().map_or(Place::START, RecordedEvent::place))
}

/// Hands events over, and keeps the claim up to date.
pub(crate) async fn apply<P: HandleAsync<Tx>>(
    views: &PostgresViews,
    claim: &mut Claim<PostgresGuard>,
    subscriber: P,
    events: &[RecordedEvent],
) -> Result<(), ApplyError> {
    let batch = batch(events);
    views.apply(claim, &Arc::new(subscriber), &batch).await?;
    claim.checkpoint.place = batch.to;
    Ok(())
}

/// The index and the text of the handler's error.
pub(crate) fn handler(result: Result<(), ApplyError>) -> (usize, String) {
    match result {
        Err(ApplyError::Handler { index, error }) => (index, error.to_string()),
        other => panic!("{other:?}"),
    }
}

/// The positions that a read model holds.
pub(crate) async fn rows(pool: &PgPool, schema: &str) -> Vec<i64> {
    let sql = format!("SELECT pos FROM {schema}.courses ORDER BY pos");
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(pool).await.unwrap()
}

pub(crate) async fn execute(pool: &PgPool, sql: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(pool).await.unwrap();
}

pub(crate) struct TokioSleep;

impl Sleep for TokioSleep {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A plain event, outside every stream.
pub(crate) fn event(name: &str) -> NewEvent {
    plain(name)
}

/// The only checkpoint.
pub(crate) async fn only(views: &PostgresViews) -> eskit_runtime::subscription::Checkpoint {
    let mut checkpoints = views.checkpoints().await.unwrap();
    assert_eq!(checkpoints.len(), 1);
    checkpoints.remove(0)
}

/// Claims, works on two projections side by side, renews, activates, and gives up, on views with a short lease.
pub(crate) async fn work(views: &PostgresViews, events: &[RecordedEvent]) {
    let (mut courses, mut parking) = (claim::<Courses<1>>(views).await, claim::<Parking>(views).await);
    for event in events.chunks(1) {
        let (courses, parking) = (&mut courses, &mut parking);
        let both = (apply(views, courses, Courses::<1>, event), apply(views, parking, Parking, event));
        let (one, other) = tokio::join!(both.0, both.1);
        one.and(other).unwrap();
    }
    tokio::time::sleep(Duration::from_millis(1000)).await;
    assert!(try_claim::<Courses<1>>(views).await.is_none(), "the lease was not renewed");
    views.activate(&courses).await.unwrap();
    views.release(parking).await;
    views.release(courses).await;
    views.release(claim::<Courses<1>>(views).await).await;
}
