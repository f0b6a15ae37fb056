use crate::sql::safe::Sql;

use super::tables::Tables;

/// Begins a step whose holder may, which stays so until the end of the transaction. Leaves one as it is that has ended. Returns its
/// result, and how often it was begun.
const BEGIN: &str = "\
WITH holder AS MATERIALIZED ({holder} FOR SHARE)
INSERT INTO {steps} AS s (list, owner, name, pos, part, begun, begun_at, epoch)
SELECT $1, $2, $3, $4, $5, 1, $7, $6 FROM holder
ON CONFLICT (list, owner, name) DO UPDATE SET begun = s.begun OPERATOR(pg_catalog.+) 1,
    epoch = CASE WHEN s.result IS NULL THEN excluded.epoch ELSE s.epoch END
RETURNING s.result, s.begun";

/// The claim of an item.
const OF_ITEM: &str = "\
SELECT w.number FROM {work} w WHERE w.list {EQ} $1 AND w.id {EQ} $2 AND w.epoch {EQ} $6 AND w.until IS NOT NULL";

/// The claim of a processor whose checkpoint is before an event.
const OF_EVENT: &str = "\
SELECT c.part FROM {checkpoints} c
WHERE c.name {EQ} $1 AND c.version {EQ} {version} AND c.part {EQ} $5 AND c.epoch {EQ} $6 AND c.pos {LT} $4";

/// A parked event.
const OF_PARKED: &str = "\
SELECT p.pos FROM {parked} p
WHERE p.name {EQ} $1 AND p.version {EQ} {version} AND p.pos {EQ} $4 AND p.event_id {EQ} $2::pg_catalog.text::pg_catalog.uuid";

/// Picks a step that has not ended, and was begun last in this epoch, if one is given.
const OPEN: &str = "\
s.list {EQ} $1 AND s.owner {EQ} $2 AND s.name {EQ} $3 AND s.result IS NULL AND s.epoch {EQ} coalesce($4, s.epoch)";

/// Without an epoch, it is said by hand, and replaces a result.
const END: &str = "\
UPDATE {steps} s SET result = $5 WHERE s.list {EQ} $1 AND s.owner {EQ} $2 AND s.name {EQ} $3 \
AND (s.epoch {EQ} $4 AND s.result IS NULL OR $4 IS NULL)";

const FORGET: &str = "DELETE FROM {steps} s WHERE {open}";

const LIST_OPEN: &str = "\
SELECT s.owner, s.name, s.begun_at FROM {steps} s WHERE s.list {EQ} $1 AND s.result IS NULL ORDER BY s.owner, s.name LIMIT 1000";

/// Forgets the steps of all events of a list, and those of items that are not there.
const FORGET_EVENTS: &str = "\
DELETE FROM {steps} s WHERE s.list {EQ} $1 AND (s.pos IS NOT NULL OR NOT EXISTS (
    SELECT FROM {work} w WHERE w.list {EQ} $1 AND w.id {EQ} s.owner
))";

const REMOVE: &str = "DELETE FROM {steps} s WHERE s.list {EQ} $1";

/// The statements for steps.
#[derive(Debug)]
pub(crate) struct StepStatements {
    pub(crate) begin_of_item: Sql,
    pub(crate) begin_of_event: Sql,
    pub(crate) begin_of_parked: Sql,
    pub(crate) end: Sql,
    pub(crate) forget: Sql,
    pub(crate) list_open: Sql,
    pub(crate) forget_events: Sql,
    pub(crate) remove: Sql,
}

impl StepStatements {
    pub(crate) fn new(tables: &Tables, version: u32) -> StepStatements {
        let begin = |holder: &str| {
            let holder = holder.replace("{version}", &version.to_string());
            tables.sql(&BEGIN.replace("{holder}", &holder))
        };
        StepStatements {
            begin_of_item: begin(OF_ITEM),
            begin_of_event: begin(OF_EVENT),
            begin_of_parked: begin(OF_PARKED),
            end: tables.sql(END),
            forget: tables.sql(&FORGET.replace("{open}", OPEN)),
            list_open: tables.sql(LIST_OPEN),
            forget_events: tables.sql(FORGET_EVENTS),
            remove: tables.sql(REMOVE),
        }
    }
}
