use std::collections::BTreeMap;

use eskit_runtime::store_kit::Envelope;
use eskit_runtime::{AddTagsError, AddedTags, EventId, Position, Tags};
use rusqlite::{Connection, OptionalExtension};

use crate::append::transaction::Transaction;
use crate::error::Fault;
use crate::file::row::column;

/// An event that is to carry more tags.
struct Change {
    name: String,
    envelope: Vec<u8>,
    stored: Tags,
    tags: Tags,
}

/// Adds tags within a transaction of the writer: how many events have new ones. A refused call wrote nothing.
pub(crate) fn add(log: &mut Transaction<'_, '_>, added: &[AddedTags]) -> Result<Result<u64, AddTagsError>, Fault> {
    let mut changes: BTreeMap<Position, Change> = BTreeMap::new();
    for added in added {
        let AddedTags { position, id, .. } = *added;
        let Some(mut change) = event(log.conn, position, id)? else {
            return Ok(Err(AddTagsError::NotThere { position, id }));
        };
        if change.name.is_empty() {
            continue;
        }
        if let Some(earlier) = changes.remove(&position) {
            change = earlier;
        }
        match added.onto(&change.tags) {
            Ok(Some(tags)) => change.tags = tags,
            Ok(None) => {}
            Err(error) => return Ok(Err(AddTagsError::Limit { position: Some(position), error })),
        }
        changes.insert(position, change);
    }
    changes.retain(|_, change| change.tags != change.stored);
    changes.iter().try_for_each(|(position, change)| write(log, *position, change))?;
    Ok(Ok(changes.len() as u64))
}

/// The event of this id at a position, with the tags that it carries.
fn event(conn: &Connection, position: Position, id: EventId) -> Result<Option<Change>, Fault> {
    let mut statement = conn.prepare_cached("SELECT type, envelope FROM events WHERE pos = ?1 AND id = ?2")?;
    let row: Option<(String, Vec<u8>)> = statement
        .query_row((column(position), id.as_bytes().as_slice()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((name, envelope)) = row else { return Ok(None) };
    let stored = match Envelope::parse(&envelope) {
        Some(envelope) => Tags::from_packed(envelope.packed_tags()),
        // A deleted event has none.
        None if name.is_empty() => Tags::new(),
        None => return Err(damaged(position)),
    };
    Ok(Some(Change { name, envelope, tags: stored.clone(), stored }))
}

fn write(log: &Transaction<'_, '_>, position: Position, change: &Change) -> Result<(), Fault> {
    let Change { name, envelope, stored, tags } = change;
    let at = column(position);
    let envelope = Envelope::with_tags(envelope, tags).ok_or_else(|| damaged(position))?;
    log.conn.prepare_cached("UPDATE events SET envelope = ?2 WHERE pos = ?1")?.execute((at, envelope))?;
    // All tags of an event stand in the same table.
    let sql = if at <= log.state.settled {
        "INSERT OR IGNORE INTO tags (tag, type, pos) VALUES (?1, ?2, ?3)"
    } else {
        "INSERT OR IGNORE INTO tags_recent (tag, type, pos) VALUES (?1, ?2, ?3)"
    };
    let mut insert = log.conn.prepare_cached(sql)?;
    for tag in tags.iter().filter(|tag| !stored.contains(*tag)) {
        insert.execute((tag.as_str(), name, at))?;
    }
    Ok(())
}

fn damaged(position: Position) -> Fault {
    Fault::Damaged(format!("the event at position {position} has a damaged envelope"))
}
