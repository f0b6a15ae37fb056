use crate::sql::safe::Sql;

use super::step_statements::StepStatements;
use super::tables::Tables;

/// The version of the subscription that has a list. Processors have no other one.
pub(crate) const LIST_VERSION: u32 = 1;

/// The clock of the server, in microseconds since 1970.
const CLOCK: &str =
    "(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8";

/// The columns of an item.
const COLUMNS: &str = "w.id, w.key, w.kind, w.payload, w.due, w.number, w.pos, w.event_id, w.is_parked, w.attempts, w.text, w.epoch, \
                       w.until, w.opened_at, w.ready";

const NEXT_NUMBER: &str = "pg_catalog.nextval('{work_number}'::pg_catalog.regclass)";

/// Whether nobody is doing an item, and no other item of its key is before it. The key is looked up for each item by itself, whatever
/// the statistics say.
const FREE: &str = "\
(w.until IS NULL OR w.until {LE} (SELECT c.now FROM clock c))
        AND w.number {EQ} (SELECT e.number FROM {work} e WHERE e.list {EQ} $1 AND e.key {EQ} w.key ORDER BY e.number LIMIT 1)";

/// Takes the locks under which items are opened.
const LOCK: &str = "SELECT pg_catalog.pg_advisory_xact_lock($1, b.bucket) FROM unnest($2) AS b(bucket)";

/// Locks all items of some keys, key by key, and those of a key in their order: whoever settles the first of them locks the next one
/// after it.
const LOCK_KEYS: &str = "\
SELECT w.number FROM {work} w WHERE w.list {EQ} $1 AND w.key {EQ} ANY ($2) ORDER BY w.key, w.number FOR UPDATE";

/// Opens items. Those who open items of one key do it one after another, so that the numbers of a key ascend in the order in which they
/// become visible: the number is drawn after the lock was taken.
const OPEN: &str = "\
WITH turn AS MATERIALIZED (
    SELECT pg_catalog.pg_advisory_xact_lock($2, b.bucket) FROM unnest($3) AS b(bucket)
), clock AS MATERIALIZED (SELECT {clock} AS now)
INSERT INTO {work} (list, number, id, key, kind, pos, event_id, payload, due, ready, in_line, is_parked, attempts, text, epoch, opened_at, changed_by)
SELECT $1, {next_number}, n.id, n.key, n.kind, n.pos, n.event_id, n.payload, n.due, GREATEST(n.due, (SELECT c.now FROM clock c)), true, false, 0, '', 0, $11,
    pg_catalog.txid_current()
FROM (SELECT pg_catalog.count(*) FROM turn) t
    CROSS JOIN unnest($4, $5, $6, $7, $8, $9, $10) WITH ORDINALITY AS n(id, key, kind, pos, event_id, payload, due, nth)
ORDER BY n.nth ON CONFLICT (list, id) DO NOTHING";

/// Removes the items with these keys that an event opened, and their steps. Returns how many items there were.
const CLOSE: &str = "\
WITH closed AS (
    DELETE FROM {work} w WHERE w.list {EQ} $1 AND w.key {EQ} ANY ($2) AND w.pos IS NOT NULL RETURNING w.id
), forgotten AS (
    DELETE FROM {steps} s USING closed c WHERE s.list {EQ} $1 AND s.owner {EQ} c.id
)
SELECT pg_catalog.count(*) FROM closed c";

/// Lets the first items that are left of some keys get in line. A statement of its own after that which removed the items before them:
/// it sees who marked them meanwhile, and from then on nobody can.
const FREE_NEXT: &str = "\
UPDATE {work} w SET in_line = true, ready = GREATEST(w.due, {clock})
FROM unnest($2) AS k(key) CROSS JOIN LATERAL (
    SELECT f.number FROM {work} f WHERE f.list {EQ} $1 AND f.key {EQ} k.key ORDER BY f.number LIMIT 1
) n
WHERE w.list {EQ} $1 AND w.number {EQ} n.number AND NOT w.in_line AND NOT w.is_parked";

/// Claims what is due, along the line of each kind. An item that somebody else is just claiming or removing is left out.
const CLAIM: &str = "\
WITH clock AS MATERIALIZED (SELECT {clock} AS now), free AS MATERIALIZED (
    SELECT c.number FROM unnest($2) AS k(kind) CROSS JOIN LATERAL (
        SELECT w.number, w.ready, w.due FROM {work} w
        WHERE w.list {EQ} $1 AND w.kind {EQ} k.kind AND w.in_line AND w.ready {GE} $6
            AND w.ready {LE} GREATEST($3, (SELECT c.now FROM clock c)) AND w.due {LE} $3 AND {free}
        ORDER BY w.ready, w.due, w.number LIMIT $4 FOR UPDATE OF w SKIP LOCKED
    ) c ORDER BY c.ready, c.due, c.number LIMIT $4
)
UPDATE {work} w SET until = {clock} OPERATOR(pg_catalog.+) $5, epoch = {next_number}, attempts = w.attempts OPERATOR(pg_catalog.+) 1
FROM free f WHERE w.list {EQ} $1 AND w.number {EQ} f.number RETURNING {columns}";

/// When the next item is due. What stands in line later than now is due at its place.
const NEXT_DUE: &str = "\
WITH clock AS MATERIALIZED (SELECT {clock} AS now)
SELECT LEAST(pg_catalog.min(o.due), pg_catalog.min(l.due)) FROM unnest($2) AS k(kind)
LEFT JOIN LATERAL (
    SELECT w.due FROM {work} w
    WHERE w.list {EQ} $1 AND w.kind {EQ} k.kind AND w.in_line AND w.ready {GE} $3 AND w.ready {LE} (SELECT c.now FROM clock c) AND {free}
) o ON true
LEFT JOIN LATERAL (
    SELECT w.due FROM {work} w
    WHERE w.list {EQ} $1 AND w.kind {EQ} k.kind AND w.in_line AND w.ready {GT} (SELECT c.now FROM clock c) AND {free}
    ORDER BY w.ready, w.due, w.number LIMIT 1
) l ON true";

/// Takes items out of the line that wait behind another one of their key. That one is kept from being removed meanwhile, or else
/// nobody would let them in again.
const SET_ASIDE: &str = "\
WITH found AS MATERIALIZED (
    SELECT w.number, w.key, (
        SELECT e.number FROM {work} e WHERE e.list {EQ} $1 AND e.key {EQ} w.key ORDER BY e.number LIMIT 1
    ) AS first
    FROM unnest($2) AS k(kind) CROSS JOIN LATERAL (
        SELECT l.number, l.key FROM {work} l
        WHERE l.list {EQ} $1 AND l.kind {EQ} k.kind AND l.in_line AND l.ready {GE} $3 AND l.until IS NULL
        ORDER BY l.ready, l.due, l.number LIMIT 1000
    ) w
), kept AS MATERIALIZED (
    SELECT w.number FROM {work} w
    WHERE w.list {EQ} $1 AND w.number {EQ} ANY (ARRAY(SELECT DISTINCT f.first FROM found f WHERE f.first {LT} f.number))
    FOR SHARE OF w SKIP LOCKED
), behind AS MATERIALIZED (
    SELECT w.number FROM {work} w
    WHERE w.list {EQ} $1 AND w.number {EQ} ANY (ARRAY(
        SELECT f.number FROM found f JOIN kept k ON k.number {EQ} f.first WHERE f.first {LT} f.number
    )) FOR UPDATE OF w SKIP LOCKED
)
UPDATE {work} w SET in_line = false FROM behind b WHERE w.list {EQ} $1 AND w.number {EQ} b.number AND w.until IS NULL";

/// Renews claims, except where a transaction is at work on the item, and returns those that still hold. An item moves to the end of the
/// line, so that the line begins where something waits.
const RENEW: &str = "\
WITH held AS MATERIALIZED (
    SELECT w.number, w.id, w.epoch FROM unnest($2, $3) AS h(id, epoch) CROSS JOIN LATERAL (
        SELECT i.number, i.id, i.epoch FROM {work} i
        WHERE i.list {EQ} $1 AND i.id {EQ} h.id AND i.epoch {EQ} h.epoch AND i.until IS NOT NULL
    ) w
), locked AS MATERIALIZED (
    SELECT w.number FROM held h CROSS JOIN LATERAL (
        SELECT i.number FROM {work} i
        WHERE i.list {EQ} $1 AND i.number {EQ} h.number AND i.epoch {EQ} h.epoch AND i.until IS NOT NULL FOR UPDATE SKIP LOCKED
    ) w
), renewed AS (
    UPDATE {work} w SET until = {clock} OPERATOR(pg_catalog.+) $4, ready = GREATEST(w.ready, {clock})
    FROM locked l WHERE w.list {EQ} $1 AND w.number {EQ} l.number
)
SELECT h.id, h.epoch FROM held h";

/// Ends claims, by outcome, and locks them in the order of their keys: 0 done, 1 to be tried again, 2 parked, 3 to be done again, 4 not tried.
const SETTLE: &str = "\
WITH found AS MATERIALIZED (
    SELECT w.number, s.id, s.epoch, s.outcome, s.at, s.text, s.payload
    FROM unnest($2, $3, $4, $5, $6, $7) AS s(id, epoch, outcome, at, text, payload) CROSS JOIN LATERAL (
        SELECT i.number, i.key FROM {work} i WHERE i.list {EQ} $1 AND i.id {EQ} s.id AND i.epoch {EQ} s.epoch
    ) w ORDER BY w.key
), settled AS MATERIALIZED (
    SELECT w.number, w.key, s.id, s.epoch, s.outcome, s.at, s.text, s.payload FROM found s CROSS JOIN LATERAL (
        SELECT i.number, i.key FROM {work} i
        WHERE i.list {EQ} $1 AND i.number {EQ} s.number AND i.epoch {EQ} s.epoch AND i.until IS NOT NULL FOR UPDATE
    ) w
), forgotten AS (
    DELETE FROM {steps} t USING settled s WHERE t.list {EQ} $1 AND t.owner {EQ} s.id AND (s.outcome {EQ} 0 OR s.outcome {EQ} 3)
), done AS (
    DELETE FROM {work} w USING settled s WHERE w.list {EQ} $1 AND w.number {EQ} s.number AND s.outcome {EQ} 0
), kept AS (
    UPDATE {work} w SET until = NULL, due = coalesce(s.at, w.due), ready = GREATEST(coalesce(s.at, w.due), {clock}),
        in_line = s.outcome {NE} 2 AND s.outcome {NE} 5, is_parked = s.outcome {EQ} 2 OR s.outcome {EQ} 5, text = coalesce(s.text, w.text),
        payload = CASE WHEN s.outcome {EQ} 3 THEN s.payload ELSE w.payload END,
        attempts = CASE WHEN s.outcome {EQ} 3 THEN 0 WHEN s.outcome {GE} 4 THEN GREATEST(w.attempts OPERATOR(pg_catalog.-) 1, 0)
            ELSE w.attempts END
    FROM settled s WHERE w.list {EQ} $1 AND w.number {EQ} s.number AND s.outcome {NE} 0
)
SELECT s.id, s.epoch, s.key, s.outcome FROM settled s";

const LIST: &str = "\
SELECT {columns} FROM {work} w WHERE w.list {EQ} $1 AND w.number {GT} $2 AND (w.is_parked OR NOT $3) ORDER BY w.number LIMIT $4";

const RETRY: &str = "\
UPDATE {work} w SET is_parked = false, in_line = true, due = LEAST(w.due, $3), ready = {clock}, attempts = 0,
    changed_by = pg_catalog.txid_current()
WHERE w.list {EQ} $1 AND w.id {EQ} $2 AND w.until IS NULL";

const DROP: &str = "\
WITH dropped AS (
    DELETE FROM {work} w WHERE w.list {EQ} $1 AND w.id {EQ} $2 RETURNING w.id, w.key
), forgotten AS (
    DELETE FROM {steps} s USING dropped d WHERE s.list {EQ} $1 AND s.owner {EQ} d.id
)
SELECT d.key FROM dropped d";

const CLOSE_ALL: &str = "DELETE FROM {work} w WHERE w.list {EQ} $1 AND w.pos IS NOT NULL";

const FREE_ALL: &str = "\
UPDATE {work} w SET in_line = true, ready = GREATEST(w.due, {clock}) WHERE w.list {EQ} $1 AND NOT w.in_line AND NOT w.is_parked";

const REMOVE: &str = "DELETE FROM {work} w WHERE w.list {EQ} $1";

/// Whether items were opened, or retried by hand, by transactions that had not ended before one of this number; and the number of the
/// oldest transaction that has not ended now.
const CHANGED: &str = "\
SELECT EXISTS (SELECT FROM {work} w WHERE w.list {EQ} $1 AND w.changed_by {GE} $2),
    pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot())";

/// Where the line of some kinds begins: at its first item, and so long before now at the latest.
const BEGIN_OF_LINE: &str = "\
SELECT LEAST(pg_catalog.min(l.ready), {clock} OPERATOR(pg_catalog.-) $4) FROM unnest($2) AS k(kind) LEFT JOIN LATERAL (
    SELECT w.ready FROM {work} w WHERE w.list {EQ} $1 AND w.kind {EQ} k.kind AND w.in_line AND w.ready {GE} $3
    ORDER BY w.ready, w.due, w.number LIMIT 1
) l ON true";

/// The statements for items of work.
#[derive(Debug)]
pub(crate) struct WorkStatements {
    pub(crate) lock: Sql,
    pub(crate) lock_keys: Sql,
    pub(crate) open: Sql,
    pub(crate) close: Sql,
    pub(crate) free_next: Sql,
    pub(crate) claim: Sql,
    pub(crate) next_due: Sql,
    pub(crate) set_aside: Sql,
    pub(crate) begin_of_line: Sql,
    pub(crate) renew: Sql,
    pub(crate) settle: Sql,
    pub(crate) list: Sql,
    pub(crate) retry: Sql,
    pub(crate) drop: Sql,
    pub(crate) close_all: Sql,
    pub(crate) free_all: Sql,
    pub(crate) remove: Sql,
    pub(crate) changed: Sql,
    pub(crate) steps: StepStatements,
}

impl WorkStatements {
    pub(crate) fn new(tables: &Tables) -> WorkStatements {
        let sql = |template: &str| {
            let template = template.replace("{free}", FREE).replace("{columns}", COLUMNS);
            tables.sql(&template.replace("{clock}", CLOCK).replace("{next_number}", NEXT_NUMBER))
        };
        WorkStatements {
            lock: sql(LOCK),
            lock_keys: sql(LOCK_KEYS),
            open: sql(OPEN),
            close: sql(CLOSE),
            free_next: sql(FREE_NEXT),
            claim: sql(CLAIM),
            next_due: sql(NEXT_DUE),
            set_aside: sql(SET_ASIDE),
            begin_of_line: sql(BEGIN_OF_LINE),
            renew: sql(RENEW),
            settle: sql(SETTLE),
            list: sql(LIST),
            retry: sql(RETRY),
            drop: sql(DROP),
            close_all: sql(CLOSE_ALL),
            free_all: sql(FREE_ALL),
            remove: sql(REMOVE),
            changed: sql(CHANGED),
            steps: StepStatements::new(tables, LIST_VERSION),
        }
    }
}
