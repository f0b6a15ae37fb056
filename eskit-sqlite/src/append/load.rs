use eskit_runtime::StoreError;
use eskit_runtime::log::{Place, StoreErrorKind, StreamId, StreamInfo, StreamStatus};
use eskit_runtime::store_kit::Envelope;
use eskit_runtime::transfer::{
    Entry, Load, LoadError, LogRecord, RecordError, RecordedAppend, StreamRecord, check_place, check_streams,
};

use crate::append::batch::{Batch, NewRow};
use crate::append::{lifecycle, repeat};
use crate::error::Fault;
use crate::file::row::position;
use crate::file::schema;
use crate::read::stream_info;

/// Records to load, with the encoded envelopes of their events.
pub(crate) struct EncodedLoad {
    load: Load,
    /// Those of the events that are not deleted, in order.
    envelopes: Vec<Vec<u8>>,
    bytes: usize,
}

impl EncodedLoad {
    pub(crate) fn new(load: Load) -> Result<EncodedLoad, StoreError> {
        let events = load.appends().flat_map(RecordedAppend::entries).filter_map(Entry::event);
        let envelopes = events.map(Envelope::encode_recorded).collect::<Result<Vec<_>, _>>()?;
        let records = load.records.iter().map(LogRecord::size_bytes).sum::<usize>();
        let bytes = records + envelopes.iter().map(Vec::len).sum::<usize>();
        Ok(EncodedLoad { load, envelopes, bytes })
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn events(&self) -> usize {
        self.load.events()
    }
}

/// Loads records within the transaction of a batch: the head of the log with them. What is refused wrote nothing.
pub(crate) fn load(batch: &mut Batch<'_, '_>, encoded: &EncodedLoad) -> Result<Result<Place, LoadError>, Fault> {
    let load = &encoded.load;
    if !batch.projections.is_empty() {
        return Ok(Err(projects().into()));
    }
    if let Err(sealed) = batch.log.state.check_unsealed() {
        return Ok(Err(sealed.into()));
    }
    let found = schema::log_id(batch.log.conn)?;
    if let Err(refusal) = check_place(load, found, batch.log.state.head()) {
        return Ok(Err(refusal));
    }
    let checked = match check_ids(batch, load)? {
        Ok(()) => check_streams(load, |stream| held(batch, stream))?,
        taken => taken,
    };
    if let Err(refusal) = checked {
        return Ok(Err(refusal.into()));
    }
    if found != load.log {
        schema::set_log_id(batch.log.conn, load.log)?;
    }
    write(batch, encoded)?;
    Ok(Ok(batch.log.state.head()))
}

fn projects() -> StoreError {
    let text = "cannot load records: the store has synchronous projections\nhelp: load them into a store that was opened without, \
                and add the projections afterwards";
    StoreError::new(StoreErrorKind::Refused, text)
}

/// Checks that the log holds none of the ids.
fn check_ids(batch: &mut Batch<'_, '_>, load: &Load) -> Result<Result<(), RecordError>, Fault> {
    for id in load.appends().flat_map(RecordedAppend::entries).map(Entry::id) {
        if batch.log.state.ids.may_hold(id)
            && let Some(at) = repeat::find(&mut batch.log.statements.position_of_id, id)?
        {
            return Ok(Err(RecordError::IdTaken { id, position: Some(position(at)) }));
        }
    }
    Ok(Ok(()))
}

/// A stream by the events that it holds; a deleted one by what is left of it.
fn held(batch: &mut Batch<'_, '_>, stream: &StreamId) -> Result<StreamInfo, Fault> {
    let closed = match batch.log.state.has_closed {
        true => stream_info::closed(batch.log.conn, stream)?.filter(|closed| closed.status.is_deleted()),
        false => None,
    };
    let (version, status) = match closed {
        Some(closed) => (closed.version, closed.status),
        None => (batch.log.stream_version(stream)?, StreamStatus::Open),
    };
    Ok(StreamInfo::new(version.unsigned_abs(), status))
}

fn write(batch: &mut Batch<'_, '_>, encoded: &EncodedLoad) -> Result<(), Fault> {
    batch.choose_tier(encoded.events())?;
    let mut envelopes = encoded.envelopes.iter();
    for record in &encoded.load.records {
        match record {
            LogRecord::Append(append) => {
                for (part, entry) in append.entries().iter().enumerate() {
                    let envelope = entry.event().and_then(|_| envelopes.next()).map_or(&[][..], Vec::as_slice);
                    push(batch, part, entry, envelope)?;
                }
            }
            LogRecord::Stream(StreamRecord { stream, version, status, .. }) => {
                lifecycle::write(batch.log.conn, stream, status, *version)?;
                batch.log.state.stream_changed();
                if status.is_deleted() {
                    lifecycle::delete(batch.log.conn, stream)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn push(batch: &mut Batch<'_, '_>, part: usize, entry: &Entry, envelope: &[u8]) -> Result<(), Fault> {
    let event = entry.event();
    let stream = event.and_then(|event| event.stream.as_ref());
    let version = entry.version().map(|version| i64::try_from(version).unwrap_or(i64::MAX));
    if let (Some(at), Some(version)) = (stream, version) {
        batch.log.state.note_version(&at.stream, version);
    }
    batch.push(&NewRow {
        id: entry.id(),
        name: event.map_or("", |event| event.name.as_str()),
        stream: stream.map(|at| &at.stream),
        version,
        part,
        recorded_at: entry.recorded_at(),
        envelope,
        payload: event.map_or(&[][..], |event| event.payload.as_slice()),
        tags: event.map(|event| &event.tags),
    })
}
