use std::collections::{BTreeMap, HashMap};

use eskit_runtime::log::{AddTagsError, AddedTags, EventId, Position, Tags};
use eskit_runtime::store_kit::{Envelope, TagChange, TagChanges};
use sqlx::types::Uuid;
use sqlx::{Connection, PgConnection};

use crate::append::seal;
use crate::append::writer::Writer;
use crate::error::Fault;
use crate::pool::connections::{Purpose, within};
use crate::sql::record::{column, position};
use crate::sql::standbys::wait_for_standbys;
use crate::sql::statements::Statements;

/// The position and the version, which the database puts before the rest of an envelope.
const PLACE_LEN: usize = 16;

/// How many events have new tags, or why no event has.
type Added = Result<u64, AddTagsError>;

/// What is written anew of an event.
#[derive(Clone)]
struct Event {
    name: String,
    envelope: Vec<u8>,
}

/// Events by their positions, each with its id, and the tags that it carries; a deleted one has none.
type Found = HashMap<Position, (EventId, Option<Tags>, Event)>;

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
    if let Err(sealed) = seal::take_turn(conn, statements, wait_ms).await? {
        return Ok(Err(sealed.into()));
    }
    let events = read(conn, statements, added).await?;
    let mut changes = TagChanges::default();
    for added in added {
        let event = events.get(&added.position).filter(|(id, ..)| *id == added.id);
        if let Err(refusal) = changes.add(added, event.map(|(_, tags, event)| (tags.clone(), event.clone()))) {
            return Ok(Err(refusal));
        }
    }
    let changed = changes.into_changed();
    match changed.is_empty() {
        true => wait_for_standbys(conn).await?,
        false => write(conn, statements, &changed).await?,
    }
    Ok(Ok(changed.len() as u64))
}

async fn read(conn: &mut PgConnection, statements: &Statements, added: &[AddedTags]) -> Result<Found, Fault> {
    let positions: Vec<i64> = added.iter().map(|added| column(added.position)).collect();
    let rows: Vec<(i64, Uuid, String, Vec<u8>)> =
        statements.query_as(&statements.to_tag).bind(positions).fetch_all(conn).await?;
    let event = |(at, id, name, envelope): (i64, Uuid, String, Vec<u8>)| {
        let stored = match envelope.get(PLACE_LEN..).and_then(Envelope::parse) {
            Some(envelope) => Some(Tags::from_packed(envelope.packed_tags())),
            None if name.is_empty() => None,
            None => return Err(damaged(position(at))),
        };
        Ok((position(at), (EventId::from(id), stored, Event { name, envelope })))
    };
    rows.into_iter().map(event).collect()
}

async fn write(
    conn: &mut PgConnection,
    statements: &Statements,
    changed: &BTreeMap<Position, TagChange<Event>>,
) -> Result<(), Fault> {
    let (mut at, mut envelopes) = (Vec::new(), Vec::new());
    let (mut tags, mut types, mut positions) = (Vec::new(), Vec::new(), Vec::new());
    for (position, change) in changed {
        let Event { name, envelope } = &change.event;
        let (place, rest) = envelope.split_at_checked(PLACE_LEN).ok_or_else(|| damaged(*position))?;
        let rest = Envelope::with_tags(rest, &change.tags).ok_or_else(|| damaged(*position))?;
        at.push(column(*position));
        envelopes.push([place, &rest].concat());
        for tag in change.new_tags() {
            tags.push(tag.as_str());
            types.push(name.as_str());
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
