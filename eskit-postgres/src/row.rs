use eskit_runtime::{
    ContentType, EventId, Interner, Metadata, Position, RecordedEvent, SchemaVersion, StreamId, StreamVersion, Tags,
    Timestamp, WireName,
};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;

use crate::error::Fault;

/// A position as the database holds it.
pub(crate) fn column(position: Position) -> i64 {
    i64::try_from(position.get()).unwrap_or(i64::MAX)
}

/// The position that the database holds.
pub(crate) fn position(column: i64) -> Position {
    Position::new(column.unsigned_abs())
}

/// The event of a row with the columns of [`Statements::columns`](crate::statements::Statements), or without its stream, if
/// all rows are of this one. The types of the columns are those of the migrations, and not checked again for each row.
pub(crate) fn event(row: &PgRow, names: &mut Interner, of: Option<&StreamId>) -> Result<RecordedEvent, Fault> {
    let at: i64 = row.try_get_unchecked(0)?;
    let damaged = |what: &str| Fault::Damaged(format!("the event at position {at} has a damaged {what}"));
    let stream_type: Option<&str> = row.try_get_unchecked(3)?;
    let stream_id: Option<&str> = row.try_get_unchecked(4)?;
    let stream = match (stream_type, stream_id) {
        (Some(stream_type), Some(id)) => Some(StreamId::new(names.share(stream_type), id)),
        (None, None) => of.cloned(),
        _ => return Err(damaged("stream")),
    };
    let stream = match (stream, row.try_get_unchecked::<Option<i64>, _>(5)?) {
        (Some(stream), Some(version)) => Some(StreamVersion { stream, version: version.unsigned_abs() }),
        (None, None) => None,
        _ => return Err(damaged("stream")),
    };
    let tags = match row.try_get_unchecked::<Option<&[u8]>, _>(6)? {
        None => Tags::new(),
        Some(packed) => std::str::from_utf8(packed)
            .map(|packed| Tags::from_packed(packed.to_owned()))
            .map_err(|_| damaged("list of tags"))?,
    };
    let schema_version: i64 = row.try_get_unchecked(7)?;
    let schema_version = u32::try_from(schema_version).ok().and_then(SchemaVersion::new);
    let metadata = match row.try_get_unchecked::<Option<&str>, _>(8)? {
        None => Metadata::new(),
        Some(json) => serde_json::from_str(json).map_err(|_| damaged("metadata"))?,
    };
    Ok(RecordedEvent {
        position: position(at),
        id: EventId::from(row.try_get_unchecked::<Uuid, _>(2)?),
        stream,
        name: WireName::from(names.share(row.try_get_unchecked(1)?)),
        schema_version: schema_version.ok_or_else(|| damaged("schema version"))?,
        tags,
        metadata,
        content_type: row.try_get_unchecked::<Option<&str>, _>(9)?.map_or(ContentType::JSON, ContentType::new),
        payload: row.try_get_unchecked::<&[u8], _>(11)?.to_vec(),
        recorded_at: Timestamp::from_micros(row.try_get_unchecked(10)?),
    })
}
