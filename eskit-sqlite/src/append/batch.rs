use eskit_runtime::Timestamp;
use eskit_runtime::log::{AppendError, Appended, EventId, NewEvent, StreamClosed, StreamId, Tags};
use eskit_runtime::store_kit::EncodedAppend;
use rusqlite::Connection;

use crate::append::budget::Budget;
use crate::append::condition;
use crate::append::repeat;
use crate::append::state::LogState;
use crate::append::statements::Statements;
use crate::append::synchronous::Projections;
use crate::append::transaction::Transaction;
use crate::error::Fault;
use crate::file::erase::{SecureDelete, secure_delete};
use crate::file::row::position;
use crate::file::tier::Tier;
use crate::read::scan;
use crate::read::stream_info;
use crate::read::tagged;

/// A batch of more events than this writes their entries where they stay: so many share the pages that they touch.
const RECENT_MAX: i64 = 500;

/// One transaction of the writer: appends are checked and written one after the other, each against the file as the
/// earlier ones left it. A refused append wrote nothing, so nothing ever has to be undone for one alone.
pub(crate) struct Batch<'b, 'c> {
    pub(crate) log: Transaction<'b, 'c>,
    pub(crate) projections: &'b mut Projections,
    budget: &'b Budget,
    /// The position of the last event before this batch.
    begun_at: i64,
    settle_after: i64,
    /// Where the entries of this batch go.
    tier: Tier,
}

impl<'b, 'c> Batch<'b, 'c> {
    /// The work of a transaction that has begun and lets no other process write. After `settle_after` events their entries
    /// are settled.
    pub(crate) fn new(
        conn: &'c Connection,
        statements: &'b mut Statements<'c>,
        projections: &'b mut Projections,
        budget: &'b Budget,
        state: LogState,
        settle_after: i64,
    ) -> Batch<'b, 'c> {
        let begun_at = state.head;
        let log = Transaction { conn, statements, state };
        Batch { log, projections, budget, begun_at, settle_after, tier: Tier::Recent }
    }

    /// Chooses where the entries of so many further events go.
    pub(crate) fn choose_tier(&mut self, events: usize) -> Result<(), Fault> {
        let events = self.log.state.head - self.begun_at + i64::try_from(events).unwrap_or(i64::MAX);
        if self.tier == Tier::Recent && events > RECENT_MAX {
            self.settle()?;
            self.tier = Tier::Settled;
        }
        Ok(())
    }

    /// Moves all recent entries to where the others are.
    fn settle(&mut self) -> Result<(), Fault> {
        if self.log.state.settled < self.log.state.head {
            // Whatever fails is undone with the whole transaction: `OR FAIL` spares the journal of a statement alone.
            self.log.conn.execute_batch(
                "INSERT OR FAIL INTO streams SELECT * FROM streams_recent; INSERT OR FAIL INTO tags SELECT * FROM tags_recent",
            )?;
            // Pages that become free would keep entries of streams that are deleted later.
            secure_delete(self.log.conn, SecureDelete::Full)?;
            self.log.conn.execute_batch("DELETE FROM streams_recent; DELETE FROM tags_recent")?;
            secure_delete(self.log.conn, SecureDelete::Fast)?;
        }
        self.note_settled()
    }

    /// Notes that no entry is recent.
    fn note_settled(&mut self) -> Result<(), Fault> {
        if self.log.state.settled < self.log.state.head {
            scan::note_stream_types(self.log.conn, self.log.state.settled)?;
            self.log.conn.prepare_cached("UPDATE settled SET pos = ?1")?.execute([self.log.state.head])?;
            self.log.state.settled = self.log.state.head;
        }
        Ok(())
    }

    /// Writes what is kept back to the end; then the transaction may commit. Returns what is known of the log once it has.
    pub(crate) fn finish(mut self) -> Result<LogState, Fault> {
        match self.tier {
            Tier::Settled => self.note_settled()?,
            Tier::Recent if self.log.state.head - self.log.state.settled >= self.settle_after => self.settle()?,
            Tier::Recent => {}
        }
        if !self.projections.is_empty() && self.log.state.head > self.begun_at {
            self.projections.advance(self.log.state.head())?;
        }
        Ok(self.log.state)
    }

    /// Checks one append and writes it. A fault means that the whole transaction must be rolled back.
    pub(crate) fn append(&mut self, request: &mut EncodedAppend) -> Result<Result<Appended, AppendError>, Fault> {
        let append = &request.append;
        if let Some(answer) = self.repeated(&append.events)? {
            return Ok(answer);
        }
        if let Err(sealed) = self.log.state.check_unsealed() {
            return Ok(Err(sealed.into()));
        }
        if let Some(closed) = self.first_closed(&append.events)? {
            return Ok(Err(AppendError::StreamClosed(closed)));
        }
        self.budget.begin(condition::parts(&append.conditions));
        let conflict = condition::first_conflict(&mut self.log, &append.conditions);
        self.budget.end();
        match conflict {
            Ok(None) => {}
            Ok(Some(conflict)) => return Ok(Err(AppendError::Conflict(conflict))),
            // What only read changes nothing about the transaction.
            Err(fault) if fault.is_interrupted() => return Ok(Err(self.budget.exceeded().into())),
            Err(fault) => return Err(fault),
        }
        self.write(request).map(Ok)
    }

    /// The answer to an append of which the log holds an id. Looks up those that it may hold.
    fn repeated(&mut self, events: &[NewEvent]) -> Result<Option<Result<Appended, AppendError>>, Fault> {
        for event in events {
            if self.log.state.ids.may_hold(event.id)
                && repeat::find(&mut self.log.statements.position_of_id, event.id)?.is_some()
            {
                return repeat::answer(self.log.conn, &mut self.log.statements.position_of_id, events);
            }
        }
        Ok(None)
    }

    /// The first stream of the events that is not open.
    fn first_closed(&self, events: &[NewEvent]) -> Result<Option<StreamClosed>, Fault> {
        if !self.log.state.has_closed {
            return Ok(None);
        }
        let mut last = None;
        for stream in events.iter().filter_map(|event| event.stream.as_ref()) {
            if last == Some(stream) {
                continue;
            }
            if let Some(closed) = stream_info::closed(self.log.conn, stream)? {
                return Ok(Some(StreamClosed::new(stream.clone(), closed.status)));
            }
            last = Some(stream);
        }
        Ok(None)
    }

    fn write(&mut self, request: &mut EncodedAppend) -> Result<Appended, Fault> {
        let now = Timestamp::now();
        request.stamp(now);
        let events = &request.append.events;
        self.choose_tier(events.len())?;
        let mut positions = Vec::with_capacity(events.len());
        let mut versions = Vec::with_capacity(events.len());
        for (part, (event, envelope)) in events.iter().zip(&request.envelopes).enumerate() {
            let version = match &event.stream {
                Some(stream) => Some(self.log.advance(stream)?),
                None => None,
            };
            self.push(&NewRow {
                id: event.id,
                name: event.name.as_str(),
                stream: event.stream.as_ref(),
                version,
                part,
                recorded_at: event.recorded_at.unwrap_or(now),
                envelope,
                payload: &event.payload,
                tags: Some(&event.tags),
            })?;
            positions.push(position(self.log.state.head));
            versions.push(version.map(i64::unsigned_abs));
        }
        let appended = Appended::new(positions, versions, now);
        if !self.projections.is_empty() {
            self.projections.handle(events, &appended)?;
        }
        Ok(appended)
    }

    /// Writes a row at the head of the log, and what it is found by.
    fn insert(&mut self, row: &NewRow<'_>) -> Result<(), Fault> {
        let insert = &mut self.log.statements.insert_event;
        insert.raw_bind_parameter(1, self.log.state.head)?;
        insert.raw_bind_parameter(2, row.id.as_bytes().as_slice())?;
        insert.raw_bind_parameter(3, row.name)?;
        insert.raw_bind_parameter(4, row.stream.map(StreamId::stream_type))?;
        insert.raw_bind_parameter(5, row.stream.map(StreamId::id))?;
        insert.raw_bind_parameter(6, row.version)?;
        insert.raw_bind_parameter(7, i64::try_from(row.part).unwrap_or(i64::MAX))?;
        insert.raw_bind_parameter(8, row.recorded_at.as_micros())?;
        insert.raw_bind_parameter(9, row.envelope)?;
        insert.raw_bind_parameter(10, row.payload)?;
        insert.raw_execute()?;
        let Statements { insert_recent, insert_settled, .. } = &mut *self.log.statements;
        let entries = self.tier.pick(insert_settled, insert_recent);
        if let (Some(stream), Some(version)) = (row.stream, row.version) {
            entries.stream.execute((stream.stream_type(), stream.id(), version, self.log.state.head))?;
        }
        if let Some(tags) = row.tags {
            entries.tag.execute((tagged::EVERY, row.name, self.log.state.head))?;
            for tag in tags.iter() {
                entries.tag.execute((tag.as_str(), row.name, self.log.state.head))?;
            }
        }
        Ok(())
    }

    /// Adds a row to the end of the log.
    pub(crate) fn push(&mut self, row: &NewRow<'_>) -> Result<(), Fault> {
        self.log.state.head += 1;
        self.insert(row)?;
        self.log.state.head_id = Some(row.id);
        self.log.state.ids.insert(row.id);
        Ok(())
    }
}

/// What is written of one event.
pub(crate) struct NewRow<'r> {
    pub(crate) id: EventId,
    /// Empty for a deleted event.
    pub(crate) name: &'r str,
    pub(crate) stream: Option<&'r StreamId>,
    pub(crate) version: Option<i64>,
    pub(crate) part: usize,
    pub(crate) recorded_at: Timestamp,
    pub(crate) envelope: &'r [u8],
    pub(crate) payload: &'r [u8],
    /// `None` for a deleted event, which nothing finds.
    pub(crate) tags: Option<&'r Tags>,
}
