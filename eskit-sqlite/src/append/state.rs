use eskit_runtime::log::{EventId, Place, StreamId};
use eskit_runtime::store_kit::KnownVersions;
use eskit_runtime::{StoreError, Timestamp};
use rusqlite::Connection;

use crate::append::ids::KnownIds;
use crate::append::statements::Statements;
use crate::error::Fault;
use crate::file::row::{column, position};
use crate::file::{place, schema};
use crate::read::{stream, stream_info};

/// What the writer knows of the log without reading it, as long as no other connection writes to the file. It is dropped with the
/// transaction that does not commit.
pub(crate) struct LogState {
    /// SQLite's number for what this connection sees of the file: the commits of other connections change it, its own do not.
    /// Nothing when the rest may not be relied on any more.
    data_version: Option<i64>,
    /// The position of the last event.
    pub(crate) head: i64,
    /// Its id.
    pub(crate) head_id: Option<EventId>,
    /// The position up to which entries are settled.
    pub(crate) settled: i64,
    /// Whether any stream may be closed: otherwise none is looked up.
    pub(crate) has_closed: bool,
    /// Since when the log takes no writes.
    pub(crate) sealed_at: Option<Timestamp>,
    pub(crate) ids: KnownIds,
    versions: KnownVersions,
}

impl LogState {
    /// The state at the beginning of a transaction that lets no other process write: what was known at the end of the last one,
    /// or else read anew.
    pub(crate) fn begin(statements: &mut Statements<'_>, known: Option<LogState>) -> Result<LogState, Fault> {
        let data_version = statements.data_version.query_row([], |row| row.get(0))?;
        if let Some(mut known) = known
            && known.data_version == Some(data_version)
            && known.ids.begin()
        {
            return Ok(known);
        }
        let head = place::head_by(&mut statements.head)?;
        Ok(LogState {
            data_version: Some(data_version),
            head: column(head.position),
            head_id: head.id,
            settled: statements.settled.query_row([], |row| row.get(0))?,
            has_closed: statements.any_closed.query_row([], |row| row.get(0))?,
            sealed_at: schema::sealed_by(&mut statements.sealed_at)?,
            ids: KnownIds::read(&mut statements.newest_id)?,
            versions: KnownVersions::new(),
        })
    }

    /// The place of the last event.
    pub(crate) fn head(&self) -> Place {
        Place { position: position(self.head), id: self.head_id }
    }

    /// Refuses what would write to a sealed log.
    pub(crate) fn check_unsealed(&self) -> Result<(), StoreError> {
        self.sealed_at.map_or(Ok(()), |since| Err(StoreError::sealed(since)))
    }

    /// Notes that a stream was changed otherwise than by an append: the next transaction reads everything anew.
    pub(crate) fn stream_changed(&mut self) {
        self.data_version = None;
        self.has_closed = true;
        self.versions.clear();
    }

    /// The version of a stream: 0 when it never held an event.
    pub(crate) fn version(
        &mut self,
        conn: &Connection,
        statements: &mut Statements<'_>,
        stream: &StreamId,
    ) -> Result<i64, Fault> {
        if let Some(version) = self.versions.get(stream) {
            return Ok(version);
        }
        let mut found = None;
        for statement in &mut statements.last_entry {
            if found.is_none() {
                found = stream::entry_in(statement, stream, i64::MAX)?;
            }
        }
        let version = match found {
            Some((version, _)) => version,
            // The events of a deleted stream are gone, its version is not.
            None if self.has_closed => stream_info::closed(conn, stream)?.map_or(0, |closed| closed.version),
            None => 0,
        };
        self.versions.set(stream, version);
        Ok(version)
    }

    /// Notes the version that a stream has from now on.
    pub(crate) fn note_version(&mut self, stream: &StreamId, version: i64) {
        self.versions.set(stream, version);
    }

    /// Counts one more event of a stream; returns the version that it has from now on.
    pub(crate) fn advance(
        &mut self,
        conn: &Connection,
        statements: &mut Statements<'_>,
        stream: &StreamId,
    ) -> Result<i64, Fault> {
        let version = self.version(conn, statements, stream)? + 1;
        self.versions.set(stream, version);
        Ok(version)
    }
}
