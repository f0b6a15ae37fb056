//! Items of work, in the file of the read model that has the name of their list.
//!
//! All of it runs in a transaction that may write, so that nobody else changes the items meanwhile.

use std::time::Duration;

use eskit_runtime::Timestamp;
use eskit_runtime::log::{EventId, Place};
use eskit_runtime::work::{
    ClaimWork, ClaimedWork, ListWork, NewWork, Outcome, Settled, WorkItem, WorkState, kept_text,
};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::file::row::{column, position};
use crate::views::steps;

/// Opens items, except those that are there already. Returns how many.
pub(super) fn open(conn: &Connection, items: Vec<NewWork>) -> rusqlite::Result<u64> {
    let mut number = take_numbers(conn, items.len())?;
    let mut statement = conn.prepare_cached(
        "INSERT INTO eskit_work (number, id, key, kind, pos, event_id, payload, due, opened_at, is_first) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NOT EXISTS (SELECT 1 FROM eskit_work WHERE key = ?3)) ON CONFLICT (id) DO NOTHING",
    )?;
    let (mut opened, now) = (0, Timestamp::now().as_micros());
    for NewWork { id, key, kind, event, payload, due } in items {
        number += 1;
        let pos = event.map(|event| column(event.position));
        let event_id = event.and_then(|event| event.id).map(|id| *id.as_bytes());
        opened += statement.execute((number, id, key, kind, pos, event_id, payload, due.as_micros(), now))?;
    }
    Ok(opened as u64)
}

/// Takes these many numbers. Returns the one before the first.
fn take_numbers(conn: &Connection, count: usize) -> rusqlite::Result<i64> {
    let sql = "UPDATE eskit_view SET last_number = last_number + ?1 RETURNING last_number - ?1";
    conn.prepare_cached(sql)?.query_row([i64::try_from(count).unwrap_or(i64::MAX)], |row| row.get(0))
}

/// Removes the items with these keys that an event opened.
pub(super) fn close(conn: &Connection, keys: &[String]) -> rusqlite::Result<()> {
    for key in keys {
        let sql = "DELETE FROM eskit_work WHERE key = ?1 AND pos IS NOT NULL RETURNING id";
        let closed =
            conn.prepare_cached(sql)?.query_map([key], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        closed.iter().try_for_each(|id| steps::forget_item(conn, id))?;
        if !closed.is_empty() {
            free_next(conn, key)?;
        }
    }
    Ok(())
}

/// Removes all items that an event opened, and all steps of events.
pub(super) fn close_all(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM eskit_work WHERE pos IS NOT NULL", [])?;
    steps::forget_events(conn)?;
    conn.execute(
        "UPDATE eskit_work SET is_first = 1 WHERE NOT is_first AND NOT EXISTS ( \
         SELECT 1 FROM eskit_work AS b WHERE b.key = eskit_work.key AND b.number < eskit_work.number)",
        [],
    )?;
    Ok(())
}

/// Marks the first item that is left of a key.
fn free_next(conn: &Connection, key: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE eskit_work SET is_first = 1 \
               WHERE number = (SELECT number FROM eskit_work WHERE key = ?1 ORDER BY number LIMIT 1) AND NOT is_first";
    conn.prepare_cached(sql)?.execute([key])?;
    Ok(())
}

/// Claims what is due.
pub(super) fn claim(conn: &Connection, claim: &ClaimWork) -> rusqlite::Result<ClaimedWork> {
    let clock = Timestamp::now();
    let mut due = Vec::new();
    for kind in &claim.kinds {
        let sql = "SELECT due, number FROM eskit_work WHERE kind = ?1 AND is_first AND NOT is_parked AND due <= ?2 \
                   AND (until IS NULL OR until <= ?3) ORDER BY due, number LIMIT ?4";
        let mut statement = conn.prepare_cached(sql)?;
        let values = (kind, claim.now.as_micros(), clock.as_micros(), claim.limit);
        let rows = statement.query_map(values, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        for row in rows {
            due.push(row?);
        }
    }
    due.sort_unstable();
    due.dedup();
    due.truncate(claim.limit as usize);
    let mut epoch = if due.is_empty() { 0 } else { take_numbers(conn, due.len())? };
    let mut claimed = ClaimedWork::default();
    let sql = concat!(
        "UPDATE eskit_work SET epoch = ?2, until = ?3, attempts = attempts + 1 WHERE number = ?1 RETURNING ",
        columns!()
    );
    for (_, number) in due {
        epoch += 1;
        let values = (number, epoch, (clock + claim.lease).as_micros());
        claimed.items.push(conn.prepare_cached(sql)?.query_row(values, item)?);
    }
    if claimed.items.len() < claim.limit as usize {
        claimed.next_due = next_due(conn, &claim.kinds, clock)?;
    }
    Ok(claimed)
}

/// When the next item that nobody is doing is due.
fn next_due(conn: &Connection, kinds: &[String], clock: Timestamp) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT due FROM eskit_work WHERE kind = ?1 AND is_first AND NOT is_parked AND (until IS NULL OR until <= ?2) \
               ORDER BY due, number LIMIT 1";
    let mut statement = conn.prepare_cached(sql)?;
    let mut next = None;
    for kind in kinds {
        let due = statement.query_row((kind, clock.as_micros()), |row| row.get::<_, i64>(0)).optional()?;
        next = next.into_iter().chain(due).min();
    }
    Ok(next.map(Timestamp::from_micros))
}

/// Renews a claim. Returns whether it still holds.
pub(super) fn renew(conn: &Connection, (id, epoch): &(String, u64), lease: Duration) -> rusqlite::Result<bool> {
    let sql = "UPDATE eskit_work SET until = ?3 WHERE id = ?1 AND epoch = ?2 AND until IS NOT NULL";
    let until = (Timestamp::now() + lease).as_micros();
    Ok(conn.prepare_cached(sql)?.execute((id, epoch.cast_signed(), until))? > 0)
}

/// Ends a claim. Returns whether it still held.
pub(super) fn settle(conn: &Connection, settled: Settled) -> rusqlite::Result<bool> {
    let Settled { id, epoch, outcome } = settled;
    let sql = "SELECT number, key FROM eskit_work WHERE id = ?1 AND epoch = ?2 AND until IS NOT NULL";
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
    let found = conn.prepare_cached(sql)?.query_row((&id, epoch.cast_signed()), read).optional()?;
    let Some((number, key)) = found else { return Ok(false) };
    let set =
        |sql: &str| conn.prepare_cached(&format!("UPDATE eskit_work SET until = NULL, {sql} WHERE number = :number"));
    if matches!(outcome, Outcome::Done | Outcome::Again { .. }) {
        steps::forget_item(conn, &id)?;
    }
    match outcome {
        Outcome::Done => {
            remove(conn, number, &key)?;
            0
        }
        Outcome::Retry { at, text } => {
            let values = named_params! { ":number": number, ":due": at.as_micros(), ":text": kept_text(&text) };
            set("due = :due, text = :text")?.execute(values)?
        }
        Outcome::Park { text } => {
            let values = named_params! { ":number": number, ":text": kept_text(&text) };
            set("is_parked = 1, text = :text")?.execute(values)?
        }
        Outcome::GiveUp { text } => {
            let values = named_params! { ":number": number, ":text": kept_text(&text) };
            set("is_parked = 1, text = :text, attempts = max(attempts - 1, 0)")?.execute(values)?
        }
        Outcome::Again { at, payload } => {
            let values = named_params! { ":number": number, ":due": at.as_micros(), ":payload": payload };
            set("due = :due, payload = :payload, attempts = 0, text = ''")?.execute(values)?
        }
        Outcome::Release => set("attempts = max(attempts - 1, 0)")?.execute(named_params! { ":number": number })?,
    };
    Ok(true)
}

fn remove(conn: &Connection, number: i64, key: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM eskit_work WHERE number = ?1")?.execute([number])?;
    free_next(conn, key)
}

/// The items of the list, by number.
pub(super) fn list(conn: &Connection, which: &ListWork) -> rusqlite::Result<Vec<WorkItem>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM eskit_work WHERE number > ?1 AND (is_parked OR NOT ?2) ORDER BY number LIMIT ?3"
    );
    let after = i64::try_from(which.after).unwrap_or(i64::MAX);
    conn.prepare_cached(sql)?.query_map((after, which.is_parked, which.limit), item)?.collect()
}

/// Lets an item that waits or is parked be done now. Returns whether there is such an item.
pub(super) fn retry(conn: &Connection, id: &str) -> rusqlite::Result<bool> {
    let sql = "UPDATE eskit_work SET is_parked = 0, due = min(due, ?2), attempts = 0 \
               WHERE id = ?1 AND until IS NULL";
    Ok(conn.prepare_cached(sql)?.execute((id, Timestamp::now().as_micros()))? > 0)
}

/// Removes an item. Returns whether it was there.
pub(super) fn drop_item(conn: &Connection, id: &str) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM eskit_work WHERE id = ?1 RETURNING key";
    let key: Option<String> = conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    if let Some(key) = &key {
        steps::forget_item(conn, id)?;
        free_next(conn, key)?;
    }
    Ok(key.is_some())
}

/// Notes that items were added or retried by hand, for readers in other processes.
pub(super) fn count_addition(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE eskit_view SET changes = changes + 1, additions = additions + 1")?.execute([])?;
    Ok(())
}

/// How often they were.
pub(super) fn additions(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT additions FROM eskit_view")?
        .query_row([], |row| Ok(row.get::<_, i64>(0)?.unsigned_abs()))
}

/// The columns of an item.
macro_rules! columns {
    () => {
        "id, key, kind, payload, due, number, pos, event_id, is_parked, attempts, text, epoch, until, opened_at"
    };
}
use columns;

/// An item from a row with its columns.
fn item(row: &Row<'_>) -> rusqlite::Result<WorkItem> {
    let time = |column: usize| Ok::<_, rusqlite::Error>(Timestamp::from_micros(row.get(column)?));
    let (pos, event_id): (Option<i64>, Option<[u8; 16]>) = (row.get(6)?, row.get(7)?);
    let event = pos.map(|pos| Place { position: position(pos), id: event_id.map(EventId::from_bytes) });
    let new =
        NewWork { id: row.get(0)?, key: row.get(1)?, kind: row.get(2)?, event, payload: row.get(3)?, due: time(4)? };
    let mut item = WorkItem::opened(new, row.get::<_, i64>(5)?.unsigned_abs());
    (item.attempts, item.text) = (row.get(9)?, row.get(10)?);
    item.epoch = row.get::<_, i64>(11)?.unsigned_abs();
    let until: Option<i64> = row.get(12)?;
    item.state = match until {
        _ if row.get(8)? => WorkState::Parked,
        Some(until) => WorkState::Claimed { until: Timestamp::from_micros(until) },
        None => WorkState::Waiting,
    };
    item.opened_at = time(13)?;
    Ok(item)
}
