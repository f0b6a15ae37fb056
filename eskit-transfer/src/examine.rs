use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;

use eskit_runtime::StoreError;
use eskit_runtime::log::{
    LogId, Place, Position, QueryItem, ReadOptions, RecordedEvent, StreamId, StreamInfo, StreamStatus,
};
use eskit_runtime::transfer::{
    DumpFrom, Entry, Load, LogRecord, RecordError, RecordedAppend, Transfer, check_load, check_streams,
};
use sha2::{Digest, Sha256};

use crate::error::TransferError;
use crate::progress::{Listener, Progress};
use crate::ranges::{Ranges, hash};

/// Reads a whole log, and holds it to its own rules. Stops at the first fault.
///
/// - Positions, and the versions of each stream, have no gaps, and every limit is kept.
/// - The look-up of each stream finds the version that the log holds.
/// - In each range of 1,000 positions, the last event is found by its id, and the last one with tags by these and its type.
///
/// Programs may append meanwhile. Holds the version of each stream in memory.
///
/// # Errors
/// When awaited, [`TransferError::Source`]: the log cannot be read. A fault is no error; see [`Examined::fault`].
#[must_use = "nothing is read until it is awaited"]
pub fn examine<S: Transfer>(store: &S) -> Examination<'_, S> {
    Examination { store, listener: Listener::none() }
}

/// A call of [`examine`], which runs when it is awaited.
#[derive(Debug)]
#[must_use = "nothing is read until it is awaited"]
pub struct Examination<'a, S> {
    store: &'a S,
    listener: Listener<'a>,
}

/// What an [`examine`] has found.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Examined {
    /// The id of the log.
    pub log: LogId,
    /// The last place up to which it is sound.
    pub head: Place,
    /// How many events it holds up to there, without deleted ones.
    pub events: u64,
    /// How many of its events were deleted.
    pub deleted_events: u64,
    /// How many streams hold events, or were deleted.
    pub streams: u64,
    /// The SHA-256 of its appends, the same as that of [`Verified`](crate::Verified).
    pub sha256: [u8; 32],
    /// What is wrong; `None` if nothing is.
    pub fault: Option<Fault>,
}

/// What is wrong with a log. Says nothing of payloads.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// A record cannot be one of this log.
    Record(RecordError),
    /// A stream is not what its events say.
    Stream {
        /// The stream.
        stream: StreamId,
        /// The version of its last event.
        held: u64,
        /// The version that a look-up finds.
        found: u64,
    },
    /// An event is not found by what it has.
    NotFound {
        /// The event.
        place: Place,
        /// By what: "its id", or "its type and tags".
        by: &'static str,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Record(error) => error.fmt(f),
            Fault::Stream { stream, held, found } => {
                write!(f, "a look-up of stream `{stream}` finds version {found}, but the log holds version {held}")
            }
            Fault::NotFound { place, by } => write!(f, "the event at {place} is not found by {by}"),
        }
    }
}

impl From<RecordError> for Fault {
    fn from(error: RecordError) -> Fault {
        Fault::Record(error)
    }
}

/// Why an examination ends early.
enum Ended {
    Fault(Fault),
    Error(TransferError),
}

impl<T: Into<Fault>> From<T> for Ended {
    fn from(fault: T) -> Ended {
        Ended::Fault(fault.into())
    }
}

fn source(error: StoreError) -> Ended {
    Ended::Error(TransferError::Source(error))
}

/// The streams of a log, each with the version of its last event.
type Streams = HashMap<StreamId, u64>;

impl<'a, S: Transfer> Examination<'a, S> {
    /// Calls `tell` after each range of 1,000 positions.
    pub fn on_progress(mut self, tell: impl FnMut(Progress) + Send + 'a) -> Self {
        self.listener = Listener::new(tell);
        self
    }

    async fn run(mut self) -> Result<Examined, TransferError> {
        let mut found = Examined {
            log: self.store.log_id().await.map_err(TransferError::Source)?,
            head: Place::START,
            events: 0,
            deleted_events: 0,
            streams: 0,
            sha256: Sha256::digest([]).into(),
            fault: None,
        };
        let mut streams = Streams::new();
        let result = match self.appends(&mut found, &mut streams).await {
            Ok(()) => self.closed(&mut found, streams).await,
            Err(ended) => Err(ended),
        };
        match result {
            Ok(()) => Ok(found),
            Err(Ended::Fault(fault)) => Ok(Examined { fault: Some(fault), ..found }),
            Err(Ended::Error(error)) => Err(error),
        }
    }

    async fn appends(&mut self, found: &mut Examined, streams: &mut Streams) -> Result<(), Ended> {
        let mut ranges = Ranges::of(self.store);
        let (mut until, mut bytes, mut total) = (0, 0, Sha256::new());
        while !ranges.is_done() {
            until += Ranges::<S>::LEN;
            let load = Load::new(found.log, found.head, ranges.take(until).await.map_err(source)?);
            check(&load, streams)?;
            total.update(hash(&load.records).map_err(Ended::Error)?);
            let entries = || load.appends().flat_map(RecordedAppend::entries);
            for found in found_by(entries().filter_map(Entry::event)) {
                look_up(self.store, found).await?;
            }
            let (all, events) = (entries().count() as u64, entries().filter_map(Entry::event).count() as u64);
            (found.head, found.sha256) = (load.end(), total.clone().finalize().into());
            (found.events, found.deleted_events) = (found.events + events, found.deleted_events + all - events);
            bytes += load.records.iter().map(LogRecord::size_bytes).sum::<usize>() as u64;
            let (events, position) = (found.events + found.deleted_events, found.head.position);
            self.listener.tell(Progress { events, bytes, ..Progress::new(position, ranges.head.position) });
        }
        Ok(())
    }

    /// Checks the streams that are not open, and looks all of them up.
    async fn closed(&mut self, found: &mut Examined, mut streams: Streams) -> Result<(), Ended> {
        let mut next = Some(DumpFrom::Stream(None));
        while let Some(from) = next {
            let page = self.store.dump(&from).await.map_err(source)?;
            for record in page.records {
                if let LogRecord::Stream(record) = record {
                    let held = streams.entry(record.stream).or_default();
                    // Events that were deleted do not say which stream held them.
                    *held = if record.status.is_deleted() { record.version } else { *held };
                }
            }
            next = page.next;
        }
        found.streams = streams.len() as u64;
        for (stream, held) in streams {
            let StreamInfo { version, .. } = self.store.stream_info(&stream).await.map_err(source)?;
            // It may have grown.
            if version < held {
                return Err(Fault::Stream { stream, held, found: version }.into());
            }
        }
        Ok(())
    }
}

/// What an event must be found by, and in which words.
type FoundBy<'e> = (&'e RecordedEvent, QueryItem, &'static str);

/// What the last events of a range must be found by.
fn found_by<'e>(events: impl DoubleEndedIterator<Item = &'e RecordedEvent> + Clone) -> Vec<FoundBy<'e>> {
    let by_id = |event: &'e RecordedEvent| (event, QueryItem::ids([event.id]), "its id");
    let by_tags = |event: &'e RecordedEvent| {
        let item =
            event.tags.iter().fold(QueryItem::types([event.name.clone()]), |item, tag| item.with_tag(tag.into()));
        (event, item, "its type and tags")
    };
    let tagged = events.clone().rfind(|event| !event.tags.is_empty());
    events.clone().next_back().map(by_id).into_iter().chain(tagged.map(by_tags)).collect()
}

async fn look_up<S: Transfer>(store: &S, (event, item, by): FoundBy<'_>) -> Result<(), Ended> {
    let just_before = Position::new(event.position.get().saturating_sub(1));
    let page = store.read(&item.into(), ReadOptions::default().after(just_before).limit(1)).await.map_err(source)?;
    if page.events.first().is_some_and(|first| first.id == event.id) {
        return Ok(());
    }
    // It may have been deleted meanwhile.
    let is_deleted = match &event.stream {
        Some(at) => store.stream_info(&at.stream).await.map_err(source)?.status.is_deleted(),
        None => false,
    };
    if is_deleted { Ok(()) } else { Err(Fault::NotFound { place: event.place(), by }.into()) }
}

/// Checks the records of a range, and notes the versions that they leave.
fn check(load: &Load, streams: &mut Streams) -> Result<(), RecordError> {
    check_load(load)?;
    let known = |stream: &StreamId| {
        let version = streams.get(stream).copied().unwrap_or_default();
        Ok(StreamInfo::new(version, StreamStatus::Open))
    };
    let Ok(checked) = check_streams(load, known).map_err(|never: std::convert::Infallible| match never {});
    checked?;
    for event in load.appends().flat_map(RecordedAppend::entries).filter_map(Entry::event) {
        if let Some(at) = &event.stream {
            streams.insert(at.stream.clone(), at.version);
        }
    }
    Ok(())
}

impl<'a, S: Transfer> IntoFuture for Examination<'a, S> {
    type Output = Result<Examined, TransferError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
