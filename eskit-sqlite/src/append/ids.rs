use std::collections::HashSet;

use eskit_runtime::Timestamp;
use eskit_runtime::log::EventId;
use rusqlite::Statement;

use crate::error::Fault;

/// How far ahead another clock may be for its ids to be judged without a look-up.
const AHEAD_MS: i64 = 60 * 60 * 1000;

/// Tells which ids the log may hold already, so that few have to be looked up: ids that are made as the events are grow
/// with the time.
pub(crate) struct KnownIds {
    /// The time of the ceiling.
    until_ms: i64,
    /// Behind the ids of this time. Ids that no clock made, such as those of idempotency keys, lie anywhere, mostly beyond:
    /// without this bound a single one of them would be greater than all others to come.
    ceiling: EventId,
    /// The greatest id of the log up to the ceiling, as the transaction began.
    newest: Option<EventId>,
    /// What the transaction wrote.
    written: HashSet<EventId>,
}

impl KnownIds {
    /// Reads the greatest id; `newest_id` selects it up to a bound.
    pub(crate) fn read(newest_id: &mut Statement<'_>) -> Result<KnownIds, Fault> {
        let until_ms = now_ms() + AHEAD_MS;
        let ceiling = last_id_of(until_ms);
        let newest: Option<[u8; 16]> = newest_id.query_row([ceiling.as_bytes().as_slice()], |row| row.get(0))?;
        Ok(KnownIds { until_ms, ceiling, newest: newest.map(EventId::from_bytes), written: HashSet::new() })
    }

    /// Begins the next transaction, when the last one was committed and nobody else wrote since. Returns `false` when the clock
    /// has come near the ceiling: then it is time to read anew.
    pub(crate) fn begin(&mut self) -> bool {
        let ceiling = self.ceiling;
        let newest = self.written.drain().filter(|id| *id <= ceiling).max();
        self.newest = self.newest.max(newest);
        now_ms() + AHEAD_MS / 2 < self.until_ms
    }

    /// Whether the log may hold this id; if not, no look-up is needed.
    pub(crate) fn may_hold(&self, id: EventId) -> bool {
        let is_new = id <= self.ceiling && self.newest.is_none_or(|newest| id > newest);
        !is_new || self.written.contains(&id)
    }

    /// Notes that the transaction wrote this id.
    pub(crate) fn insert(&mut self, id: EventId) {
        self.written.insert(id);
    }
}

fn now_ms() -> i64 {
    Timestamp::now().as_micros() / 1000
}

/// The greatest id that a clock can make in this millisecond: a UUIDv7 begins with 48 bits of time.
fn last_id_of(time_ms: i64) -> EventId {
    let mut bytes = [0xff; 16];
    bytes[..6].copy_from_slice(&time_ms.to_be_bytes()[2..]);
    EventId::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::schema;

    fn read(conn: &rusqlite::Connection) -> KnownIds {
        KnownIds::read(&mut conn.prepare("SELECT max(id) FROM events WHERE id <= ?1").unwrap()).unwrap()
    }

    fn write(conn: &rusqlite::Connection, position: i64, id: EventId) {
        let sql = "INSERT INTO events (pos, id, type, part, recorded_at, envelope, payload) \
                   VALUES (?1, ?2, 'a', 0, 0, x'', x'')";
        conn.execute(sql, (position, id.as_bytes().as_slice())).unwrap();
    }

    #[test]
    fn only_ids_that_the_log_may_hold_are_looked_up() {
        let conn = schema::in_memory();
        let old = EventId::new();
        assert!(!read(&conn).may_hold(old));
        write(&conn, 1, old);
        write(&conn, 2, EventId::from_bytes([0xf3; 16]));

        let mut known = read(&conn);
        assert!(known.may_hold(old), "it is in the log");
        assert!(known.may_hold(EventId::from_bytes([0xf3; 16])), "it is in the log");
        assert!(known.may_hold(EventId::from_bytes([0xaa; 16])), "no clock made it");
        let (first, second) = (EventId::new(), EventId::new());
        assert!(!known.may_hold(second), "an id that no clock made must not hide that this one is new");
        known.insert(second);
        assert!(known.may_hold(second), "this transaction wrote it");
        assert!(!known.may_hold(first), "one that was written later does not make it known");

        assert!(known.begin(), "the clock has not moved by half an hour");
        assert!(known.may_hold(first), "an earlier transaction wrote a later one");
        assert!(!known.may_hold(EventId::new()));
        let far = EventId::from_bytes([0xaa; 16]);
        known.insert(far);
        assert!(known.begin() && !known.may_hold(EventId::new()), "what no clock made does not count");
        known.until_ms -= AHEAD_MS / 2;
        assert!(!known.begin(), "the ceiling has come near");
    }
}
