use eskit_runtime::log::{Place, StreamId};
use rusqlite::Connection;

use crate::append::state::LogState;
use crate::append::statements::Statements;
use crate::error::Fault;
use crate::file::place;

/// The log within a transaction of the writer, which lets no other process write.
pub(crate) struct Transaction<'b, 'c> {
    pub(crate) conn: &'c Connection,
    pub(crate) statements: &'b mut Statements<'c>,
    /// The log as the transaction leaves it.
    pub(crate) state: LogState,
}

impl Transaction<'_, '_> {
    /// Whether the log holds a place.
    pub(crate) fn holds(&mut self, place: Place) -> Result<bool, Fault> {
        place::is_held(&mut self.statements.id_at, place, self.state.head())
    }

    /// The version of a stream: 0 when it never held an event.
    pub(crate) fn stream_version(&mut self, stream: &StreamId) -> Result<i64, Fault> {
        self.state.version(self.conn, self.statements, stream)
    }

    /// Counts one more event of a stream; returns the version that it has from now on.
    pub(crate) fn advance(&mut self, stream: &StreamId) -> Result<i64, Fault> {
        self.state.advance(self.conn, self.statements, stream)
    }
}
