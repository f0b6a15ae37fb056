use eskit_runtime::{
    ContentType, EventId, Interner, Metadata, Position, QueryItem, RecordedEvent, SchemaVersion, StreamId,
    StreamVersion, Tags, Timestamp, WireName,
};
use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::error::Fault;

/// What a filter needs of an event `e`, in the order of [`matches`].
macro_rules! filter_columns {
    () => {
        "e.pos, e.type, e.id, e.stream_type, e.stream_id, e.tags"
    };
}
/// All of an event `e`, in the order of [`event`]; begins with the columns of a filter.
macro_rules! event_columns {
    () => {
        "e.pos, e.type, e.id, e.stream_type, e.stream_id, e.tags, e.version, e.schema_version, e.metadata, e.content_type, \
         e.recorded_at, e.payload"
    };
}
pub(crate) use {event_columns, filter_columns};

/// A position as the database holds it.
pub(crate) fn column(position: Position) -> i64 {
    i64::try_from(position.get()).unwrap_or(i64::MAX)
}

/// The position that the database holds.
pub(crate) fn position(column: i64) -> Position {
    Position::new(column.unsigned_abs())
}

fn damaged(row: &Row<'_>, what: &str) -> Fault {
    match row.get::<_, i64>(0) {
        Ok(at) => Fault::Damaged(format!("the event at position {at} has a damaged {what}")),
        Err(error) => Fault::Sqlite(error),
    }
}

fn text<'r>(row: &'r Row<'_>, index: usize, what: &str) -> Result<Option<&'r str>, Fault> {
    match row.get_ref(index)? {
        ValueRef::Null => Ok(None),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            std::str::from_utf8(bytes).map(Some).map_err(|_| damaged(row, what))
        }
        _ => Err(damaged(row, what)),
    }
}

fn id(row: &Row<'_>) -> Result<EventId, Fault> {
    match row.get_ref(2)? {
        ValueRef::Blob(bytes) => bytes.try_into().map(EventId::from_bytes).map_err(|_| damaged(row, "id")),
        _ => Err(damaged(row, "id")),
    }
}

/// The tags of a row that begins with the columns of a filter, separated by NUL.
pub(crate) fn tags<'r>(row: &'r Row<'_>) -> Result<&'r str, Fault> {
    Ok(text(row, 5, "list of tags")?.unwrap_or_default())
}

/// Whether an item matches the event of a row that begins with the columns of a filter.
pub(crate) fn matches(item: &QueryItem, row: &Row<'_>) -> Result<bool, Fault> {
    if !item.types.is_empty() {
        let name = text(row, 1, "type")?;
        if !item.types.iter().any(|own| Some(own.as_str()) == name) {
            return Ok(false);
        }
    }
    if !item.ids.is_empty() && !item.ids.contains(&id(row)?) {
        return Ok(false);
    }
    let stream = item.stream.as_ref();
    for wanted in [stream.map(StreamId::stream_type), item.stream_type.as_deref()].into_iter().flatten() {
        if text(row, 3, "stream type")? != Some(wanted) {
            return Ok(false);
        }
    }
    if let Some(stream) = stream
        && text(row, 4, "stream id")? != Some(stream.id())
    {
        return Ok(false);
    }
    if item.tags.is_empty() {
        return Ok(true);
    }
    let packed = tags(row)?;
    Ok(item.tags.iter().all(|wanted| packed.split('\0').any(|tag| tag == wanted.as_str())))
}

/// The event of a row with the columns of an event.
pub(crate) fn event(row: &Row<'_>, names: &mut Interner) -> Result<RecordedEvent, Fault> {
    let name = text(row, 1, "type")?.ok_or_else(|| damaged(row, "type"))?;
    let stream = match (text(row, 3, "stream type")?, text(row, 4, "stream id")?) {
        (Some(stream_type), Some(id)) => {
            let version: i64 = row.get(6)?;
            let stream = StreamId::new(names.share(stream_type), id);
            Some(StreamVersion { stream, version: version.unsigned_abs() })
        }
        _ => None,
    };
    let schema_version: i64 = row.get(7)?;
    let schema_version = u32::try_from(schema_version).ok().and_then(SchemaVersion::new);
    let metadata = match text(row, 8, "metadata")? {
        None => Metadata::new(),
        Some(json) => serde_json::from_str(json).map_err(|_| damaged(row, "metadata"))?,
    };
    let payload = match row.get_ref(11)? {
        ValueRef::Blob(bytes) | ValueRef::Text(bytes) => bytes.to_vec(),
        _ => return Err(damaged(row, "payload")),
    };
    Ok(RecordedEvent {
        position: position(row.get(0)?),
        id: id(row)?,
        stream,
        name: WireName::from(names.share(name)),
        schema_version: schema_version.ok_or_else(|| damaged(row, "schema version"))?,
        tags: text(row, 5, "list of tags")?.map_or_else(Tags::new, |packed| Tags::from_packed(packed.to_owned())),
        metadata,
        content_type: text(row, 9, "content type")?.map_or(ContentType::JSON, ContentType::new),
        payload,
        recorded_at: Timestamp::from_micros(row.get(10)?),
    })
}

/// Whether an item matches the event at a position.
pub(crate) fn matches_at(conn: &rusqlite::Connection, item: &QueryItem, at: i64) -> Result<bool, Fault> {
    let sql = concat!("SELECT ", filter_columns!(), " FROM events e WHERE e.pos = ?1");
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([at])?;
    match rows.next()? {
        Some(row) => matches(item, row),
        None => Ok(false),
    }
}
