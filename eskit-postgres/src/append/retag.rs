use std::collections::HashMap;

use eskit_runtime::store_kit::Envelope;
use eskit_runtime::{AddTagsError, AddedTags, EventId, Position, Tags};
use sqlx::types::Uuid;
use sqlx::{Connection, PgConnection};

use crate::append::writer::Writer;
use crate::error::Fault;
use crate::pool::connections::{Purpose, within};
use crate::sql::record::{column, position};
use crate::sql::statements::Statements;

/// The position and the version, which the database puts before the rest of an envelope.
const PLACE_LEN: usize = 16;

/// How many events have new tags, or why no event has.
type Added = Result<u64, AddTagsError>;

/// An event, with the tags that it is to carry.
struct Event {
    id: EventId,
    name: String,
    envelope: Vec<u8>,
    stored: Tags,
    tags: Tags,
}

/// Adds tags to stored events in a transaction of its own.
pub(crate) async fn add_alone(writer: &Writer, added: &[AddedTags]) -> Result<Added, Fault> {
    let mut connection = writer.connections.take(Purpose::Other).await?;
    let result = within(writer.limit(), add_in_turn(&mut connection, writer, added)).await;
    connection.give_back(&result);
    result
}

async fn add_in_turn(conn: &mut PgConnection, writer: &Writer, added: &[AddedTags]) -> Result<Added, Fault> {
    let mut transaction = conn.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    let result = add(&mut transaction, &writer.statements, added, writer.wait_ms).await;
    if matches!(result, Ok(Ok(_))) {
        transaction.commit().await?;
    } else {
        transaction.rollback().await?;
    }
    result
}

/// Adds tags in a transaction, which has the turn to append from then on.
pub(crate) async fn add(
    conn: &mut PgConnection,
    statements: &Statements,
    added: &[AddedTags],
    wait_ms: Option<i32>,
) -> Result<Added, Fault> {
    statements.query(&statements.turn).bind(wait_ms).execute(&mut *conn).await?;
    let mut events = read(conn, statements, added).await?;
    for added in added {
        let AddedTags { position, id, .. } = *added;
        let Some(event) = events.get_mut(&position).filter(|event| event.id == id) else {
            return Ok(Err(AddTagsError::NotThere { position, id }));
        };
        match added.onto(&event.tags) {
            Ok(Some(tags)) if !event.name.is_empty() => event.tags = tags,
            Ok(_) => {}
            Err(error) => return Ok(Err(AddTagsError::Limit { position: Some(position), error })),
        }
    }
    events.retain(|_, event| event.tags != event.stored);
    write(conn, statements, &events).await?;
    Ok(Ok(events.len() as u64))
}

async fn read(
    conn: &mut PgConnection,
    statements: &Statements,
    added: &[AddedTags],
) -> Result<HashMap<Position, Event>, Fault> {
    let positions: Vec<i64> = added.iter().map(|added| column(added.position)).collect();
    let rows: Vec<(i64, Uuid, String, Vec<u8>)> =
        statements.query_as(&statements.to_tag).bind(positions).fetch_all(conn).await?;
    let event = |(at, id, name, envelope): (i64, Uuid, String, Vec<u8>)| {
        let stored = match envelope.get(PLACE_LEN..).and_then(Envelope::parse) {
            Some(envelope) => Tags::from_packed(envelope.packed_tags()),
            None if name.is_empty() => Tags::new(),
            None => return Err(damaged(position(at))),
        };
        let tags = stored.clone();
        Ok((position(at), Event { id: EventId::from_bytes(id.into_bytes()), name, envelope, stored, tags }))
    };
    rows.into_iter().map(event).collect()
}

async fn write(
    conn: &mut PgConnection,
    statements: &Statements,
    events: &HashMap<Position, Event>,
) -> Result<(), Fault> {
    let (mut at, mut envelopes) = (Vec::new(), Vec::new());
    let (mut tags, mut types, mut positions) = (Vec::new(), Vec::new(), Vec::new());
    for (position, event) in events {
        let (place, rest) = event.envelope.split_at_checked(PLACE_LEN).ok_or_else(|| damaged(*position))?;
        let rest = Envelope::with_tags(rest, &event.tags).ok_or_else(|| damaged(*position))?;
        at.push(column(*position));
        envelopes.push([place, &rest].concat());
        for tag in event.tags.iter().filter(|tag| !event.stored.contains(*tag)) {
            tags.push(tag.as_str());
            types.push(event.name.as_str());
            positions.push(column(*position));
        }
    }
    statements.query(&statements.set_envelopes).bind(at).bind(envelopes).execute(&mut *conn).await?;
    statements.query(&statements.insert_tags).bind(tags).bind(types).bind(positions).execute(conn).await?;
    Ok(())
}

fn damaged(position: Position) -> Fault {
    Fault::Damaged(format!("the event at position {position} has a damaged envelope"))
}
