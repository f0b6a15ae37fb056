use rusqlite::{Connection, Statement};

/// What the writer runs for every append, prepared once.
pub(crate) struct Statements<'c> {
    pub(crate) begin: Statement<'c>,
    pub(crate) commit: Statement<'c>,
    pub(crate) head: Statement<'c>,
    pub(crate) newest_id: Statement<'c>,
    pub(crate) any_closed: Statement<'c>,
    pub(crate) position_of_id: Statement<'c>,
    pub(crate) stream_version: Statement<'c>,
    pub(crate) insert_event: Statement<'c>,
    pub(crate) insert_tag: Statement<'c>,
    pub(crate) upsert_name: Statement<'c>,
}

impl<'c> Statements<'c> {
    pub(crate) fn prepare(conn: &'c Connection) -> Result<Statements<'c>, rusqlite::Error> {
        Ok(Statements {
            begin: conn.prepare("BEGIN IMMEDIATE")?,
            commit: conn.prepare("COMMIT")?,
            head: conn.prepare("SELECT max(pos) FROM events")?,
            newest_id: conn.prepare("SELECT max(id) FROM events WHERE id <= ?1")?,
            any_closed: conn.prepare("SELECT EXISTS (SELECT 1 FROM closed_streams)")?,
            position_of_id: conn.prepare("SELECT pos FROM events WHERE id = ?1")?,
            stream_version: conn.prepare(
                "SELECT version FROM events INDEXED BY events_stream WHERE stream_type = ?1 AND stream_id = ?2 \
                 ORDER BY version DESC LIMIT 1",
            )?,
            insert_event: conn.prepare(
                "INSERT INTO events (pos, id, type, schema_version, stream_type, stream_id, version, part, tags, \
                 metadata, content_type, recorded_at, payload) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?,
            insert_tag: conn.prepare("INSERT INTO tags (tag, type, pos) VALUES (?1, ?2, ?3)")?,
            upsert_name: conn.prepare(
                "INSERT INTO names (kind, name, last) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (kind, name) DO UPDATE SET last = excluded.last",
            )?,
        })
    }
}
