use std::collections::HashMap;

use eskit_runtime::{AppendError, Appended, Envelope, NewEvent, Position, StreamClosed, StreamId, Timestamp};
use rusqlite::Connection;

use crate::condition;
use crate::connect::{SecureDelete, secure_delete};
use crate::error::Fault;
use crate::ids::KnownIds;
use crate::lifecycle;
use crate::names::{NameKind, PendingNames};
use crate::repeat::{self, Known};
use crate::request::EncodedAppend;
use crate::row::position;
use crate::statements::Statements;
use crate::stream;
use crate::tier::Tier;

/// A batch of more events than this writes their entries where they stay: so many share the pages that they touch.
const RECENT_MAX: i64 = 500;

/// One transaction of the writer: appends are checked and written one after the other, each against the file as the
/// earlier ones left it. A refused append wrote nothing, so nothing ever has to be undone for one alone.
pub(crate) struct Batch<'b, 'c> {
    pub(crate) conn: &'c Connection,
    statements: &'b mut Statements<'c>,
    pub(crate) pending: &'b mut PendingNames,
    head: i64,
    /// The position of the last event before this batch.
    begun_at: i64,
    /// The position up to which entries are settled.
    settled: i64,
    settle_after: i64,
    /// Where the entries of this batch go.
    tier: Tier,
    ids: KnownIds,
    /// Whether any stream may be closed: otherwise none is looked up.
    pub(crate) has_closed: bool,
}

impl<'b, 'c> Batch<'b, 'c> {
    /// The work of a transaction that has begun and lets no other process write. After `settle_after` events their entries
    /// are settled.
    pub(crate) fn new(
        conn: &'c Connection,
        statements: &'b mut Statements<'c>,
        pending: &'b mut PendingNames,
        settle_after: i64,
    ) -> Result<Batch<'b, 'c>, Fault> {
        let head: Option<i64> = statements.head.query_row([], |row| row.get(0))?;
        let head = head.unwrap_or_default();
        let ids = KnownIds::begin(&mut statements.newest_id)?;
        let has_closed = statements.any_closed.query_row([], |row| row.get(0))?;
        let settled = statements.settled.query_row([], |row| row.get(0))?;
        let tier = Tier::Recent;
        Ok(Batch { conn, statements, pending, head, begun_at: head, settled, settle_after, tier, ids, has_closed })
    }

    /// Chooses where the entries of so many further events go.
    fn choose_tier(&mut self, events: usize) -> Result<(), Fault> {
        let events = self.head - self.begun_at + i64::try_from(events).unwrap_or(i64::MAX);
        if self.tier == Tier::Recent && events > RECENT_MAX {
            self.settle()?;
            self.tier = Tier::Settled;
        }
        Ok(())
    }

    /// Moves all recent entries to where the others are.
    fn settle(&mut self) -> Result<(), Fault> {
        if self.settled < self.head {
            self.conn.execute_batch(
                "INSERT INTO streams SELECT * FROM streams_recent; INSERT INTO tags SELECT * FROM tags_recent",
            )?;
            // Pages that become free would keep entries of streams that are deleted later.
            secure_delete(self.conn, SecureDelete::Full)?;
            self.conn.execute_batch("DELETE FROM streams_recent; DELETE FROM tags_recent")?;
            secure_delete(self.conn, SecureDelete::Fast)?;
        }
        self.note_settled()
    }

    /// Notes that no entry is recent.
    fn note_settled(&mut self) -> Result<(), Fault> {
        if self.settled < self.head {
            self.conn.prepare_cached("UPDATE settled SET pos = ?1")?.execute([self.head])?;
            self.settled = self.head;
        }
        Ok(())
    }

    /// Writes what is kept back to the end; then the transaction may commit. Returns the position of its last event.
    pub(crate) fn finish(mut self) -> Result<Position, Fault> {
        self.pending.flush(self.statements)?;
        match self.tier {
            Tier::Settled => self.note_settled()?,
            Tier::Recent if self.head - self.settled >= self.settle_after => self.settle()?,
            Tier::Recent => {}
        }
        Ok(position(self.head))
    }

    /// Checks one append and writes it. A fault means that the whole transaction must be rolled back.
    pub(crate) fn append(&mut self, request: &mut EncodedAppend) -> Result<Result<Appended, AppendError>, Fault> {
        let EncodedAppend { append, envelopes } = request;
        match self.known(&append.events)? {
            Known::No => {}
            Known::Repeated(appended) => return Ok(Ok(appended)),
            Known::Reused { id, position } => return Ok(Err(AppendError::IdReused { id, position })),
        }
        if let Some(closed) = self.first_closed(&append.events)? {
            return Ok(Err(AppendError::StreamClosed(closed)));
        }
        let mut streams = Streams::default();
        if let Some(conflict) = condition::first_conflict(self, &mut streams, &append.conditions)? {
            return Ok(Err(AppendError::Conflict(conflict)));
        }
        self.write(&append.events, envelopes, &mut streams).map(Ok)
    }

    /// Looks the ids up that the log may hold.
    fn known(&mut self, events: &[NewEvent]) -> Result<Known, Fault> {
        for event in events {
            if self.ids.may_hold(event.id) && repeat::find(&mut self.statements.position_of_id, event.id)?.is_some() {
                return repeat::classify(self.conn, &mut self.statements.position_of_id, events);
            }
        }
        Ok(Known::No)
    }

    /// The first stream of the events that is not open.
    fn first_closed(&self, events: &[NewEvent]) -> Result<Option<StreamClosed>, Fault> {
        if !self.has_closed {
            return Ok(None);
        }
        let mut last = None;
        for stream in events.iter().filter_map(|event| event.stream.as_ref()) {
            if last == Some(stream) {
                continue;
            }
            if let Some(closed) = lifecycle::closed(self.conn, stream)? {
                return Ok(Some(StreamClosed::new(stream.clone(), closed.status)));
            }
            last = Some(stream);
        }
        Ok(None)
    }

    fn write<'r>(
        &mut self,
        events: &'r [NewEvent],
        envelopes: &mut [Vec<u8>],
        streams: &mut Streams<'r>,
    ) -> Result<Appended, Fault> {
        let now = Timestamp::now();
        self.choose_tier(events.len())?;
        let mut positions = Vec::with_capacity(events.len());
        let mut versions = Vec::with_capacity(events.len());
        for (part, (event, envelope)) in events.iter().zip(envelopes).enumerate() {
            let version = match &event.stream {
                Some(stream) => Some(self.advance(streams, stream)?),
                None => None,
            };
            self.head += 1;
            let recorded_at = event.recorded_at.unwrap_or(now);
            Envelope::stamp(envelope, recorded_at);
            self.insert(event, version, part, recorded_at, envelope)?;
            positions.push(position(self.head));
            versions.push(version.map(i64::unsigned_abs));
            self.ids.insert(event.id);
        }
        Ok(Appended::new(positions, versions, now))
    }

    /// The version of a stream: 0 when it never held an event.
    pub(crate) fn stream_version<'r>(&mut self, streams: &mut Streams<'r>, stream: &'r StreamId) -> Result<i64, Fault> {
        Ok(*self.stream_slot(streams, stream)?)
    }

    fn advance<'r>(&mut self, streams: &mut Streams<'r>, stream: &'r StreamId) -> Result<i64, Fault> {
        let version = self.stream_slot(streams, stream)?;
        *version += 1;
        Ok(*version)
    }

    fn stream_slot<'s, 'r>(
        &mut self,
        streams: &'s mut Streams<'r>,
        stream: &'r StreamId,
    ) -> Result<&'s mut i64, Fault> {
        use std::collections::hash_map::Entry;
        match streams.0.entry(stream) {
            Entry::Occupied(slot) => Ok(slot.into_mut()),
            Entry::Vacant(slot) => {
                let mut found = None;
                for statement in &mut self.statements.last_entry {
                    if found.is_none() {
                        found = stream::entry_in(statement, stream, i64::MAX)?;
                    }
                }
                let version = match found {
                    Some((version, _)) => version,
                    // The events of a deleted stream are gone, its version is not.
                    None if self.has_closed => lifecycle::closed(self.conn, stream)?.map_or(0, |closed| closed.version),
                    None => 0,
                };
                Ok(slot.insert(version))
            }
        }
    }

    fn insert(
        &mut self,
        event: &NewEvent,
        version: Option<i64>,
        part: usize,
        recorded_at: Timestamp,
        envelope: &[u8],
    ) -> Result<(), Fault> {
        let name = event.name.as_str();
        let stream_type = event.stream.as_ref().map(StreamId::stream_type);
        let insert = &mut self.statements.insert_event;
        insert.raw_bind_parameter(1, self.head)?;
        insert.raw_bind_parameter(2, event.id.as_bytes().as_slice())?;
        insert.raw_bind_parameter(3, name)?;
        insert.raw_bind_parameter(4, stream_type)?;
        insert.raw_bind_parameter(5, event.stream.as_ref().map(StreamId::id))?;
        insert.raw_bind_parameter(6, version)?;
        insert.raw_bind_parameter(7, i64::try_from(part).unwrap_or(i64::MAX))?;
        insert.raw_bind_parameter(8, recorded_at.as_micros())?;
        insert.raw_bind_parameter(9, envelope)?;
        insert.raw_bind_parameter(10, event.payload.as_slice())?;
        insert.raw_execute()?;
        let Statements { insert_recent, insert_settled, .. } = &mut *self.statements;
        let entries = self.tier.pick(insert_settled, insert_recent);
        if let (Some(stream), Some(version)) = (&event.stream, version) {
            entries.stream.execute((stream.stream_type(), stream.id(), version, self.head))?;
        }
        for tag in event.tags.iter() {
            entries.tag.execute((tag.as_str(), name, self.head))?;
        }
        self.pending.note(NameKind::Type, name, self.head);
        if let Some(stream_type) = stream_type {
            self.pending.note(NameKind::StreamType, stream_type, self.head);
        }
        Ok(())
    }
}

/// The versions of the streams that one append touches, as its events advance them.
#[derive(Default)]
pub(crate) struct Streams<'r>(HashMap<&'r StreamId, i64>);
