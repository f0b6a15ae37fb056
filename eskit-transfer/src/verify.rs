use std::fmt;
use std::pin::Pin;

use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{LogId, Place, Position, StreamId, StreamInfo, StreamStatus};
use eskit_runtime::transfer::{Entry, LogRecord, RecordedAppend, StreamRecord, Transfer};
use futures_util::future::join;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::TransferError;
use crate::migrate::side;
use crate::progress::{Listener, Progress};
use crate::ranges::{Ranges, hash};
use crate::streams::{Closed, next_difference};

/// Compares two logs: their ids, every event with all that is recorded of it, where appends begin and end, deleted events, and what became
/// of streams. Stops at the first difference.
///
/// Each range of 1,000 positions is compared by its SHA-256, and only where it differs event by event. A JSON payload that is spelled in
/// another way, as PostgreSQL's `jsonb` does, is no difference.
///
/// # Errors
/// When awaited, [`TransferError`]: one of the stores fails. A difference is no error; see [`Verified::difference`].
#[must_use = "nothing is compared until it is awaited"]
pub fn verify<'a, F: Transfer, T: Transfer>(from: &'a F, to: &'a T) -> Verification<'a, F, T> {
    Verification { from, to, after: Place::START, until: None, listener: Listener::none() }
}

/// A call of [`verify`], which runs when it is awaited.
#[derive(Debug)]
#[must_use = "nothing is compared until it is awaited"]
pub struct Verification<'a, F, T> {
    from: &'a F,
    to: &'a T,
    after: Place,
    /// Where to end, before streams are compared.
    until: Option<Position>,
    listener: Listener<'a>,
}

/// What a [`verify`] has found.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Verified {
    /// The first difference; `None` if there is none.
    pub difference: Option<Difference>,
    /// The last place up to which both are equal, as far as they were compared.
    pub head: Place,
    /// How many events were found to be equal, deleted ones among them.
    pub events: u64,
    /// How many of them have a JSON payload that is spelled in another way.
    pub respelled: u64,
    /// The SHA-256 of the records of the first log, in their binary form, as far as both are equal.
    pub sha256: [u8; 32],
}

/// The first difference between two logs. Says nothing of payloads.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Difference {
    /// They have different ids.
    LogId {
        /// The id of the first one.
        from: LogId,
        /// The id of the second one.
        to: LogId,
    },
    /// One of them has no event at a position.
    Missing {
        /// The position.
        position: Position,
        /// Whether the first log has one, and the second none.
        is_in_from: bool,
    },
    /// They have different events at a position.
    Event {
        /// The position.
        position: Position,
        /// Which part is different, such as "tags".
        what: &'static str,
    },
    /// A stream has different statuses or versions.
    Stream {
        /// The stream.
        stream: StreamId,
        /// As the first one has it.
        from: StreamInfo,
        /// As the second one has it.
        to: StreamInfo,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::LogId { from, to } => write!(f, "the first log has the id {from}, the second one {to}"),
            Difference::Missing { position, is_in_from } => {
                let lacks = if *is_in_from { "second" } else { "first" };
                write!(f, "the {lacks} log has nothing at position {position}")
            }
            Difference::Event { position, what } => write!(f, "the events at position {position} differ: {what}"),
            Difference::Stream { stream, from, to } => write!(
                f,
                "stream `{stream}` is {} at version {} in the first log, and {} at version {} in the second one",
                from.status, from.version, to.status, to.version
            ),
        }
    }
}

impl<'a, F: Transfer, T: Transfer> Verification<'a, F, T> {
    /// Calls `tell` after each range.
    pub fn on_progress(mut self, tell: impl FnMut(Progress) + Send + 'a) -> Self {
        self.listener = Listener::new(tell);
        self
    }

    /// Compares only what comes after a place, and all streams.
    pub fn after(mut self, place: Place) -> Self {
        self.after = place;
        self
    }

    /// Compares only events, up to the end of the append at a position.
    pub(crate) fn events_until(mut self, position: Position) -> Self {
        self.until = Some(position);
        self
    }

    async fn run(mut self) -> Result<Verified, TransferError> {
        let (from, to) = join(self.from.log_id(), self.to.log_id()).await;
        let (from, to) = (from.map_err(TransferError::Source)?, to.map_err(TransferError::Target)?);
        let mut found =
            Verified { difference: None, head: self.after, events: 0, respelled: 0, sha256: Sha256::digest([]).into() };
        if from != to {
            found.difference = Some(Difference::LogId { from, to });
            return Ok(found);
        }
        self.compare_appends(&mut found).await?;
        if found.difference.is_none() && self.until.is_none() {
            found.difference = self.compare_streams().await?;
        }
        Ok(found)
    }

    async fn compare_appends(&mut self, found: &mut Verified) -> Result<(), TransferError> {
        let (mut from, mut to) = (Ranges::after(self.from, self.after), Ranges::after(self.to, self.after));
        let (mut until, mut bytes, mut total) = (self.after.position.get(), 0, Sha256::new());
        let end = self.until.map_or(u64::MAX, Position::get);
        while until < end && !(from.is_done() && to.is_done()) {
            until = (until + Ranges::<F>::LEN).min(end);
            let (first, second) = join(from.take(until), to.take(until)).await;
            let (first, second) = (first.map_err(TransferError::Source)?, second.map_err(TransferError::Target)?);
            let (hash, of_second) = (hash(&first)?, hash(&second)?);
            if hash != of_second {
                found.difference = first_difference(&first, &second, &mut found.respelled);
                if found.difference.is_some() {
                    return Ok(());
                }
            }
            total.update(hash);
            found.sha256 = total.clone().finalize().into();
            let appends = || first.iter().filter_map(LogRecord::append);
            found.head = appends().next_back().map_or(found.head, RecordedAppend::last);
            found.events += appends().map(|append| append.entries().len() as u64).sum::<u64>();
            bytes += appends().map(RecordedAppend::size_bytes).sum::<usize>() as u64;
            let (events, position) = (found.events, found.head.position);
            self.listener.tell(Progress { events, bytes, ..Progress::new(position, from.head.position) });
        }
        Ok(())
    }

    async fn compare_streams(&mut self) -> Result<Option<Difference>, TransferError> {
        let (mut from, mut to) = (Closed::of(self.from), Closed::of(self.to));
        let Some(pair) = next_difference(&mut from, &mut to).await.map_err(side)? else { return Ok(None) };
        let named = pair.0.as_ref().or(pair.1.as_ref()).map(|record| record.stream.clone());
        let Some(stream) = named else { return Ok(None) };
        let info = |record: Option<StreamRecord>| match record {
            Some(record) => StreamInfo::new(record.version, record.status),
            None => StreamInfo::new(0, StreamStatus::Open),
        };
        let (mut from, mut to) = (info(pair.0), info(pair.1));
        if from.version == 0 {
            from = self.from.stream_info(&stream).await.map_err(TransferError::Source)?;
        }
        if to.version == 0 {
            to = self.to.stream_info(&stream).await.map_err(TransferError::Target)?;
        }
        Ok(Some(Difference::Stream { stream, from, to }))
    }
}

fn first_difference(from: &[LogRecord], to: &[LogRecord], respelled: &mut u64) -> Option<Difference> {
    let (mut from, mut to) = (from.iter().filter_map(LogRecord::append), to.iter().filter_map(LogRecord::append));
    loop {
        let (first, second) = match (from.next(), to.next()) {
            (Some(first), Some(second)) => (first, second),
            (Some(first), None) => return Some(Difference::Missing { position: first.first(), is_in_from: true }),
            (None, second) => {
                return second.map(|second| Difference::Missing { position: second.first(), is_in_from: false });
            }
        };
        if first == second {
            continue;
        }
        let differing = first.entries().iter().zip(second.entries()).find_map(|(first, second)| {
            let what = what_differs(first, second, respelled)?;
            Some(Difference::Event { position: first.position(), what })
        });
        if differing.is_some() {
            return differing;
        }
        let (count, of_second) = (first.entries().len(), second.entries().len());
        if count != of_second {
            let last = first.entries().get(count.min(of_second) - 1).map_or(Position::START, Entry::position);
            return Some(Difference::Event { position: last, what: "whether its append ends with it" });
        }
    }
}

/// Which part of two entries differs; counts payloads that are only spelled in another way.
fn what_differs(first: &Entry, second: &Entry, respelled: &mut u64) -> Option<&'static str> {
    let (Entry::Event(a), Entry::Event(b)) = (first, second) else {
        let both = matches!((first, second), (Entry::Deleted(_), Entry::Deleted(_)));
        return (first != second).then_some(if both { "what is left of it" } else { "whether it was deleted" });
    };
    let place = [
        ("position", a.position != b.position),
        ("id", a.id != b.id),
        ("stream or version", a.stream != b.stream),
        ("whether its append ends with it", a.part != b.part),
    ];
    if let Some(what) = first_of(place).or_else(|| content_differs(a, b)) {
        return Some(what);
    }
    match is_same_payload(a, b) {
        Some(is_respelled) => *respelled += u64::from(is_respelled),
        None => return Some("payload"),
    }
    None
}

/// Which part of two events differs, other than their places and payloads.
pub(crate) fn content_differs(a: &RecordedEvent, b: &RecordedEvent) -> Option<&'static str> {
    first_of([
        ("type", a.name != b.name),
        ("version of its type", a.schema_version != b.schema_version),
        ("tags", a.tags != b.tags),
        ("metadata", a.metadata != b.metadata),
        ("content type", a.content_type != b.content_type),
        ("time", a.recorded_at != b.recorded_at),
    ])
}

/// The first part that differs.
fn first_of<const N: usize>(parts: [(&'static str, bool); N]) -> Option<&'static str> {
    parts.into_iter().find(|(_, differs)| *differs).map(|(what, _)| what)
}

/// Whether a payload is only spelled in another way than that of another event; `None` if it is another one.
pub(crate) fn is_same_payload(a: &RecordedEvent, b: &RecordedEvent) -> Option<bool> {
    match a.payload == b.payload {
        true => Some(false),
        false => (a.content_type.is_json() && is_same_json(&a.payload, &b.payload)).then_some(true),
    }
}

fn is_same_json(a: &[u8], b: &[u8]) -> bool {
    let both = (serde_json::from_slice::<Value>(a), serde_json::from_slice::<Value>(b));
    matches!(both, (Ok(a), Ok(b)) if is_same_value(&a, &b))
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

impl<'a, F: Transfer, T: Transfer> IntoFuture for Verification<'a, F, T> {
    type Output = Result<Verified, TransferError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
