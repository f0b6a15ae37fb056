use crate::sql::safe::Sql;

use super::tables::Tables;

const COLUMNS: &str =
    "r.name, r.version, r.number, r.asked, r.argument, r.asked_at, r.paused_at, r.ended_at, r.is_done, r.text";

const ALL: &str = "SELECT {columns} FROM {requests} r ORDER BY r.name, r.version";

/// Puts a request in place of the one before it: a pause lasts until `resume`.
const ASK: &str = "\
INSERT INTO {requests} AS r (name, version, number, asked, argument, asked_at, paused_at)
VALUES ($1, $2, 1, $3, $4, $5, CASE WHEN $3 {EQ} 'pause' THEN $5 END)
ON CONFLICT (name, version) DO UPDATE SET number = r.number OPERATOR(pg_catalog.+) 1, asked = excluded.asked,
    argument = excluded.argument, asked_at = excluded.asked_at, ended_at = NULL, is_done = NULL, text = NULL,
    paused_at = CASE WHEN excluded.asked {EQ} 'pause' THEN coalesce(r.paused_at, excluded.asked_at)
        WHEN excluded.asked {EQ} 'resume' THEN NULL ELSE r.paused_at END
RETURNING {columns}";

const END: &str = "\
UPDATE {requests} r SET ended_at = $4, is_done = $5, text = $6
WHERE r.name {EQ} $1 AND r.version {EQ} $2 AND r.number {EQ} $3 AND r.ended_at IS NULL";

const FORGET: &str = "DELETE FROM {requests} r WHERE r.name {EQ} $1 AND r.version {EQ} $2";

/// The statements about requests.
#[derive(Debug)]
pub(crate) struct RequestStatements {
    pub(crate) all: Sql,
    pub(crate) ask: Sql,
    pub(crate) end: Sql,
    pub(crate) forget: Sql,
}

impl RequestStatements {
    pub(crate) fn new(tables: &Tables) -> RequestStatements {
        let sql = |template: &str| tables.sql(&template.replace("{columns}", COLUMNS));
        RequestStatements { all: sql(ALL), ask: sql(ASK), end: sql(END), forget: sql(FORGET) }
    }
}
