//! The projection of the shared cases in a SQLite log.

use eskit_runtime::RecordedEvent;
use eskit_runtime::StoreError;
use eskit_runtime::model::EventTypes;
use eskit_runtime::subscription::{Handle, HandleError, OnError, Subscriber, SubscriberType};
use eskit_sqlite::rusqlite::Connection;
use eskit_sqlite::{SqliteStore, Tx};

use crate::cases::{Deed, NAME, ROW, Row, Switches, Target, described};
use crate::support::Folder;

/// The tables of each version have names of their own.
const fn tables(version: u32) -> &'static str {
    match version {
        1 => "CREATE TABLE rows_1 (pos INTEGER PRIMARY KEY, text TEXT NOT NULL); CREATE TABLE parents (id INTEGER PRIMARY KEY);
              CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)",
        2 => "CREATE TABLE rows_2 (pos INTEGER PRIMARY KEY, text TEXT NOT NULL); CREATE VIEW texts_2 AS SELECT text FROM rows_2",
        _ => "",
    }
}

pub(crate) struct Rows<const V: u32>(pub(crate) Switches);

impl<const V: u32> Subscriber for Rows<V> {
    const TYPE: &'static SubscriberType = &described(V, OnError::Stop, tables(V));
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
}

impl<const V: u32> Handle<Tx> for Rows<V> {
    fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        let text = String::from_utf8_lossy(&event.payload);
        match self.0.deed(&event.name) {
            Deed::Fail => return Err(HandleError::new("it fails")),
            Deed::Panic => panic!("it panics"),
            Deed::Sql => tx.execute_batch(&text).map_err(HandleError::new)?,
            Deed::SwallowSql => drop(tx.execute_batch(&text)),
            Deed::Row => {
                let live = if tx.is_live() { " live" } else { "" };
                let row = (event.position.get() as i64, format!("{text}{live}"));
                let sql = format!("INSERT INTO rows_{V} VALUES (?1, ?2)");
                tx.prepare_cached(&sql).and_then(|mut insert| insert.execute(row)).map_err(HandleError::new)?;
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
    const TYPE: &'static SubscriberType = &described(1, OnError::Stop, tables(1));
    const EVENTS: EventTypes = ROW;
}

impl Subscriber for Mistaken {
    const TYPE: &'static SubscriberType =
        &described(1, OnError::Stop, "CREATE TABLE rows_1 (pos INTEGER PRIMARY KEY); CREATE TABEL more (a)");
    const EVENTS: EventTypes = ROW;
}

impl Subscriber for Skipping {
    const TYPE: &'static SubscriberType = &described(1, OnError::Skip, tables(1));
    const EVENTS: EventTypes = ROW;
}

macro_rules! as_rows {
    ($($projection:ty),*) => { $(
        impl Handle<Tx> for $projection {
            fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
                Rows::<1>(Switches::default()).handle(event, tx)
            }
        }
    )* };
}
as_rows!(Less, Mistaken, Skipping, Again, Tags);

/// A later version whose tables have a name of the former.
pub(crate) struct Again;

impl Subscriber for Again {
    const TYPE: &'static SubscriberType = &described(2, OnError::Stop, "CREATE TABLE IF NOT EXISTS Rows_1 (id)");
    const EVENTS: EventTypes = ROW;
}

/// Its table has a name of the log.
pub(crate) struct Tags;

impl Subscriber for Tags {
    const TYPE: &'static SubscriberType = &described(2, OnError::Stop, "CREATE TABLE IF NOT EXISTS tags (id)");
    const EVENTS: EventTypes = ROW;
}

/// A log in a folder of its own.
pub(crate) struct Log {
    pub(crate) folder: Folder,
}

fn positions(conn: &Connection, table: &str) -> Vec<u64> {
    let mut statement = conn.prepare(&format!("SELECT pos FROM {table} ORDER BY pos")).unwrap();
    let found = statement.query_map([], |row| row.get::<_, i64>(0)).unwrap();
    found.map(|pos| pos.unwrap() as u64).collect()
}

impl Target for Log {
    type Store = SqliteStore;

    async fn start(case: &str) -> Option<Log> {
        Some(Log { folder: Folder::new(case) })
    }

    async fn open(&self) -> SqliteStore {
        SqliteStore::open(self.folder.file("log.db")).await.unwrap()
    }

    async fn with<const V: u32>(store: SqliteStore, switches: &Switches) -> Result<SqliteStore, StoreError> {
        store.with_projection(Rows::<V>(switches.clone())).await
    }

    async fn with_less(store: SqliteStore) -> Result<SqliteStore, StoreError> {
        store.with_projection(Less).await
    }

    async fn with_mistake(store: SqliteStore) -> Result<SqliteStore, StoreError> {
        store.with_projection(Mistaken).await
    }

    async fn with_skip(store: SqliteStore) -> Result<SqliteStore, StoreError> {
        store.with_projection(Skipping).await
    }

    async fn rows<const V: u32>(store: &SqliteStore) -> Result<Vec<Row>, StoreError> {
        store
            .read_projection::<Rows<V>, _>(|conn| {
                let mut statement = conn.prepare_cached(&format!("SELECT pos, text FROM rows_{V} ORDER BY pos"))?;
                let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)))?;
                rows.collect()
            })
            .await
    }

    async fn remove(store: &SqliteStore, version: u32) -> Result<bool, StoreError> {
        store.remove_projection(NAME, version).await
    }

    async fn look(&self) -> (Vec<u64>, Vec<u64>) {
        let path = self.folder.file("log.db");
        let look = move || {
            let conn = Connection::open(path).unwrap();
            conn.execute_batch("BEGIN").unwrap();
            (positions(&conn, "events"), positions(&conn, "rows_1"))
        };
        tokio::task::spawn_blocking(look).await.unwrap()
    }
}
