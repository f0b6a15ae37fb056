use eskit_runtime::StoreError;
use eskit_runtime::log::{
    AppendError, Appended, Condition, Conflict, ConflictEvent, ConflictKind, NewEvent, Place, Position, StoreErrorKind,
    StreamClosed, StreamId, StreamStatus, WireName,
};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::append::batch::Batch;
use crate::append::known::Known;
use crate::append::one;
use crate::append::request::Answer;
use crate::error::Fault;
use crate::read::stream_info;
use crate::sql::arrays::number;
use crate::sql::migrations::CONDITION_STEPS_MAX;
use crate::sql::record::{column, position};

/// What became of one append of a batch.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is decided.
    Done(Answer),
    /// At least one of its ids is in the log already.
    Known,
    /// It gave way to an earlier one of the batch, and may yet go through.
    Again,
}

/// What the database answered to a batch.
pub(crate) struct Outcome {
    head_before: i64,
    /// The version of each stream before the batch.
    versions: Vec<i64>,
    /// Whether the log ended where this process believed.
    is_as_known: bool,
    hits: Vec<Hit>,
    closed: Vec<Closed>,
    known: Vec<i32>,
    deferred: Vec<i32>,
}

/// An append to a stream that takes no events.
struct Closed {
    append: i32,
    /// The stream, by its number from 1.
    stream: i32,
    status: StreamStatus,
}

/// A condition that does not hold, by its number from 1, or whose check was given up.
struct Hit {
    condition: i32,
    event: Option<ConflictEvent>,
    is_given_up: bool,
}

/// An event that the batch wrote.
struct Written<'r> {
    event: &'r NewEvent,
    position: Position,
    version: Option<u64>,
}

impl Hit {
    /// The place of the condition in arrays that count from 0.
    fn index(&self) -> usize {
        usize::try_from(self.condition - 1).unwrap_or(usize::MAX)
    }
}

impl Outcome {
    /// Reads the answer.
    pub(crate) fn from_row(row: &PgRow) -> Result<Outcome, Fault> {
        let conditions: Option<Vec<i32>> = row.try_get("h_condition")?;
        let positions: Option<Vec<Option<i64>>> = row.try_get("h_pos")?;
        let types: Option<Vec<Option<String>>> = row.try_get("h_type")?;
        let events = positions.into_iter().flatten().zip(types.into_iter().flatten());
        let hits = conditions.into_iter().flatten().zip(events).map(|(condition, (pos, name))| {
            let event = pos.zip(name).map(|(pos, name)| ConflictEvent { position: position(pos), name: name.into() });
            // No event is there.
            Hit { condition, event, is_given_up: pos == Some(0) }
        });
        Ok(Outcome {
            head_before: row.try_get("head_before")?,
            versions: row.try_get::<Option<_>, _>("s_version")?.unwrap_or_default(),
            is_as_known: row.try_get("is_as_known")?,
            hits: hits.collect(),
            closed: closed(row)?,
            known: row.try_get::<Option<_>, _>("known")?.unwrap_or_default(),
            deferred: row.try_get::<Option<_>, _>("deferred")?.unwrap_or_default(),
        })
    }

    /// The answer to a batch of one append of one event, which was written.
    pub(crate) fn of_one(written: &one::Written) -> Outcome {
        Outcome {
            head_before: written.at - 1,
            versions: written.version.iter().map(|version| version - 1).collect(),
            is_as_known: false,
            hits: Vec::new(),
            closed: Vec::new(),
            known: Vec::new(),
            deferred: Vec::new(),
        }
    }

    /// The verdict on each append, and the place of the last event that was written, if any was. Notes in `known` what the log has become.
    pub(crate) fn settle(&self, batch: &Batch<'_>, known: &mut Known) -> (Vec<Verdict>, Option<Place>) {
        let mut versions = self.versions.clone();
        let mut written: Vec<Written<'_>> = Vec::new();
        let mut verdicts = Vec::with_capacity(batch.appends.len());
        for (append, encoded) in (1..).zip(&batch.appends) {
            verdicts.push(if self.known.contains(&append) {
                Verdict::Known
            } else if let Some(closed) = self.closed(batch, append) {
                Verdict::Done(Err(AppendError::StreamClosed(closed)))
            } else if let Some(conflict) = self.conflict(batch, append) {
                Verdict::Done(Err(conflict.into()))
            } else if let Some(error) = self.given_up(batch, append) {
                Verdict::Done(Err(error.into()))
            } else if self.deferred.contains(&append) {
                Verdict::Again
            } else {
                let first = written.len();
                for event in &encoded.append.events {
                    let version = event.stream.as_ref().and_then(|stream| advance(batch, &mut versions, stream));
                    let position = position(self.head_before + i64::from(number(written.len() + 1)));
                    written.push(Written { event, position, version });
                }
                let own = &written[first..];
                let positions = own.iter().map(|event| event.position).collect();
                let versions = own.iter().map(|event| event.version).collect();
                Verdict::Done(Ok(Appended::new(positions, versions, batch.now)))
            });
        }
        for append in &self.deferred {
            let Some(index) = usize::try_from(*append - 1).ok().filter(|index| *index < verdicts.len()) else {
                continue;
            };
            let encoded = batch.appends[index];
            let repeats = |event: &NewEvent| written.iter().any(|other| other.event.id == event.id);
            // The events of the batch may settle what they made this one wait for.
            if !encoded.append.events.iter().any(repeats)
                && let Some(conflict) = late_conflict(&encoded.append.conditions, batch, &versions, &written)
            {
                verdicts[index] = Verdict::Done(Err(conflict.into()));
            }
        }
        let Some(last) = written.last() else { return (verdicts, None) };
        known.wrote(self.is_as_known, (column(last.position), last.event.id.as_uuid()), &batch.streams, &versions);
        (verdicts, Some(Place::new(last.position, last.event.id)))
    }

    /// The first stream that an append writes to and that takes no events.
    fn closed(&self, batch: &Batch<'_>, append: i32) -> Option<StreamClosed> {
        let closed = self.closed.iter().find(|closed| closed.append == append)?;
        let stream = batch.streams.stream(usize::try_from(closed.stream - 1).ok()?)?;
        Some(StreamClosed::new(stream, closed.status.clone()))
    }

    /// What the conditions of an append met.
    fn hits(&self, batch: &Batch<'_>, append: i32) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(move |hit| batch.conditions.append.get(hit.index()) == Some(&append))
    }

    /// The refusal of an append of which a condition costs too much to check.
    fn given_up(&self, batch: &Batch<'_>, append: i32) -> Option<StoreError> {
        let hit = self.hits(batch, append).find(|hit| hit.is_given_up)?;
        let Condition::NoEvents { after, .. } = batch.conditions.all.get(hit.index())? else { return None };
        let text = format!(
            "a condition after position {after} would look at more than {CONDITION_STEPS_MAX} entries of indexes while other \
             appends wait\nhelp: read with its query first, and write as its `after` the head of the log as of that read; or \
             give the events one tag that stands for the combination"
        );
        Some(StoreError::new(StoreErrorKind::Invalid, text))
    }

    /// The first condition of an append that the log before the batch breaks, with the newest event that does.
    fn conflict(&self, batch: &Batch<'_>, append: i32) -> Option<Conflict> {
        let own = || self.hits(batch, append).filter(|hit| !hit.is_given_up);
        let first = own().map(Hit::index).min()?;
        let newest =
            own().filter(|hit| hit.index() == first).max_by_key(|hit| hit.event.as_ref().map(|event| event.position));
        let kind = match batch.conditions.all.get(first)? {
            Condition::Stream { stream, expected } => {
                let found = batch.streams.index_of(stream).and_then(|index| self.versions.get(index));
                let found = found.copied().unwrap_or_default().unsigned_abs();
                ConflictKind::Stream { stream: stream.clone(), expected: *expected, found }
            }
            Condition::NoEvents { after, .. } => ConflictKind::Query { after: *after },
            Condition::Holds(place) => ConflictKind::Replaced { place: *place },
        };
        Some(Conflict::new(kind, newest.and_then(|hit| hit.event.clone())))
    }
}

fn closed(row: &PgRow) -> Result<Vec<Closed>, Fault> {
    let Some(appends) = row.try_get::<Option<Vec<i32>>, _>("x_append")? else { return Ok(Vec::new()) };
    let streams: Vec<i32> = row.try_get("x_stream")?;
    let statuses: Vec<i32> = row.try_get("x_status")?;
    let times: Vec<i64> = row.try_get("x_at")?;
    let reasons: Vec<Option<String>> = row.try_get("x_reason")?;
    let streams = appends.into_iter().zip(streams);
    let statuses = statuses.into_iter().zip(times).zip(reasons);
    let closed = streams.zip(statuses).map(|((append, stream), ((status, at), reason))| {
        Ok(Closed { append, stream, status: stream_info::status(status, at, reason)? })
    });
    closed.collect()
}

/// Counts one more event of a stream, and returns its version.
fn advance(batch: &Batch<'_>, versions: &mut [i64], stream: &StreamId) -> Option<u64> {
    let version = batch.streams.index_of(stream).and_then(|index| versions.get_mut(index))?;
    *version += 1;
    Some(version.unsigned_abs())
}

/// The first condition that the events of the batch break.
fn late_conflict(
    conditions: &[Condition],
    batch: &Batch<'_>,
    versions: &[i64],
    written: &[Written<'_>],
) -> Option<Conflict> {
    let conflict_event = |written: &Written<'_>| ConflictEvent {
        position: written.position,
        name: WireName::clone(&written.event.name),
    };
    conditions.iter().find_map(|condition| match condition {
        Condition::Stream { stream, expected } => {
            let found = batch.streams.index_of(stream).and_then(|index| versions.get(index));
            let found = found.copied().unwrap_or_default().unsigned_abs();
            let last = written.iter().rev().find(|written| written.event.stream.as_ref() == Some(stream));
            let kind = ConflictKind::Stream { stream: stream.clone(), expected: *expected, found };
            let is_broken = last.is_some() && !expected.accepts(found);
            is_broken.then(|| Conflict::new(kind, last.map(conflict_event)))
        }
        // The log was that one as the batch began, and only grows.
        Condition::Holds(_) => None,
        Condition::NoEvents { query, after } => {
            let breaks = |written: &&Written<'_>| {
                written.position > *after && query.items().iter().any(|item| written.event.matches(item))
            };
            let newest = written.iter().rev().find(breaks)?;
            Some(Conflict::new(ConflictKind::Query { after: *after }, Some(conflict_event(newest))))
        }
    })
}
