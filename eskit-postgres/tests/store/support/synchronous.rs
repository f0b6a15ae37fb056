//! The projection of the shared cases in a PostgreSQL log.

use eskit_postgres::sqlx::{AssertSqlSafe, PgConnection};
use eskit_postgres::{PostgresStore, Tx, sqlx};
use eskit_runtime::model::EventTypes;
use eskit_runtime::subscription::{HandleAsync, HandleError, Handled, OnError, Subscriber, SubscriberType};
use eskit_runtime::{RecordedEvent, StoreError};

use crate::cases::{Deed, NAME, ROW, Row, Switches, Target, described};
use crate::support::{Fixture, fixture};

const TABLES: &str =
    "CREATE TABLE rows (pos bigint PRIMARY KEY, text text NOT NULL); CREATE TABLE parents (id bigint PRIMARY KEY);
    CREATE TABLE children (parent bigint REFERENCES parents DEFERRABLE INITIALLY DEFERRED)";

pub(crate) struct Rows<const V: u32>(pub(crate) Switches);

impl<const V: u32> Subscriber for Rows<V> {
    const TYPE: &'static SubscriberType = &described(V, OnError::Stop, TABLES);
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
}

impl<const V: u32> HandleAsync<Tx> for Rows<V> {
    async fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        let text = String::from_utf8_lossy(&event.payload).into_owned();
        match self.0.deed(&event.name) {
            Deed::Fail => return Err(HandleError::new("it fails")),
            Deed::Panic => panic!("it panics"),
            Deed::Sql => {
                sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **tx).await.map(drop).handled()?;
            }
            Deed::SwallowSql => {
                let _ = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **tx).await;
            }
            Deed::Row => {
                let live = if tx.is_live() { " live" } else { "" };
                let query = sqlx::query("INSERT INTO rows VALUES ($1, $2)");
                let query = query.bind(event.position.get().cast_signed()).bind(format!("{text}{live}"));
                query.execute(&mut **tx).await.map(drop).handled()?;
            }
        }
        Ok(true)
    }
}

/// Other projections of the same name and version: one that takes one event type, one whose tables do not parse, and one that skips.
struct Less;
struct Mistaken;
struct Skipping;

impl Subscriber for Less {
    const TYPE: &'static SubscriberType = &described(1, OnError::Stop, TABLES);
    const EVENTS: EventTypes = ROW;
}

impl Subscriber for Mistaken {
    const TYPE: &'static SubscriberType =
        &described(1, OnError::Stop, "CREATE TABLE rows (pos bigint PRIMARY KEY); CREATE TABEL more (a bigint)");
    const EVENTS: EventTypes = ROW;
}

impl Subscriber for Skipping {
    const TYPE: &'static SubscriberType = &described(1, OnError::Skip, TABLES);
    const EVENTS: EventTypes = ROW;
}

macro_rules! as_rows {
    ($($projection:ty),*) => { $(
        impl HandleAsync<Tx> for $projection {
            async fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
                Rows::<1>(Switches::default()).handle(event, tx).await
            }
        }
    )* };
}
as_rows!(Less, Mistaken, Skipping);

/// A log in a database of its own.
pub(crate) struct Log {
    pub(crate) fixture: Fixture,
}

pub(crate) async fn positions(conn: &mut PgConnection, table: &str) -> Vec<u64> {
    let sql = format!("SELECT pos FROM {table} ORDER BY pos");
    let found: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(conn).await.unwrap();
    found.into_iter().map(i64::cast_unsigned).collect()
}

impl Target for Log {
    type Store = PostgresStore;

    async fn start(_: &str) -> Option<Log> {
        Some(Log { fixture: fixture().await? })
    }

    async fn open(&self) -> PostgresStore {
        self.fixture.another().await
    }

    async fn with<const V: u32>(store: PostgresStore, switches: &Switches) -> Result<PostgresStore, StoreError> {
        store.with_projection(Rows::<V>(switches.clone())).await
    }

    async fn with_less(store: PostgresStore) -> Result<PostgresStore, StoreError> {
        store.with_projection(Less).await
    }

    async fn with_mistake(store: PostgresStore) -> Result<PostgresStore, StoreError> {
        store.with_projection(Mistaken).await
    }

    async fn with_skip(store: PostgresStore) -> Result<PostgresStore, StoreError> {
        store.with_projection(Skipping).await
    }

    async fn rows<const V: u32>(store: &PostgresStore) -> Result<Vec<Row>, StoreError> {
        let mut reading = store.read_projection::<Rows<V>>().await?;
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT pos, text FROM rows ORDER BY pos").fetch_all(&mut *reading).await.unwrap();
        Ok(rows.into_iter().map(|(pos, text)| (pos.cast_unsigned(), text)).collect())
    }

    async fn remove(store: &PostgresStore, version: u32) -> Result<bool, StoreError> {
        store.remove_projection(NAME, version).await
    }

    async fn look(&self) -> (Vec<u64>, Vec<u64>) {
        let pool = self.fixture.database.pool();
        let mut looking = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
        (positions(&mut looking, "eskit.events").await, positions(&mut looking, "rows__1.rows").await)
    }
}
