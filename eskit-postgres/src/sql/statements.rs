use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::{Query, QueryAs, QueryScalar};
use sqlx::types::Uuid;
use sqlx::{AssertSqlSafe, FromRow, Postgres};

use crate::sql::migrations::PayloadType;
use crate::sql::names::Names;
use eskit_runtime::store_kit::fnv1a;

/// The position and the id of the last event, and the id of the event at another position.
const HEAD: &str = "\
SELECT coalesce(h.pos, 0), h.id, (SELECT e.id FROM {events} e WHERE e.pos {EQ} $3)
FROM (SELECT) AS one LEFT JOIN LATERAL (SELECT e.pos, e.id FROM {events} e ORDER BY e.pos DESC LIMIT 1) h ON true
WHERE {guard}";

/// The same in the form of an envelope and a payload, for `{held}` as the other position.
const HEAD_ROW: &str = "\
SELECT pg_catalog.byteacat(pg_catalog.int8send(coalesce(h.pos, 0)), coalesce(pg_catalog.uuid_send(h.id), '')),
    coalesce((SELECT pg_catalog.uuid_send(e.id) FROM {events} e WHERE e.pos {EQ} {held}), '')
FROM (SELECT) AS one LEFT JOIN LATERAL (SELECT e.pos, e.id FROM {events} e ORDER BY e.pos DESC LIMIT 1) h ON true";

const POSITIONS: &str = "SELECT e.id, e.pos FROM {events} e WHERE {guard} AND e.id {EQ} ANY ($3)";

const PARTS: &str = "\
SELECT e.pos, e.part, e.version, e.recorded_at FROM {events} e
WHERE {guard} AND e.pos {GE} $3 AND e.pos {LE} $4 ORDER BY e.pos";

const COUNTS: &str = "\
SELECT (
    SELECT pg_catalog.count(*) FROM pg_catalog.unnest($4) AS n(type) CROSS JOIN LATERAL (
        SELECT FROM {tags} t WHERE t.tag {EQ} w.tag AND t.type {EQ} n.type AND t.pos {GT} $5 AND t.pos {LE} $6 LIMIT $7
    ) counted
) FROM pg_catalog.unnest($3) WITH ORDINALITY AS w(tag, nth) WHERE {guard} ORDER BY w.nth";

/// One seek for each type.
const TYPES: &str = "\
WITH RECURSIVE n(type) AS (
    (SELECT t.type FROM {tags} t WHERE t.tag {EQ} $3 ORDER BY t.type LIMIT 1)
    UNION ALL
    SELECT (SELECT t.type FROM {tags} t WHERE t.tag {EQ} $3 AND t.type {GT} n.type ORDER BY t.type LIMIT 1)
    FROM n WHERE n.type IS NOT NULL
) SELECT n.type FROM n WHERE {guard} AND n.type IS NOT NULL";

const TURN: &str = "SELECT {take_turn_v1}($1, $3) WHERE {guard}";

const STREAM_INFO: &str = "\
SELECT c.status, c.closed_at, c.reason, coalesce(c.version, (
    SELECT e.version FROM {events} e WHERE e.stream_type {EQ} $3 AND e.stream_id {EQ} $4 ORDER BY e.version DESC LIMIT 1
), 0) FROM (SELECT) AS one LEFT JOIN {closed_streams} c ON c.stream_type {EQ} $3 AND c.stream_id {EQ} $4 WHERE {guard}";

const SEALED_AT: &str = "SELECT l.sealed_at FROM {log} l WHERE {guard}";

/// Keeps the time of a log that is sealed already.
const SEAL: &str = "UPDATE {log} l SET sealed_at = coalesce(l.sealed_at, $3) WHERE {guard}";

const UNSEAL: &str = "UPDATE {log} l SET sealed_at = NULL WHERE {guard}";

/// The streams of a type after an id, as many as are asked for: one seek for each by its events, and one where only its name is
/// left.
const LIST_STREAMS: &str = "\
WITH RECURSIVE listed(stream_id, nth) AS (
    SELECT least(
        (SELECT e.stream_id FROM {events} e
         WHERE e.stream_type {EQ} $3 AND e.stream_id {GT} $4 ORDER BY e.stream_id LIMIT 1),
        (SELECT c.stream_id FROM {closed_streams} c
         WHERE c.stream_type {EQ} $3 AND c.stream_id {GT} $4 ORDER BY c.stream_id LIMIT 1)
    ), 1
    UNION ALL
    SELECT least(
        (SELECT e.stream_id FROM {events} e
         WHERE e.stream_type {EQ} $3 AND e.stream_id {GT} l.stream_id ORDER BY e.stream_id LIMIT 1),
        (SELECT c.stream_id FROM {closed_streams} c
         WHERE c.stream_type {EQ} $3 AND c.stream_id {GT} l.stream_id ORDER BY c.stream_id LIMIT 1)
    ), pg_catalog.int4pl(l.nth, 1)
    FROM listed l WHERE l.stream_id IS NOT NULL AND l.nth {LT} $5
)
SELECT l.stream_id, c.status, c.closed_at, c.reason, coalesce(c.version, (
    SELECT e.version FROM {events} e WHERE e.stream_type {EQ} $3 AND e.stream_id {EQ} l.stream_id
    ORDER BY e.version DESC LIMIT 1
), 0)
FROM listed l LEFT JOIN {closed_streams} c ON c.stream_type {EQ} $3 AND c.stream_id {EQ} l.stream_id
WHERE {guard} AND l.stream_id IS NOT NULL ORDER BY l.nth";

/// What the log holds, in one statement and so in one state: a few seeks for each type of event and of stream. Each row says first
/// what it is of; see `read/stats.rs`.
const STATS: &str = "\
WITH RECURSIVE types(name) AS (
    (SELECT e.type FROM {events} e WHERE e.type {GT} '' ORDER BY e.type, e.pos LIMIT 1)
    UNION ALL
    SELECT (SELECT e.type FROM {events} e WHERE e.type {GT} t.name ORDER BY e.type, e.pos LIMIT 1)
    FROM types t WHERE t.name IS NOT NULL
), stream_types(name) AS (
    SELECT least(
        (SELECT e.stream_type FROM {events} e WHERE e.stream_type {GT} '' ORDER BY e.stream_type, e.pos LIMIT 1),
        (SELECT c.stream_type FROM {closed_streams} c WHERE c.stream_type {GT} '' ORDER BY c.stream_type, c.stream_id LIMIT 1)
    )
    UNION ALL
    SELECT least(
        (SELECT e.stream_type FROM {events} e WHERE e.stream_type {GT} s.name ORDER BY e.stream_type, e.pos LIMIT 1),
        (SELECT c.stream_type FROM {closed_streams} c
         WHERE c.stream_type {GT} s.name ORDER BY c.stream_type, c.stream_id LIMIT 1)
    )
    FROM stream_types s WHERE s.name IS NOT NULL
)
SELECT 'size', ''::pg_catalog.text, pg_catalog.int8pl(
    pg_catalog.pg_total_relation_size('{events}'), pg_catalog.pg_total_relation_size('{tags}')
), 0::pg_catalog.int8, NULL::pg_catalog.uuid WHERE {guard}
UNION ALL
SELECT 'head', '', h.pos, h.pos, h.id FROM (SELECT e.pos, e.id FROM {events} e ORDER BY e.pos DESC LIMIT 1) h
UNION ALL
SELECT 'type', t.name,
    (SELECT e.pos FROM {events} e WHERE e.type {GE} t.name ORDER BY e.type, e.pos LIMIT 1),
    (SELECT e.pos FROM {events} e WHERE e.type {LE} t.name ORDER BY e.type DESC, e.pos DESC LIMIT 1), NULL
FROM types t WHERE t.name IS NOT NULL
UNION ALL
SELECT 'stream type', s.name, 0, 0, NULL FROM stream_types s WHERE s.name IS NOT NULL
UNION ALL
SELECT 'closed', c.status::pg_catalog.text, pg_catalog.count(*), pg_catalog.sum(c.version)::pg_catalog.int8, NULL
FROM {closed_streams} c GROUP BY c.status";

/// The envelopes of a part of a stream.
const ENVELOPES: &str = "\
SELECT e.envelope, ''::pg_catalog.bytea FROM {events} e
WHERE {guard} AND e.stream_type {EQ} $3 AND e.stream_id {EQ} $4 AND e.version {GT} $5 ORDER BY e.version LIMIT $6";

const OPEN_STREAM: &str = "\
DELETE FROM {closed_streams} c WHERE {guard} AND c.stream_type {EQ} $3 AND c.stream_id {EQ} $4";

const CLOSE_STREAM: &str = "\
INSERT INTO {closed_streams} (stream_type, stream_id, status, closed_at, reason, version)
SELECT $3, $4, $5, $6, $7, $8 WHERE {guard} ON CONFLICT (stream_type, stream_id)
DO UPDATE SET status = excluded.status, closed_at = excluded.closed_at, reason = excluded.reason, version = excluded.version";

const DELETE_TAGS: &str = "\
DELETE FROM {tags} t USING unnest($3, $4, $5) AS d(tag, type, pos)
WHERE {guard} AND t.tag {EQ} d.tag AND t.type {EQ} d.type AND t.pos {EQ} d.pos";

const DELETE_EVENTS: &str = "\
UPDATE {events} e SET type = '', stream_type = NULL, stream_id = NULL, envelope = '', payload = {nothing}
WHERE {guard} AND e.stream_type {EQ} $3 AND e.stream_id {EQ} $4";

/// Every row after a position, also those of deleted events.
const DUMP_ROWS: &str = "\
SELECT {columns}, e.part, e.pos, e.id, e.version, e.recorded_at FROM {events} e
WHERE {guard} AND e.pos {GT} $3 ORDER BY e.pos LIMIT $4";

/// Streams that are not open, after one.
const DUMP_STREAMS: &str = "\
SELECT c.stream_type, c.stream_id, c.status, c.closed_at, c.reason, c.version FROM {closed_streams} c
WHERE {guard} AND ROW(c.stream_type, c.stream_id) {GT} ROW($3, $4) ORDER BY c.stream_type, c.stream_id LIMIT $5";

/// The version of the last event that each stream holds, and whether the stream is deleted; then its version is what it keeps.
const HELD: &str = "\
SELECT coalesce(c.version, (
    SELECT e.version FROM {events} e WHERE e.stream_type {EQ} n.type AND e.stream_id {EQ} n.id ORDER BY e.version DESC LIMIT 1
), 0), c.version IS NOT NULL
FROM unnest($3, $4) WITH ORDINALITY AS n(type, id, nth)
LEFT JOIN {closed_streams} c ON c.stream_type {EQ} n.type AND c.stream_id {EQ} n.id AND c.status {EQ} 3
WHERE {guard} ORDER BY n.nth";

/// Whether the log may hold one of some ids, by the lowest.
const MAY_HOLD: &str = "SELECT EXISTS (SELECT FROM {events} e WHERE e.id {GE} $3) WHERE {guard}";

const LOAD_ROWS: &str = "\
INSERT INTO {events} (pos, id, type, stream_type, stream_id, version, part, recorded_at, envelope, payload)
SELECT n.pos, n.id, n.type, n.stream_type, n.stream_id, n.version, n.part, n.recorded_at, n.envelope, {payload}
FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    AS n(pos, id, type, stream_type, stream_id, version, part, recorded_at, envelope, payload)
WHERE {guard}";

const SET_LOG: &str = "UPDATE {log} l SET id = $3 WHERE {guard}";

/// The events that are to be given tags.
const TO_TAG: &str = "SELECT e.pos, e.id, e.type, e.envelope FROM {events} e WHERE {guard} AND e.pos {EQ} ANY ($3)";

const SET_ENVELOPES: &str = "\
UPDATE {events} e SET envelope = n.envelope FROM unnest($3, $4) AS n(pos, envelope)
WHERE {guard} AND e.pos {EQ} n.pos";

const INSERT_TAGS: &str = "\
INSERT INTO {tags} (tag, type, pos) SELECT n.tag, n.type, n.pos FROM unnest($3, $4, $5) AS n(tag, type, pos)
WHERE {guard} ON CONFLICT DO NOTHING";

/// A statement that fails where the log is not the one that the store has opened, and where it is not itself what was meant:
/// its first two parameters say both.
pub(crate) struct Guarded {
    sql: Arc<str>,
    seal: i64,
}

impl Guarded {
    fn new(names: &Names, template: &str) -> Guarded {
        let (sql, seal) = Guard::new(names).put_into(names.render(template), "$1", "$2");
        Guarded { sql: sql.into(), seal }
    }
}

/// The check of guarded statements.
pub(crate) struct Guard {
    function: String,
    log: String,
}

impl Guard {
    fn new(names: &Names) -> Guard {
        Guard { function: names.qualified("expect_v1"), log: names.qualified("log") }
    }

    /// Puts the check into a statement, in place of `{guard}`. Names the parameters for the id of the log and for the seal, and
    /// returns what the latter must be: a number that no other statement has.
    pub(crate) fn put_into(&self, sql: String, id: &str, seal: &str) -> (String, i64) {
        let number = (fnv1a(sql.as_bytes()) & i64::MAX.unsigned_abs()).cast_signed();
        let Guard { function, log } = self;
        let check = format!("(SELECT {function}((SELECT l.id FROM {log} l), {id}, {seal}, '{number}'::bigint))");
        (sql.replace("{guard}", &check), number)
    }
}

/// The statements that a store runs, with its names in them.
pub(crate) struct Statements {
    /// The id of the log that the store has opened.
    log: RwLock<Uuid>,
    /// The functions that check and write a batch, and one event.
    pub(crate) append: String,
    pub(crate) append_one: String,
    pub(crate) head: Guarded,
    /// A row of the head beside rows of events, with a parameter to be named.
    pub(crate) head_row: String,
    /// The position of each id.
    pub(crate) positions: Guarded,
    /// What tells where appends begin and end.
    pub(crate) parts: Guarded,
    /// How often tags occur beside some types.
    pub(crate) counts: Guarded,
    /// The types beside which a tag occurs.
    pub(crate) types: Guarded,
    /// The turn to append, and to change a stream.
    pub(crate) turn: Guarded,
    /// Since when the log takes no writes.
    pub(crate) sealed_at: Guarded,
    pub(crate) seal: Guarded,
    pub(crate) unseal: Guarded,
    /// What is known of a stream: its status, since when, why, and its version.
    pub(crate) stream_info: Guarded,
    /// The same of each stream of a type.
    pub(crate) list_streams: Guarded,
    /// What the log holds.
    pub(crate) stats: Guarded,
    pub(crate) envelopes: Guarded,
    pub(crate) open_stream: Guarded,
    pub(crate) close_stream: Guarded,
    pub(crate) delete_tags: Guarded,
    pub(crate) delete_events: Guarded,
    pub(crate) to_tag: Guarded,
    pub(crate) set_envelopes: Guarded,
    pub(crate) insert_tags: Guarded,
    pub(crate) dump_rows: Guarded,
    pub(crate) dump_streams: Guarded,
    pub(crate) held: Guarded,
    pub(crate) may_hold: Guarded,
    pub(crate) load_rows: Guarded,
    pub(crate) set_log: Guarded,
    pub(crate) notify: &'static str,
    /// The names of tables and functions that queries of changing form are written with.
    pub(crate) events: String,
    pub(crate) tags: String,
    pub(crate) first_version: String,
    pub(crate) guard: Guard,
    /// What is read of an event `e`.
    pub(crate) columns: String,
    /// Whether sessions have another default than READ COMMITTED, so that each append needs a transaction that says so.
    begins: AtomicBool,
}

impl Statements {
    pub(crate) fn new(names: &Names, payload: PayloadType, log: Uuid) -> Statements {
        let guarded = |template: &str| Guarded::new(names, template);
        let columns = format!("e.envelope, {}", payload.decode("e.payload"));
        Statements {
            log: RwLock::new(log),
            append: names.qualified("append_v1"),
            append_one: names.qualified("append_one_v1"),
            head: guarded(HEAD),
            head_row: names.render(HEAD_ROW),
            positions: guarded(POSITIONS),
            parts: guarded(PARTS),
            counts: guarded(COUNTS),
            types: guarded(TYPES),
            turn: guarded(TURN),
            sealed_at: guarded(SEALED_AT),
            seal: guarded(SEAL),
            unseal: guarded(UNSEAL),
            stream_info: guarded(STREAM_INFO),
            list_streams: guarded(LIST_STREAMS),
            stats: guarded(STATS),
            envelopes: guarded(ENVELOPES),
            open_stream: guarded(OPEN_STREAM),
            close_stream: guarded(CLOSE_STREAM),
            delete_tags: guarded(DELETE_TAGS),
            delete_events: guarded(&DELETE_EVENTS.replace("{nothing}", payload.nothing())),
            to_tag: guarded(TO_TAG),
            set_envelopes: guarded(SET_ENVELOPES),
            insert_tags: guarded(INSERT_TAGS),
            dump_rows: guarded(&DUMP_ROWS.replace("{columns}", &columns)),
            dump_streams: guarded(DUMP_STREAMS),
            held: guarded(HELD),
            may_hold: guarded(MAY_HOLD),
            load_rows: guarded(&LOAD_ROWS.replace("{payload}", &payload.encode_in_statement("n.payload"))),
            set_log: guarded(SET_LOG),
            events: names.qualified("events"),
            tags: names.qualified("tags"),
            first_version: names.qualified("first_version_v1"),
            guard: Guard::new(names),
            notify: "SELECT pg_catalog.pg_notify($1, '')",
            columns,
            begins: AtomicBool::new(false),
        }
    }

    /// The id of the log that the store has opened.
    pub(crate) fn log(&self) -> Uuid {
        *self.log.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the log has another id: that of the log that was loaded into it.
    pub(crate) fn set_log_id(&self, id: Uuid) {
        *self.log.write().unwrap_or_else(PoisonError::into_inner) = id;
    }

    /// The call of a guarded statement; its own parameters follow.
    pub(crate) fn query<'q>(&self, guarded: &Guarded) -> Query<'q, Postgres, PgArguments> {
        sqlx::query(AssertSqlSafe(Arc::clone(&guarded.sql))).bind(self.log()).bind(guarded.seal)
    }

    /// The same, for rows that become a tuple.
    pub(crate) fn query_as<'q, O: for<'r> FromRow<'r, PgRow>>(
        &self,
        guarded: &Guarded,
    ) -> QueryAs<'q, Postgres, O, PgArguments> {
        sqlx::query_as(AssertSqlSafe(Arc::clone(&guarded.sql))).bind(self.log()).bind(guarded.seal)
    }

    /// The same, for rows of one column.
    pub(crate) fn query_scalar<'q, O>(&self, guarded: &Guarded) -> QueryScalar<'q, Postgres, O, PgArguments>
    where
        (O,): for<'r> FromRow<'r, PgRow>,
    {
        sqlx::query_scalar(AssertSqlSafe(Arc::clone(&guarded.sql))).bind(self.log()).bind(guarded.seal)
    }

    pub(crate) fn begins(&self) -> bool {
        self.begins.load(Ordering::Relaxed)
    }

    pub(crate) fn begin_from_now_on(&self) {
        self.begins.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a schema of the user stands before `pg_catalog`, what is written without a schema could be something else.
    #[test]
    fn nothing_is_looked_for_along_the_search_path() {
        let names = Names::new("eskit", "").unwrap();
        let fixed = [
            HEAD,
            HEAD_ROW,
            POSITIONS,
            PARTS,
            COUNTS,
            TYPES,
            TURN,
            STREAM_INFO,
            LIST_STREAMS,
            ENVELOPES,
            OPEN_STREAM,
            CLOSE_STREAM,
            DELETE_TAGS,
            DUMP_STREAMS,
            HELD,
            MAY_HOLD,
        ];
        for sql in fixed.map(|template| names.render(template)) {
            let sql = sql.split("\nDO UPDATE ").next().unwrap_or_default();
            for operator in [" = ", " <> ", " < ", " > ", " <= ", " >= ", " + ", " - ", " || ", "::text", "::uuid"] {
                assert!(!sql.contains(operator), "`{operator}` has no schema in {sql}");
            }
            // Several arrays at once are no function, but syntax for PostgreSQL's own.
            for array in sql.split("unnest(").skip(1) {
                let is_one = !array.split(')').next().unwrap_or_default().contains(',');
                assert!(!is_one || sql.contains(&format!("pg_catalog.unnest({array}")), "`unnest` in {sql}");
            }
            for function in ["count(", "now(", "convert_to("] {
                let qualified = format!("pg_catalog.{function}");
                assert_eq!(sql.matches(function).count(), sql.matches(&qualified).count(), "{function} in {sql}");
            }
        }
    }

    #[test]
    fn each_statement_has_a_seal_of_its_own() {
        let names = Names::new("eskit", "").unwrap();
        let statements = Statements::new(&names, PayloadType::Bytea, Uuid::nil());
        let Statements {
            head, positions, parts, counts, types, turn, stream_info, list_streams, stats, envelopes, ..
        } = &statements;
        let all = [head, positions, parts, counts, types, turn, stream_info, list_streams, stats, envelopes];
        for (nth, one) in all.iter().enumerate() {
            assert!(one.sql.contains(&format!(", $1, $2, '{}'::bigint)", one.seal)), "{}", one.sql);
            assert!(all[nth + 1..].iter().all(|other| other.seal != one.seal), "{}", one.sql);
        }
    }
}
