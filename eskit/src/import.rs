use std::collections::HashMap;
use std::fmt;

use eskit_runtime::log::limits::EVENTS_PER_APPEND_MAX;
use eskit_runtime::log::{Append, AppendError, Appended, EventId, NewEvent, Pages, Query, QueryItem, ReadOptions};
use eskit_runtime::{EventStore, RecordedEvent, StoreError};
use serde_json::Value;

/// Enough for the cost of a commit to vanish, and little to repeat after a failure.
const EVENTS_PER_BATCH: usize = 1000;
/// A batch ends earlier with the event by which it has so many bytes.
const BYTES_PER_BATCH: usize = 4 * 1024 * 1024;

const _: () = assert!(EVENTS_PER_BATCH <= EVENTS_PER_APPEND_MAX);

/// Imports events from another source, such as a file. It appends only events that the log does not hold yet.
///
/// The events of a source are numbered from 1 without gaps. The id of an event derives from the name of the source and the
/// number, so every event is appended once, even if the import is killed and started again, or runs several times at once. Ids
/// ascend with the numbers, which keeps the indexes of the store small and fast. Events are appended in batches of 1,000 events or
/// 4 MiB, whichever is less; a batch is written as a whole or not at all.
///
/// ```
/// use eskit::prelude::*;
/// use eskit::log::{NewEvent, StreamId};
/// use eskit::{Import, Timestamp};
///
/// #[derive(Event, Serialize, Deserialize)]
/// struct Deposited { cents: u64 }
/// # #[aggregate(stream = "account")] #[derive(Default)] struct Account { cents: u64 }
/// # #[decider] impl Account { #[evolve] fn deposited(&mut self, e: &Deposited) { self.cents += e.cents } }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = App::new(MemoryStore::new());
/// let lines = ["ada,2026-11-21T18:30:00Z,700", "bob,2026-11-22T09:00:00Z,50"];
/// let mut import = Import::resume(app.store(), "deposits.csv").await?;
/// for (number, line) in (1..).zip(lines) {
///     let [account, time, cents] = line.split(',').collect::<Vec<_>>()[..] else { return Err(line.into()) };
///     for mut event in NewEvent::encode(&Deposited { cents: cents.parse()? })? {
///         event.stream = Some(StreamId::of::<Account>(account));
///         event.recorded_at = Some(time.parse::<Timestamp>()?);
///         import.push(number, event).await?;
///     }
/// }
/// let imported = import.finish().await?;
/// assert_eq!((imported.events, imported.events_before), (2, 0));
/// assert_eq!(app.load::<Account>("ada").await?.cents, 700);
/// # Ok(()) }
/// ```
///
/// An import has no append conditions: it appends to a stream of any version. Events of streams that were
/// [deleted](crate::log::StreamChange) since stay deleted.
#[derive(Debug)]
#[must_use = "the last batch is appended by `finish`"]
pub struct Import<S> {
    store: S,
    ids: Ids,
    /// The last event that the log held when the import was resumed, with its number.
    last: Option<(u64, RecordedEvent)>,
    /// The number of the last event that was pushed.
    pushed: u64,
    batch: Vec<NewEvent>,
    /// The bytes of the batch.
    bytes: usize,
}

/// The result of an [`Import`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Imported {
    /// How many events of the source the log holds now.
    pub events: u64,
    /// How many of them it held before.
    pub events_before: u64,
}

impl<S: EventStore> Import<S> {
    /// Starts an import, or continues one that ended early. `source` names the source, such as a file, and must be the same each
    /// time. Takes a few dozen reads of one event each.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn resume(store: S, source: impl Into<String>) -> Result<Import<S>, StoreError> {
        let ids = Ids::new(source.into());
        let last = last_of(&store, &ids).await?;
        if let Some((_, event)) = &last {
            // It is not appended again.
            find(&store, event.id, ReadOptions::default().confirmed())
                .await?
                .ok_or_else(|| StoreError::replaced(event.place()))?;
        }
        Ok(Import { store, ids, last, pushed: 0, batch: Vec::new(), bytes: 0 })
    }

    /// How many events of the source the log held when the import was resumed. They need not be pushed again; if the last one is,
    /// it is compared with the imported event.
    pub fn events_before(&self) -> u64 {
        self.last.as_ref().map_or(0, |(number, _)| *number)
    }

    /// Adds the event with this number to the batch, unless the log holds it, and appends the batch when it is full. The event's
    /// id is replaced.
    ///
    /// # Errors
    /// See [`ImportError`]. After an error of the store, this import has ended; resume a new one to continue.
    pub async fn push(&mut self, number: u64, mut event: NewEvent) -> Result<(), ImportError> {
        event.id = self.ids.id(number);
        let events_before = self.events_before();
        if number == 0 || number > events_before {
            let next = self.pushed.max(events_before) + 1;
            if number != next {
                return Err(ImportError::OutOfOrder { source: self.ids.source.clone(), number, next });
            }
            self.bytes += event.size_bytes();
            self.batch.push(event);
        } else if let Some((last, recorded)) = &self.last
            && *last == number
            && !is_same(&event, recorded)
        {
            return Err(ImportError::OtherSource { source: self.ids.source.clone(), number });
        }
        self.pushed = number;
        let is_full = self.batch.len() == EVENTS_PER_BATCH || self.bytes >= BYTES_PER_BATCH;
        if is_full { self.append().await } else { Ok(()) }
    }

    /// Appends the last batch.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub async fn finish(mut self) -> Result<Imported, ImportError> {
        let (events, events_before) = (self.pushed, self.events_before());
        if 0 < events && events < events_before {
            let source = self.ids.source;
            return Err(ImportError::TooShort { source, events, events_before });
        }
        if !self.batch.is_empty() {
            self.append().await?;
        }
        Ok(Imported { events: events.max(events_before), events_before })
    }

    /// Appends the batch, or what the log lacks of it.
    async fn append(&mut self) -> Result<(), ImportError> {
        self.bytes = 0;
        let mut batch = std::mem::take(&mut self.batch);
        loop {
            let reused = match self.store.append(Append::new(batch.clone())).await {
                Ok(Appended { repeated: false, .. }) => return Ok(()),
                Ok(_) => None,
                Err(AppendError::IdReused { id, .. }) => Some(id),
                Err(error) => return Err(ImportError::Append(error)),
            };
            // Another import was faster. What it appended and was deleted since is not read, only refused.
            let present = present(&self.store, &batch).await.map_err(ImportError::Store)?;
            if let Some(number) = batch.iter().find_map(|event| other_at(event, present.get(&event.id)?)) {
                return Err(ImportError::OtherSource { source: self.ids.source.clone(), number });
            }
            let Some(id) = reused else { return Ok(()) };
            batch.retain(|event| event.id != id && !present.contains_key(&event.id));
            if batch.is_empty() {
                return Ok(());
            }
        }
    }
}

/// The ids of the events of a source.
#[derive(Debug)]
struct Ids {
    source: String,
    hash: EventId,
}

impl Ids {
    fn new(source: String) -> Ids {
        let hash = EventId::from_key(&format!("import:{source}"), 0);
        Ids { source, hash }
    }

    /// The id of an event: a UUIDv8 (RFC 9562, section 5.8) of 48 bits of its number and a hash of the source.
    fn id(&self, number: u64) -> EventId {
        let mut bytes = *self.hash.as_bytes();
        bytes[..6].copy_from_slice(&number.to_be_bytes()[2..]);
        bytes[6] = 0x80 | (bytes[6] & 0x0f);
        EventId::from_bytes(bytes)
    }

    /// The number of the event with this id.
    fn number(id: EventId) -> u64 {
        let mut bytes = [0; 8];
        bytes[2..].copy_from_slice(&id.as_bytes()[..6]);
        u64::from_be_bytes(bytes)
    }
}

/// The last event of a source that the log holds. Events stand in the log in the order of their numbers, so those that are
/// there end at one number.
async fn last_of<S: EventStore>(store: &S, ids: &Ids) -> Result<Option<(u64, RecordedEvent)>, StoreError> {
    let (mut last, mut absent) = (None, 1);
    while let Some(event) = find(store, ids.id(absent), ReadOptions::default()).await? {
        last = Some((absent, event));
        absent *= 2;
    }
    while let Some((present, _)) = &last
        && absent - present > 1
    {
        let middle = present + (absent - present) / 2;
        match find(store, ids.id(middle), ReadOptions::default()).await? {
            Some(event) => last = Some((middle, event)),
            None => absent = middle,
        }
    }
    Ok(last)
}

async fn find<S: EventStore>(
    store: &S,
    id: EventId,
    options: ReadOptions,
) -> Result<Option<RecordedEvent>, StoreError> {
    let page = store.read(&Query::from(QueryItem::ids([id])), options.limit(1)).await?;
    Ok(page.events.into_iter().next())
}

/// The events of a batch that the log holds.
async fn present<S: EventStore>(store: &S, batch: &[NewEvent]) -> Result<HashMap<EventId, RecordedEvent>, StoreError> {
    let query = Query::from(QueryItem::ids(batch.iter().map(|event| event.id)));
    let mut pages = Pages::new(store, query, ReadOptions::default().limit(EVENTS_PER_BATCH).confirmed());
    let mut present = HashMap::with_capacity(batch.len());
    while let Some(events) = pages.next().await? {
        present.extend(events.into_iter().map(|event| (event.id, event)));
    }
    Ok(present)
}

/// The number of an event that another one was recorded for.
fn other_at(event: &NewEvent, recorded: &RecordedEvent) -> Option<u64> {
    (!is_same(event, recorded)).then(|| Ids::number(event.id))
}

/// Whether an event was recorded as it is pushed. Layers may have changed its tags and metadata.
fn is_same(event: &NewEvent, recorded: &RecordedEvent) -> bool {
    let stream = recorded.stream.as_ref().map(|at| &at.stream);
    event.name == recorded.name
        && event.stream.as_ref() == stream
        && event.recorded_at.is_none_or(|time| time == recorded.recorded_at)
        && is_same_payload(&event.payload, &recorded.payload)
}

/// Bytes, or the JSON that they spell: a store may spell it in another way.
fn is_same_payload(a: &[u8], b: &[u8]) -> bool {
    let same_json = || Some(is_same_value(&serde_json::from_slice(a).ok()?, &serde_json::from_slice(b).ok()?));
    a == b || same_json().unwrap_or_default()
}

fn is_same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same_value(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_same_value(a, b)))
        }
        _ => a == b,
    }
}

/// Why an import ended early. Batches that were appended before stay in the log.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImportError {
    /// The event differs from the one that was imported under its number.
    OtherSource {
        /// The name of the source.
        source: String,
        /// The number of the event.
        number: u64,
    },
    /// The log holds more events of the source than were pushed, and some were.
    TooShort {
        /// The name of the source.
        source: String,
        /// How many events were pushed.
        events: u64,
        /// How many events of the source the log holds.
        events_before: u64,
    },
    /// The number of the event is not the next one.
    OutOfOrder {
        /// The name of the source.
        source: String,
        /// The number of the event.
        number: u64,
        /// The next number.
        next: u64,
    },
    /// The store cannot be read.
    Store(StoreError),
    /// The store refused the events.
    Append(AppendError),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportError::OtherSource { source, number } => write!(
                f,
                "event {number} of `{source}` differs from the one that was imported before\n\
                 help: import the same data as before, or name another source"
            ),
            ImportError::TooShort { source, events, events_before } => write!(
                f,
                "`{source}` has {events} events, but {events_before} were imported before\n\
                 help: import the same data as before, or name another source"
            ),
            ImportError::OutOfOrder { source, number, next } => write!(
                f,
                "event {number} of `{source}` was pushed, but event {next} is next\n\
                 help: number the events of a source from 1, in their order, without gaps"
            ),
            ImportError::Store(error) => error.fmt(f),
            ImportError::Append(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ImportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ImportError::Store(error) => error.source(),
            ImportError::Append(error) => error.source(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_with_the_numbers_and_depend_on_the_source() {
        let (a, b) = (Ids::new("a".into()), Ids::new("b".into()));
        assert_eq!(a.id(1), Ids::new("a".into()).id(1));
        assert_ne!(a.id(1), b.id(1));
        let ids: Vec<EventId> = (1..100_000).step_by(97).map(|number| a.id(number)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(ids[0].as_uuid().get_version_num(), 8);
        assert_eq!(Ids::number(a.id(70_000)), 70_000);
    }

    #[test]
    fn payloads_are_compared_by_what_they_spell() {
        assert!(is_same_payload(br#"{"a":1e2,"b":[1]}"#, br#"{"b": [1], "a": 100}"#));
        assert!(is_same_payload(b"\xff", b"\xff"));
        for (a, b) in
            [(&br#"{"a":1}"#[..], &br#"{"a":2}"#[..]), (b"[1]", b"[1,2]"), (b"{}", br#"{"a":1}"#), (b"\xff", b"1")]
        {
            assert!(!is_same_payload(a, b));
        }
    }
}
