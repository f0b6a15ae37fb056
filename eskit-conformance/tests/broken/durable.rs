//! Stores in a file that are right until their process is killed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use eskit_conformance::{Log, Model, Suite};
use eskit_runtime::log::{
    Append, AppendError, Appended, LogId, NewEvent, Page, Place, Query, ReadOptions, StreamChange, StreamError,
    StreamId, StreamStatus,
};
use eskit_runtime::{EventStore, StoreError, Timestamp, delegate_store};
use eskit_sqlite::{Durability, SqliteStore};

use crate::table::Row;

const CASES: &[&str] = &["crash::what_was_confirmed_survives_a_kill"];
const DELETIONS: &[&str] = &["crash::a_deletion_is_whole_or_not_at_all"];

/// The suite kills a process when it has noted so many appends, or a little later.
const NOTED: usize = 3;

async fn open(log: Log) -> Result<SqliteStore, StoreError> {
    SqliteStore::options().durability(Durability::Normal).open(log.path("db")).await
}

fn suite<S: EventStore + 'static>(test: &'static str, handle: fn(SqliteStore, Model) -> S) -> Suite {
    let open = move |log| async move {
        let inner = open(log).await?;
        let events = inner.read(&Query::all(), ReadOptions::default().limit(10_000)).await?.events;
        Ok::<_, StoreError>(handle(inner, Model::of(events)))
    };
    Suite::durable(open).exclusive().in_test(test).quiet()
}

/// Answers from memory, and writes to the file a little later.
struct Early {
    log: Mutex<Model>,
    later: tokio::sync::mpsc::UnboundedSender<Append>,
    inner: SqliteStore,
}

impl Early {
    fn new(inner: SqliteStore, log: Model) -> Early {
        let (later, mut waiting) = tokio::sync::mpsc::unbounded_channel::<Append>();
        let file = inner.clone();
        tokio::spawn(async move {
            while let Some(append) = waiting.recv().await {
                tokio::time::sleep(Duration::from_millis(1)).await;
                // What fails here was confirmed already: that is the mistake.
                let _ = file.append(append).await;
            }
        });
        Early { log: Mutex::new(log), later, inner }
    }
}

impl EventStore for Early {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let appended = log.append(append.clone(), Timestamp::now())?;
        if !appended.repeated {
            let _ = self.later.send(Append::new(append.events));
        }
        Ok(appended)
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).read(query, options)
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        Ok(self.log.lock().unwrap_or_else(PoisonError::into_inner).log_id())
    }

    async fn head(&self) -> Result<Place, StoreError> {
        Ok(self.log.lock().unwrap_or_else(PoisonError::into_inner).head())
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        self.inner.watch(after).await
    }
}

/// Writes the events of an append one by one. Once as many appends are confirmed as the suite waits for before it kills,
/// the next append of several events stops for good behind its first one: so the kill finds half of it.
struct Halves {
    inner: SqliteStore,
    confirmed: tokio::sync::Mutex<usize>,
}

impl EventStore for Halves {
    delegate_store!(|layer| &layer.inner, except append);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let mut confirmed = self.confirmed.lock().await;
        let mut all = Appended::new(Vec::new(), Vec::new(), Timestamp::now());
        let mut conditions = append.conditions;
        for (written, event) in append.events.into_iter().enumerate() {
            if written > 0 && *confirmed >= NOTED {
                std::future::pending::<()>().await;
            }
            let one: Vec<NewEvent> = vec![event];
            let appended =
                self.inner.append(Append { events: one, conditions: std::mem::take(&mut conditions) }).await?;
            all.positions.extend(appended.positions);
            all.versions.extend(appended.versions);
        }
        *confirmed += 1;
        Ok(all)
    }
}

/// Says that a stream is deleted a little before it is.
struct DeletesLate {
    inner: SqliteStore,
}

impl EventStore for DeletesLate {
    delegate_store!(|layer| &layer.inner, except change_stream);

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        let (inner, stream) = (self.inner.clone(), stream.clone());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            // What fails here was confirmed already: that is the mistake.
            let _ = inner.change_stream(&stream, change).await;
        });
        Ok(StreamStatus::Open)
    }
}

/// A store that loses with its process what it confirmed. `test` is the test that runs it.
pub(crate) fn confirms_early(test: &'static str) -> Row {
    Row::new(
        "an append is confirmed before it is in the file",
        suite(test, Early::new),
        "was confirmed at position",
        CASES,
    )
}

/// A store that leaves half an append behind. `test` is the test that runs it.
pub(crate) fn writes_by_halves(test: &'static str) -> Row {
    let handle = |inner, _| Halves { inner, confirmed: tokio::sync::Mutex::new(0) };
    Row::new("an append is written to the file event by event", suite(test, handle), "by halves", CASES)
}

/// A store that forgets a deletion with its process. `test` is the test that runs it.
pub(crate) fn deletes_late(test: &'static str) -> Row {
    let suite = suite(test, |inner, _| DeletesLate { inner });
    Row::new("a deletion is confirmed before it is in the file", suite, "the deletion of", DELETIONS)
}
