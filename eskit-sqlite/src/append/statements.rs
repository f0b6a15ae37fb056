use rusqlite::{Connection, Statement};

use crate::file::{place, schema};
use crate::read::stream;

/// Inserts the entries of one tier: stream type, stream id, version, position; tag, type, position.
pub(crate) struct InsertEntries<'c> {
    pub(crate) stream: Statement<'c>,
    pub(crate) tag: Statement<'c>,
}

/// What the writer runs for every append, prepared once.
pub(crate) struct Statements<'c> {
    pub(crate) begin: Statement<'c>,
    pub(crate) commit: Statement<'c>,
    pub(crate) data_version: Statement<'c>,
    pub(crate) head: Statement<'c>,
    pub(crate) id_at: Statement<'c>,
    pub(crate) newest_id: Statement<'c>,
    pub(crate) any_closed: Statement<'c>,
    pub(crate) sealed_at: Statement<'c>,
    pub(crate) position_of_id: Statement<'c>,
    pub(crate) settled: Statement<'c>,
    /// Those of [`stream::LAST_ENTRY`].
    pub(crate) last_entry: [Statement<'c>; 2],
    pub(crate) insert_event: Statement<'c>,
    /// By which the event is found, in either tier.
    pub(crate) insert_recent: InsertEntries<'c>,
    pub(crate) insert_settled: InsertEntries<'c>,
}

impl<'c> Statements<'c> {
    pub(crate) fn prepare(conn: &'c Connection) -> Result<Statements<'c>, rusqlite::Error> {
        Ok(Statements {
            begin: conn.prepare("BEGIN IMMEDIATE")?,
            commit: conn.prepare("COMMIT")?,
            data_version: conn.prepare("PRAGMA data_version")?,
            head: conn.prepare(place::HEAD)?,
            id_at: conn.prepare(place::ID_AT)?,
            newest_id: conn.prepare("SELECT max(id) FROM events WHERE id <= ?1")?,
            any_closed: conn.prepare("SELECT EXISTS (SELECT 1 FROM closed_streams)")?,
            sealed_at: conn.prepare(schema::SEALED_AT)?,
            position_of_id: conn.prepare("SELECT pos FROM events WHERE id = ?1")?,
            settled: conn.prepare("SELECT pos FROM settled")?,
            last_entry: [conn.prepare(stream::LAST_ENTRY[0])?, conn.prepare(stream::LAST_ENTRY[1])?],
            insert_event: conn.prepare(
                "INSERT INTO events (pos, id, type, stream_type, stream_id, version, part, recorded_at, envelope, payload) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            insert_recent: InsertEntries {
                stream: conn.prepare("INSERT INTO streams_recent VALUES (?1, ?2, ?3, ?4)")?,
                tag: conn.prepare("INSERT INTO tags_recent VALUES (?1, ?2, ?3)")?,
            },
            insert_settled: InsertEntries {
                stream: conn.prepare("INSERT INTO streams VALUES (?1, ?2, ?3, ?4)")?,
                tag: conn.prepare("INSERT INTO tags VALUES (?1, ?2, ?3)")?,
            },
        })
    }
}
