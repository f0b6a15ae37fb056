//! How applications fare, by the week in which they came in: a read model in SQL that follows the log.

mod change;
#[cfg(feature = "postgres")]
mod postgres;
mod report;
mod sqlite;
mod views;

#[cfg(feature = "postgres")]
pub use postgres::PostgresFunnel;
pub use report::{FunnelReport, Week};
pub use sqlite::Funnel;
pub use views::FunnelViews;

/// One row for each case. Times are in microseconds since 1970.
const TABLES: &str = "CREATE TABLE cases (
    id BIGINT PRIMARY KEY,
    submitted_at BIGINT NOT NULL,
    asked BIGINT NOT NULL,
    offers BIGINT NOT NULL DEFAULT 0,
    accepted BIGINT NOT NULL DEFAULT 0,
    approved BIGINT NOT NULL DEFAULT 0,
    declined BIGINT NOT NULL DEFAULT 0,
    cancelled BIGINT NOT NULL DEFAULT 0,
    decided_at BIGINT
)";

/// One row for each week, from Monday 1970-01-05 on in UTC, and the columns of [`Week`]. `{cases}` is the table.
const WEEKS: &str = "SELECT (submitted_at - 345600000000) / 604800000000 AS week, count(*),
        CAST(sum(offers) AS BIGINT), CAST(sum(accepted) AS BIGINT),
        CAST(sum(declined) AS BIGINT), CAST(sum(cancelled) AS BIGINT),
        CAST(sum(asked) AS BIGINT),
        CAST(coalesce(sum(asked) FILTER (WHERE approved > 0), 0) AS BIGINT)
    FROM {cases} GROUP BY week ORDER BY week";

/// How long each decision took.
const TIMES: &str = "SELECT decided_at - submitted_at FROM {cases} WHERE decided_at IS NOT NULL";
