//! A read model of the tests: what an event does stands in its name and its payload.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eskit_runtime::RecordedEvent;
use eskit_runtime::execute::Sleep;
use eskit_runtime::log::{LogId, Part, Place, Position, StreamId, Timestamp};
use eskit_runtime::model::{EventTypes, SourceLocation};
use eskit_runtime::subscription::{
    Apply, ApplyError, Batch, Claim, Claimed, Handle, HandleError, OnError, Order, Subscriber, SubscriberType,
    Subscription, Views,
};
use eskit_runtime::work::{NewWork, WorkTx};
use eskit_sqlite::{SqliteGuard, SqliteViews, Tx};

use crate::support::on;

pub(crate) const TABLES: &str = "CREATE TABLE rows (pos INTEGER PRIMARY KEY, text TEXT NOT NULL);";

/// `VERSION` is that of the projection; with `PARK`, it parks by stream what fails.
#[derive(Default)]
pub(crate) struct Rows<const VERSION: u32 = 1, const PARK: bool = false> {
    /// Whether `test.Fails` succeeds.
    pub(crate) is_mended: AtomicBool,
    /// Whether `test.Sleeps` has begun.
    pub(crate) is_asleep: AtomicBool,
}

impl<const VERSION: u32, const PARK: bool> Subscriber for Rows<VERSION, PARK> {
    const TYPE: &'static SubscriberType = &SubscriberType {
        name: "rows",
        version: VERSION,
        order: Order::Stream,
        on_error: if PARK { OnError::Park } else { OnError::Stop },
        tables: TABLES,
        rust_name: "Rows",
        location: SourceLocation { module: module_path!(), file: file!(), line: line!() },
    };
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
}

impl<const VERSION: u32, const PARK: bool> Handle<Tx> for Rows<VERSION, PARK> {
    fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        let text = String::from_utf8_lossy(&event.payload);
        match event.name.as_str() {
            "test.Fails" if !self.is_mended.load(Ordering::SeqCst) => return Err(HandleError::new("it fails")),
            "test.Panics" => panic!("it panics"),
            "test.Sql" => tx.execute_batch(&text).map_err(HandleError::new)?,
            // An error of the SQL is lost.
            "test.SwallowsSql" => drop(tx.execute_batch(&text)),
            "test.FailsWith" => {
                let code = eskit_sqlite::rusqlite::ffi::Error::new(text.parse().unwrap());
                return Err(HandleError::new(eskit_sqlite::rusqlite::Error::SqliteFailure(code, None)));
            }
            "test.Names" => tx.changed(text),
            "test.Opens" => tx.open_work(vec![NewWork { event: Some(event.place()), ..new_work(&text) }])?,
            "test.EndsAndOpens" => {
                let _ = tx.execute_batch(&text);
                tx.open_work(vec![new_work("late")])?;
            }
            "test.EndsAndCloses" => {
                let _ = tx.execute_batch(&text);
                tx.close_work(&["a".to_owned()])?;
            }
            "test.Sleeps" => {
                self.is_asleep.store(true, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(text.parse().unwrap()));
            }
            _ => {
                let sql = "INSERT INTO rows (pos, text) VALUES (?1, ?2)";
                let live = if tx.is_live() { " live" } else { "" };
                let row = (event.position.get() as i64, format!("{text}{live}"));
                tx.prepare_cached(sql).and_then(|mut insert| insert.execute(row)).map_err(HandleError::new)?;
            }
        }
        Ok(true)
    }
}

/// An item of work that is due at once, under its id as its key.
pub(crate) fn new_work(id: &str) -> NewWork {
    let (id, key, kind) = (id.to_owned(), id.to_owned(), "test".to_owned());
    NewWork { id, key, kind, event: None, payload: None, due: Timestamp::from_micros(0) }
}

/// The event at this position, an append of its own in this stream.
pub(crate) fn event_in(stream: &str, position: u64, name: &str, payload: &str) -> RecordedEvent {
    let new = on(StreamId::new("test", stream), name).with_payload(payload);
    new.into_recorded(Position::new(position), Some(position), Part::WHOLE, Timestamp::now())
}

pub(crate) fn event(position: u64, name: &str, payload: &str) -> RecordedEvent {
    event_in("a", position, name, payload)
}

/// Events that only leave a row, at these positions.
pub(crate) fn rows(positions: impl IntoIterator<Item = u64>) -> Vec<RecordedEvent> {
    positions.into_iter().map(|position| event(position, "test.Row", "x")).collect()
}

pub(crate) fn batch(events: Vec<RecordedEvent>) -> Batch {
    let to = events.last().map_or(Place::START, RecordedEvent::place);
    Batch::new(events, to)
}

pub(crate) const LOG: LogId = LogId::from_bytes([7; 16]);

/// Claims the subscription, which no other claim must hold.
pub(crate) async fn lead<P: Subscriber>(views: &SqliteViews) -> Claim<SqliteGuard> {
    match views.claim(&Subscription::of::<P>(LOG)).await.unwrap() {
        Claimed::Leader(claim) => claim,
        Claimed::Standby(checkpoint) => panic!("another claim holds {checkpoint:?}"),
    }
}

pub(crate) async fn is_free<P: Subscriber>(views: &SqliteViews) -> bool {
    matches!(views.claim(&Subscription::of::<P>(LOG)).await.unwrap(), Claimed::Leader(_))
}

/// Applies a batch as the driver does.
pub(crate) async fn apply<P: Handle<Tx>>(
    views: &SqliteViews,
    claim: &mut Claim<SqliteGuard>,
    subscriber: &Arc<P>,
    batch: Batch,
) -> Result<(), ApplyError> {
    views.apply(claim, subscriber, &batch).await?;
    claim.checkpoint.place = batch.to;
    Ok(())
}

/// The rows that readers see.
pub(crate) async fn seen(views: &SqliteViews) -> Vec<(u64, String)> {
    let read = |conn: &eskit_sqlite::rusqlite::Connection| {
        let mut statement = conn.prepare_cached("SELECT pos, text FROM rows ORDER BY pos")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)))?;
        rows.collect()
    };
    views.read::<Rows, _>(read).await.unwrap()
}

pub(crate) async fn seen_positions(views: &SqliteViews) -> Vec<u64> {
    seen(views).await.into_iter().map(|(position, _)| position).collect()
}

pub(crate) struct TokioSleep;

impl Sleep for TokioSleep {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
