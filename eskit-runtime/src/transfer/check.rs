use std::collections::HashMap;

use crate::log::bounds::{APPEND_BYTES_MAX, LimitError, check_count};
use crate::log::id::LogId;
use crate::log::lifecycle::{StreamInfo, StreamStatus};
use crate::log::limits::{check_closed, check_ids, check_recorded};
use crate::log::position::{Place, Position};
use crate::log::stream::StreamId;
use crate::transfer::error::{LoadError, RecordError};
use crate::transfer::record::{Entry, LogRecord, RecordedAppend, StreamRecord};
use crate::transfer::store::Load;

/// Checks what can be said of records without a look at the log: that positions follow [`Load::after`] without gaps, that no id occurs
/// twice, and that every limit is kept. A store calls this before it writes anything.
///
/// What it leaves to the store are the place after which the records stand, for which there is [`check_place`], the versions of streams,
/// for which there is [`check_streams`], and ids that the log holds.
///
/// # Errors
/// The first record that cannot be loaded.
pub fn check_load(load: &Load) -> Result<(), RecordError> {
    let mut last = load.after.position;
    for record in &load.records {
        match record {
            LogRecord::Append(append) => {
                if append.first() != last.next() {
                    return Err(RecordError::Position { expected: last.next(), found: append.first() });
                }
                check_append(append)?;
                last = append.last().position;
            }
            LogRecord::Stream(record) => {
                let mut checked = check_closed(&record.stream, record.status.reason());
                if record.version == 0 {
                    checked = Err(LimitError::Empty { what: "version", of: record.stream.to_string() });
                }
                checked.map_err(|error| RecordError::Limit { position: None, error })?;
            }
        }
    }
    let entries = load.appends().flat_map(RecordedAppend::entries);
    check_ids(entries.map(Entry::id)).map_err(|error| match error {
        LimitError::RepeatedId { id } => RecordError::IdTaken { id, position: None },
        error => RecordError::Limit { position: None, error },
    })
}

fn check_append(append: &RecordedAppend) -> Result<(), RecordError> {
    let limit = |entry: &Entry, error| RecordError::Limit { position: Some(entry.position()), error };
    for entry in append.entries() {
        if let Some(event) = entry.event() {
            check_recorded(event).map_err(|error| limit(entry, error))?;
        }
        if entry.version() == Some(0) {
            let error = LimitError::Empty { what: "version", of: entry.id().to_string() };
            return Err(limit(entry, error));
        }
    }
    let error = check_count("bytes in the events of one append", append.size_bytes(), APPEND_BYTES_MAX);
    error.map_err(|error| RecordError::Limit { position: Some(append.first()), error })
}

/// Checks that records belong to the end of a log with this id and this head. A store calls this in the transaction that writes. A log
/// without events takes their id.
///
/// # Errors
/// [`LoadError::OtherLog`] and [`LoadError::NotAtHead`].
pub fn check_place(load: &Load, log: LogId, head: Place) -> Result<(), LoadError> {
    if log != load.log && head.position > Position::START {
        return Err(LoadError::OtherLog { given: load.log, found: log });
    }
    if load.after.position != head.position || !load.after.is_held(head.position, head.id) {
        return Err(LoadError::NotAtHead { after: load.after, head });
    }
    Ok(())
}

/// Checks the versions of records against the streams of the log. A store calls this in the transaction that writes. `find` looks a stream
/// up: the version of the last event that it holds, or of a deleted one the version that it keeps.
///
/// # Errors
/// That of `find`; inside, the first record that does not go on from where its stream is.
pub fn check_streams<E>(
    load: &Load,
    mut find: impl FnMut(&StreamId) -> Result<StreamInfo, E>,
) -> Result<Result<(), RecordError>, E> {
    // As the records before leave each: the version, and whether it is deleted.
    let mut known: HashMap<&StreamId, (u64, bool)> = HashMap::new();
    for record in &load.records {
        for (stream, event) in named(record) {
            if !known.contains_key(stream) {
                let StreamInfo { version, status } = find(stream)?;
                known.insert(stream, (version, status.is_deleted()));
            }
            let Some(found) = known.get_mut(stream) else { continue };
            let checked = match (event, record) {
                (Some((position, version)), _) => event_follows(stream, found, position, version),
                (None, LogRecord::Stream(record)) => record_fits(record, found),
                (None, LogRecord::Append(_)) => Ok(()),
            };
            if checked.is_err() {
                return Ok(checked);
            }
        }
    }
    Ok(Ok(()))
}

/// The streams that a record names; of an event also its position and its version.
fn named(record: &LogRecord) -> impl Iterator<Item = (&StreamId, Option<(Position, u64)>)> {
    let (append, stream) = match record {
        LogRecord::Append(append) => (Some(append), None),
        LogRecord::Stream(record) => (None, Some((&record.stream, None))),
    };
    let events = append.into_iter().flat_map(RecordedAppend::entries).filter_map(Entry::event);
    let events =
        events.filter_map(|event| event.stream.as_ref().map(|at| (&at.stream, Some((event.position, at.version)))));
    events.chain(stream)
}

fn event_follows(
    stream: &StreamId,
    (version, is_deleted): &mut (u64, bool),
    position: Position,
    found: u64,
) -> Result<(), RecordError> {
    if *is_deleted {
        return Err(RecordError::StreamDeleted { stream: stream.clone(), given: StreamStatus::Open });
    }
    *version += 1;
    let expected = *version;
    let wrong = || RecordError::Version { position, stream: stream.clone(), expected, found };
    if found == expected { Ok(()) } else { Err(wrong()) }
}

fn record_fits(record: &StreamRecord, (version, is_deleted): &mut (u64, bool)) -> Result<(), RecordError> {
    let StreamRecord { stream, version: given, status } = record;
    if *is_deleted && !status.is_deleted() {
        return Err(RecordError::StreamDeleted { stream: stream.clone(), given: status.clone() });
    }
    // Events that were deleted before they were loaded do not say which stream held them.
    let is_deleted_now = status.is_deleted() && !*is_deleted;
    let fits = if is_deleted_now { *version <= *given } else { version == given };
    if !fits {
        return Err(RecordError::StreamVersion { stream: stream.clone(), found: *version, given: *given });
    }
    (*version, *is_deleted) = (*given, status.is_deleted());
    Ok(())
}
