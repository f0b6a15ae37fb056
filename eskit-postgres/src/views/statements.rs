use crate::sql::safe::Sql;

use super::rows::{CHECKPOINT, PARKED};
use super::tables::Tables;

/// Whatever the session's default is: a statement sees what was committed before it, and may write.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// Picks the row of a part of a version of a subscription.
const PART: &str = "c.name {EQ} $1 AND c.version {EQ} $2 AND c.part {EQ} $3";
/// Picks it for the holder of a claim.
const CLAIMED: &str = "c.name {EQ} $1 AND c.version {EQ} $2 AND c.part {EQ} $3 AND c.owner {EQ} $4 AND c.epoch {EQ} $5";
/// The end of a lease of so many seconds.
const LEASE: &str = "pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) pg_catalog.make_interval(secs => {secs})";

/// A checkpoint, and whether it can be claimed.
const LOOK: &str = "\
SELECT {columns}, c.owner IS NULL OR c.until {LE} pg_catalog.clock_timestamp(), c.owner
FROM {checkpoints} c JOIN {versions} v ON v.name {EQ} c.name AND v.version {EQ} c.version WHERE {part}";

/// Claims what is free, or was not renewed in time. Does not wait for a transaction that holds the rows: its leader is at work, or
/// readers are just being shown another version.
const CLAIM: &str = "\
WITH v AS MATERIALIZED (
    SELECT c.name, c.version, c.part, c.owner, v.is_active
    FROM {checkpoints} c JOIN {versions} v ON v.name {EQ} c.name AND v.version {EQ} c.version
    WHERE {part} AND (c.owner IS NULL OR c.until {LE} pg_catalog.clock_timestamp())
    FOR UPDATE OF c SKIP LOCKED FOR SHARE OF v SKIP LOCKED
)
UPDATE {checkpoints} c SET owner = $4, until = {lease}, epoch = c.epoch OPERATOR(pg_catalog.+) 1
FROM v WHERE c.name {EQ} v.name AND c.version {EQ} v.version AND c.part {EQ} v.part
RETURNING {columns}, v.owner";

/// Ends the transactions of a claim that has run out: its leader may be suspended, and holds locks.
const END_TRANSACTIONS: &str = "\
SELECT pg_catalog.pg_terminate_backend(l.pid) FROM pg_catalog.pg_locks l
WHERE l.locktype {EQ} 'advisory' AND l.objsubid {EQ} 1::pg_catalog.int2
    AND l.classid {EQ} $1::pg_catalog.oid AND l.objid {EQ} $2::pg_catalog.oid
    AND l.database {EQ} (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname {EQ} pg_catalog.current_database())
    AND l.pid {NE} pg_catalog.pg_backend_pid()";

/// Begins the work on a version: keeps its schema in its place until the end of the transaction, and marks the transaction as that of a
/// claim. Returns the number of the transaction, and whether readers see the version, until its end.
const ENTER: &str = "\
WITH v AS MATERIALIZED (
    SELECT v.schema, v.is_active FROM {versions} v WHERE v.name {EQ} $1 AND v.version {EQ} $2 FOR SHARE
)
SELECT pg_catalog.set_config('search_path', pg_catalog.concat(pg_catalog.quote_ident(v.schema), ', public, pg_temp'), true),
    pg_catalog.pg_try_advisory_xact_lock_shared($3), pg_catalog.txid_current(), v.is_active FROM v";

/// The fence: moves the checkpoint and renews the lease, in the transaction in which the work began.
const MOVE: &str = "\
UPDATE {checkpoints} c SET pos = $6, event_id = $7, saved_at = $8, until = {lease},
    changes = c.changes OPERATOR(pg_catalog.+) $14
WHERE {claimed} AND c.pos {EQ} $10 AND coalesce(c.event_id, $12) {EQ} coalesce($11, $12) AND pg_catalog.txid_current() {EQ} $13";

/// Forgets the steps of the events up to the checkpoint that a processor moves, except those of parked ones.
const FORGET_STEPS: &str = "\
WITH forgotten AS (
    DELETE FROM {steps} s WHERE s.list {EQ} $1 AND s.pos {LE} $6 AND s.part {EQ} $3 AND NOT EXISTS (
        SELECT FROM {parked} p WHERE p.name {EQ} $1 AND p.version {EQ} $2 AND p.pos {EQ} s.pos
    )
)";

/// Counts a change that moves no checkpoint.
const COUNT_CHANGE: &str = "\
UPDATE {checkpoints} c SET changes = c.changes OPERATOR(pg_catalog.+) 1
WHERE c.name {EQ} $1 AND c.version {EQ} $2 AND c.part {EQ} (
    SELECT pg_catalog.min(o.part) FROM {checkpoints} o WHERE o.name {EQ} $1 AND o.version {EQ} $2
)";

/// The version that readers see, and how often it was changed.
const CHANGES: &str = "\
SELECT v.version, (
    SELECT coalesce(pg_catalog.sum(c.changes), 0)::pg_catalog.int8 FROM {checkpoints} c
    WHERE c.name {EQ} v.name AND c.version {EQ} v.version
) FROM {versions} v WHERE v.name {EQ} $1 AND v.is_active";

const HOLDS: &str = "SELECT c.part FROM {checkpoints} c WHERE {claimed} AND c.pos {EQ} $6";

/// Whether the transaction is still that in which the work began.
const IS_SAME: &str = "SELECT pg_catalog.txid_current() {EQ} $1";

const PARKED_KEYS: &str = "\
SELECT DISTINCT p.key FROM {parked} p WHERE p.name {EQ} $1 AND p.version {EQ} $2 AND p.key {EQ} ANY ($3)";

const PARK: &str = "\
INSERT INTO {parked} (name, version, pos, event_id, key, text, attempts, parked_at)
SELECT $1, $2, n.pos, n.event_id, n.key, n.text, n.attempts, $8
FROM unnest($3, $4, $5, $6, $7) AS n(pos, event_id, key, text, attempts) ON CONFLICT DO NOTHING";

/// Removes a parked event, and its steps.
const UNPARK: &str = "\
WITH forgotten AS (DELETE FROM {steps} s WHERE s.list {EQ} $1 AND s.pos {EQ} $3)
DELETE FROM {parked} p WHERE p.name {EQ} $1 AND p.version {EQ} $2 AND p.pos {EQ} $3";

const UNPARK_ALL: &str = "DELETE FROM {parked} p WHERE p.name {EQ} $1 AND p.version {EQ} $2";

const LIST_PARKED: &str = "\
SELECT {columns} FROM {parked} p WHERE p.name {EQ} $1 AND p.version {EQ} $2 ORDER BY p.pos";

const LIST: &str = "\
SELECT {columns} FROM {checkpoints} c JOIN {versions} v ON v.name {EQ} c.name AND v.version {EQ} c.version
ORDER BY c.name, c.version, c.part";

/// Renews leases, except where a transaction is about to do it, and returns those that still hold.
const RENEW: &str = "\
WITH locked AS MATERIALIZED (
    SELECT c.owner FROM {checkpoints} c WHERE c.owner {EQ} ANY ($1) FOR UPDATE SKIP LOCKED
), renewed AS (
    UPDATE {checkpoints} c SET until = {lease} FROM locked WHERE c.owner {EQ} locked.owner
)
SELECT c.owner FROM {checkpoints} c WHERE c.owner {EQ} ANY ($1)";

const FREE: &str = "UPDATE {checkpoints} c SET owner = NULL, until = NULL WHERE c.owner {EQ} ANY ($1)";

const SET_EVENTS: &str = "UPDATE {checkpoints} c SET events = $6 WHERE {claimed}";

/// The versions of a projection, which stay as they are until the end of the transaction.
const VERSIONS: &str = "\
SELECT v.version, v.schema, v.is_active, EXISTS (
    SELECT FROM {checkpoints} c WHERE c.name {EQ} v.name AND c.version {EQ} v.version AND c.until {GT} pg_catalog.clock_timestamp()
) FROM {versions} v WHERE v.name {EQ} $1 ORDER BY v.version FOR UPDATE OF v";

const ADD_VERSION: &str = "INSERT INTO {versions} (name, version, schema, is_active) VALUES ($1, $2, $3, false)";

const ADD_CHECKPOINT: &str = "\
INSERT INTO {checkpoints} (name, version, part, parts, log, pos, event_id, epoch, events, is_ready, saved_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, false, $9) ON CONFLICT DO NOTHING";

/// Keeps others from adding versions until the end of the transaction.
const LOCK_VERSIONS: &str = "LOCK TABLE {versions} IN SHARE ROW EXCLUSIVE MODE";

/// The schema of the version that readers see, and whether it has rows of an aggregate.
const ACTIVE: &str = "\
SELECT v.schema, pg_catalog.to_regclass(pg_catalog.concat(pg_catalog.quote_ident(v.schema), '.rows')) IS NOT NULL
FROM {versions} v WHERE v.name {EQ} $1 AND v.is_active";

/// Which projection has this schema.
const HOLDER: &str = "SELECT v.name, v.version FROM {versions} v WHERE v.schema {EQ} $1";

const MOVE_VERSION: &str = "UPDATE {versions} v SET schema = $3 WHERE v.name {EQ} $1 AND v.version {EQ} $2";

const SHOW_VERSION: &str = "UPDATE {versions} v SET is_active = v.version {EQ} $2 WHERE v.name {EQ} $1";

const REMOVE_VERSION: &str = "DELETE FROM {versions} v WHERE v.name {EQ} $1 AND v.version {EQ} $2";

/// Says that a part is fit to be seen, and returns how many parts of the version are.
const READY: &str = "\
WITH ready AS (UPDATE {checkpoints} c SET is_ready = true WHERE {claimed} RETURNING c.part)
SELECT r.part, (
    SELECT pg_catalog.count(*) FROM {checkpoints} c
    WHERE c.name {EQ} $1 AND c.version {EQ} $2 AND c.is_ready AND NOT c.part {EQ} $3
) FROM ready r";

/// Whether readers see the version of a claim, and whether that has to wait: for other parts, or for as long as they see a newer
/// version that a process keeps. Locks nothing, since it is asked again and again.
const ASK: &str = "\
SELECT v.is_active, c.is_ready AND c.parts {GT} (
    SELECT pg_catalog.count(*) FROM {checkpoints} o WHERE o.name {EQ} c.name AND o.version {EQ} c.version AND o.is_ready
) OR EXISTS (
    SELECT FROM {versions} n JOIN {checkpoints} o ON o.name {EQ} n.name AND o.version {EQ} n.version
    WHERE n.name {EQ} c.name AND n.version {GT} c.version AND n.is_active AND o.until {GT} pg_catalog.clock_timestamp()
) FROM {checkpoints} c JOIN {versions} v ON v.name {EQ} c.name AND v.version {EQ} c.version WHERE {claimed}";

/// Whether a process keeps each part of a version. None can begin to before the end of the transaction.
const ARE_KEPT: &str = "\
SELECT coalesce(c.until {GT} pg_catalog.clock_timestamp(), false) FROM {checkpoints} c
WHERE c.name {EQ} $1 AND c.version {EQ} $2 FOR UPDATE";

/// Sets all parts of a version back.
const SET_BACK: &str = "\
UPDATE {checkpoints} c SET log = $3, pos = $4, event_id = $5, events = $6, saved_at = $7,
    changes = c.changes OPERATOR(pg_catalog.+) CASE WHEN c.part {EQ} $8 THEN 1 ELSE 0 END
WHERE c.name {EQ} $1 AND c.version {EQ} $2";

/// Keeps a claim until the end of the transaction, if it holds.
const KEEP: &str = "SELECT c.part FROM {checkpoints} c WHERE {claimed} FOR UPDATE";

const FIND_SNAPSHOTS: &str = "\
SELECT s.key, s.pos, s.event_id, s.version, s.state::pg_catalog.text, s.written_at FROM {snapshots} s
WHERE s.log {EQ} $1 AND s.name {EQ} $2 AND s.key {EQ} ANY ($3) AND s.fingerprint {EQ} $4";

/// Writes snapshots, except where a newer one is.
const WRITE_SNAPSHOTS: &str = "\
INSERT INTO {snapshots} AS s (log, name, key, fingerprint, pos, event_id, version, state, written_at)
SELECT $1, $2, n.key, $3, n.pos, n.event_id, n.version, n.state::pg_catalog.json, n.written_at
FROM unnest($4, $5, $6, $7, $8, $9) AS n(key, pos, event_id, version, state, written_at)
ON CONFLICT (log, name, key, fingerprint) DO UPDATE SET pos = excluded.pos, event_id = excluded.event_id,
    version = excluded.version, state = excluded.state, written_at = excluded.written_at
WHERE s.pos {LE} excluded.pos";

const COUNT_SNAPSHOTS: &str = "\
SELECT s.log, s.name, s.fingerprint, pg_catalog.count(*), pg_catalog.min(s.written_at), pg_catalog.max(s.written_at)
FROM {snapshots} s GROUP BY s.log, s.name, s.fingerprint";

const REMOVE_SNAPSHOTS: &str = "DELETE FROM {snapshots} s WHERE s.log {EQ} $1 AND s.name {EQ} $2";

/// Removes what was written before a time, unless it has a fingerprint.
const REMOVE_OLD_SNAPSHOTS: &str = "\
DELETE FROM {snapshots} s WHERE s.log {EQ} $1 AND s.name {EQ} $2 AND s.written_at {LT} $3 AND NOT coalesce(s.fingerprint {EQ} $4, false)";

const ADD_COMMANDS: &str = "\
INSERT INTO {commands} (command, began_at, outcome, correlation, first_pos, last_pos, rest)
SELECT e.command, e.began_at, e.outcome, e.correlation, e.first_pos, e.last_pos, e.rest
FROM unnest($1, $2, $3, $4, $5, $6, $7)
    WITH ORDINALITY AS e (command, began_at, outcome, correlation, first_pos, last_pos, rest, at)
ORDER BY e.at";

const REMOVE_OLD_COMMANDS: &str = "\
DELETE FROM {commands} c WHERE c.id {EQ} ANY (ARRAY(
    SELECT o.id FROM {commands} o WHERE o.began_at {LT} $1 ORDER BY o.began_at LIMIT $2))";

const REMOVE_SURPLUS_COMMANDS: &str = "\
DELETE FROM {commands} c WHERE c.id {EQ} ANY (ARRAY(
    SELECT o.id FROM {commands} o WHERE o.id {LE} (SELECT n.id FROM {commands} n ORDER BY n.id DESC LIMIT 1 OFFSET $1)
    ORDER BY o.id LIMIT $2))";

/// The statements of views.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) active: Sql,
    pub(crate) look: Sql,
    pub(crate) claim: Sql,
    pub(crate) end_transactions: Sql,
    pub(crate) enter: Sql,
    pub(crate) r#move: Sql,
    pub(crate) move_acting: Sql,
    pub(crate) count_change: Sql,
    pub(crate) changes: Sql,
    pub(crate) holds: Sql,
    pub(crate) is_same: Sql,
    pub(crate) parked_keys: Sql,
    pub(crate) park: Sql,
    pub(crate) unpark: Sql,
    pub(crate) unpark_all: Sql,
    pub(crate) list_parked: Sql,
    pub(crate) list: Sql,
    pub(crate) renew: Sql,
    pub(crate) free: Sql,
    pub(crate) set_events: Sql,
    pub(crate) versions: Sql,
    pub(crate) add_version: Sql,
    pub(crate) add_checkpoint: Sql,
    pub(crate) lock_versions: Sql,
    pub(crate) holder: Sql,
    pub(crate) move_version: Sql,
    pub(crate) show_version: Sql,
    pub(crate) remove_version: Sql,
    pub(crate) ready: Sql,
    pub(crate) ask: Sql,
    pub(crate) are_kept: Sql,
    pub(crate) set_back: Sql,
    pub(crate) keep: Sql,
    pub(crate) find_snapshots: Sql,
    pub(crate) write_snapshots: Sql,
    pub(crate) count_snapshots: Sql,
    pub(crate) remove_snapshots: Sql,
    pub(crate) remove_snapshots_of: Sql,
    pub(crate) remove_old_snapshots: Sql,
    pub(crate) add_commands: Sql,
    pub(crate) remove_old_commands: Sql,
    pub(crate) remove_surplus_commands: Sql,
}

impl Statements {
    pub(crate) fn new(tables: &Tables) -> Statements {
        let sql = |template: &str| {
            let template = template.replace("{part}", PART).replace("{claimed}", CLAIMED);
            tables.sql(&template.replace("{columns}", CHECKPOINT))
        };
        let leased = |template: &str, secs: &str| sql(&template.replace("{lease}", &LEASE.replace("{secs}", secs)));
        Statements {
            active: sql(ACTIVE),
            look: sql(LOOK),
            claim: leased(CLAIM, "$5"),
            end_transactions: sql(END_TRANSACTIONS),
            enter: sql(ENTER),
            r#move: leased(MOVE, "$9"),
            move_acting: leased(&format!("{FORGET_STEPS}\n{MOVE}"), "$9"),
            count_change: sql(COUNT_CHANGE),
            changes: sql(CHANGES),
            holds: sql(HOLDS),
            is_same: sql(IS_SAME),
            parked_keys: sql(PARKED_KEYS),
            park: sql(PARK),
            unpark: sql(UNPARK),
            unpark_all: sql(UNPARK_ALL),
            list_parked: sql(&LIST_PARKED.replace("{columns}", PARKED)),
            list: sql(LIST),
            renew: leased(RENEW, "$2"),
            free: sql(FREE),
            set_events: sql(SET_EVENTS),
            versions: sql(VERSIONS),
            add_version: sql(ADD_VERSION),
            add_checkpoint: sql(ADD_CHECKPOINT),
            lock_versions: sql(LOCK_VERSIONS),
            holder: sql(HOLDER),
            move_version: sql(MOVE_VERSION),
            show_version: sql(SHOW_VERSION),
            remove_version: sql(REMOVE_VERSION),
            ready: sql(READY),
            ask: sql(ASK),
            are_kept: sql(ARE_KEPT),
            set_back: sql(SET_BACK),
            keep: sql(KEEP),
            find_snapshots: sql(FIND_SNAPSHOTS),
            write_snapshots: sql(WRITE_SNAPSHOTS),
            count_snapshots: sql(COUNT_SNAPSHOTS),
            remove_snapshots: sql(REMOVE_SNAPSHOTS),
            remove_snapshots_of: sql(&format!("{REMOVE_SNAPSHOTS} AND s.key {{EQ}} ANY ($3)")),
            remove_old_snapshots: sql(REMOVE_OLD_SNAPSHOTS),
            add_commands: sql(ADD_COMMANDS),
            remove_old_commands: sql(REMOVE_OLD_COMMANDS),
            remove_surplus_commands: sql(REMOVE_SURPLUS_COMMANDS),
        }
    }
}
