use eskit_runtime::log::{AddTagsError, AddedTags, EventId, Position, Tags};
use eskit_runtime::store_kit::{Envelope, TagChange, TagChanges};
use rusqlite::{Connection, OptionalExtension};

use crate::append::transaction::Transaction;
use crate::error::Fault;
use crate::file::row::column;

/// What is written anew of an event.
struct Event {
    name: String,
    envelope: Vec<u8>,
}

/// Adds tags within a transaction of the writer: how many events have new ones. A refused call wrote nothing.
pub(crate) fn add(log: &mut Transaction<'_, '_>, added: &[AddedTags]) -> Result<Result<u64, AddTagsError>, Fault> {
    if let Err(sealed) = log.state.check_unsealed() {
        return Ok(Err(sealed.into()));
    }
    let mut changes = TagChanges::default();
    for added in added {
        let found = event(log.conn, added.position, added.id)?;
        if let Err(refusal) = changes.add(added, found) {
            return Ok(Err(refusal));
        }
    }
    let changed = changes.into_changed();
    changed.iter().try_for_each(|(position, change)| write(log, *position, change))?;
    Ok(Ok(changed.len() as u64))
}

/// The event of this id at a position, with the tags that it carries; a deleted one has none.
fn event(conn: &Connection, position: Position, id: EventId) -> Result<Option<(Option<Tags>, Event)>, Fault> {
    let mut statement = conn.prepare_cached("SELECT type, envelope FROM events WHERE pos = ?1 AND id = ?2")?;
    let row: Option<(String, Vec<u8>)> = statement
        .query_row((column(position), id.as_bytes().as_slice()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((name, envelope)) = row else { return Ok(None) };
    let stored = match Envelope::parse(&envelope) {
        Some(envelope) => Some(Tags::from_packed(envelope.packed_tags())),
        None if name.is_empty() => None,
        None => return Err(damaged(position)),
    };
    Ok(Some((stored, Event { name, envelope })))
}

fn write(log: &Transaction<'_, '_>, position: Position, change: &TagChange<Event>) -> Result<(), Fault> {
    let Event { name, envelope } = &change.event;
    let at = column(position);
    let envelope = Envelope::with_tags(envelope, &change.tags).ok_or_else(|| damaged(position))?;
    log.conn.prepare_cached("UPDATE events SET envelope = ?2 WHERE pos = ?1")?.execute((at, envelope))?;
    // All tags of an event stand in the same table.
    let sql = if at <= log.state.settled {
        "INSERT OR IGNORE INTO tags (tag, type, pos) VALUES (?1, ?2, ?3)"
    } else {
        "INSERT OR IGNORE INTO tags_recent (tag, type, pos) VALUES (?1, ?2, ?3)"
    };
    let mut insert = log.conn.prepare_cached(sql)?;
    for tag in change.new_tags() {
        insert.execute((tag.as_str(), name, at))?;
    }
    Ok(())
}

fn damaged(position: Position) -> Fault {
    Fault::Damaged(format!("the event at position {position} has a damaged envelope"))
}
