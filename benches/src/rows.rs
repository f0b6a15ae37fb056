//! The rows of the table.

mod append;
mod compile;
mod condition;
mod dcb;
pub(crate) mod decode;
mod execute;
mod follow_cost;
mod follow_idle;
mod follow_live;
mod follow_peers;
mod formats;
mod group;
mod loans;
mod migrate;
mod nats_execute;
mod nats_fair;
mod nats_group;
mod pg_claim;
mod pg_dcb;
mod pg_execute;
mod pg_group;
mod pg_held;
mod pg_idle;
mod pg_read;
mod react;
mod rebuild;
mod scan;
mod sealing;
mod snapshots;
mod sse;
mod stats;
mod telemetry;
mod tenants;
mod work;

use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::Finding;

/// A row of the table.
pub(crate) struct Row {
    /// Its name for `--only`.
    pub(crate) name: &'static str,
    /// What it measures.
    pub(crate) what: &'static str,
    /// Runs it.
    pub(crate) run: fn(&Context) -> Result<Finding, Failure>,
}

/// All rows, in the order of the table.
pub(crate) const ALL: &[Row] = &[
    Row { name: "decode", what: "from wire name and version to a typed event, 140 B of JSON", run: decode::run },
    Row { name: "formats", what: "one event as JSON, as CBOR and as Protobuf", run: formats::run },
    Row { name: "compile", what: "200 events of six fields, compiled anew", run: compile::run },
    Row { name: "append", what: "SQLite, one stream-versioned event an append, one caller", run: append::run },
    Row { name: "group", what: "SQLite, one stream-versioned event an append, many callers", run: group::run },
    Row { name: "dcb", what: "SQLite, one event with two tags an append, under a condition", run: dcb::run },
    Row { name: "condition", what: "SQLite, the check of an append condition as the log grows", run: condition::run },
    Row { name: "tenants", what: "SQLite, the check of a condition of one tenant among 1,000", run: tenants::run },
    Row { name: "sealing", what: "personal values sealed, and what other events pay for the layer", run: sealing::run },
    Row { name: "execute", what: "a command on an aggregate of 100 events, one caller", run: execute::run },
    Row { name: "snapshots", what: "SQLite, a command on 10,000 events with a snapshot", run: snapshots::run },
    Row { name: "telemetry", what: "spans and metrics of commands that nobody collects", run: telemetry::run },
    Row { name: "scan", what: "SQLite, the whole log read and decoded", run: scan::run },
    Row { name: "loans", what: "the real log of the example, imported and replayed from SQLite", run: loans::run },
    Row { name: "pg-idle", what: "PostgreSQL, one stream-versioned event an append, one caller", run: pg_idle::run },
    Row {
        name: "pg-group",
        what: "PostgreSQL, one stream-versioned event an append, many callers",
        run: pg_group::run,
    },
    Row { name: "pg-dcb", what: "PostgreSQL, one event with two tags an append, under a condition", run: pg_dcb::run },
    Row {
        name: "pg-condition",
        what: "PostgreSQL, the check of an append condition as the log grows",
        run: condition::run_postgres,
    },
    Row {
        name: "pg-held",
        what: "PostgreSQL, appends beside transactions of the caller that hold the turn",
        run: pg_held::run,
    },
    Row { name: "pg-execute", what: "PostgreSQL, a command on an aggregate of 100 events", run: pg_execute::run },
    Row {
        name: "pg-snapshots",
        what: "PostgreSQL, a command on 10,000 events with a snapshot",
        run: snapshots::run_postgres,
    },
    Row {
        name: "pg-read",
        what: "PostgreSQL, aggregates loaded, and the whole log read and decoded",
        run: pg_read::run,
    },
    Row { name: "nats-group", what: "NATS, one event an append, many callers", run: nats_group::run_one },
    Row { name: "nats3-group", what: "NATS on three servers, the same", run: nats_group::run_three },
    Row { name: "nats-fair", what: "NATS, four stores that append at the same time", run: nats_fair::run_one },
    Row { name: "nats3-fair", what: "NATS on three servers, the same", run: nats_fair::run_three },
    Row { name: "nats3-execute", what: "NATS on three servers, a command with a cached state", run: nats_execute::run },
    Row { name: "rebuild", what: "SQLite, a read model built from the log", run: rebuild::run },
    Row { name: "follow-live", what: "SQLite, from a commit to the handler of a projection", run: follow_live::run },
    Row {
        name: "follow-idle",
        what: "SQLite, subscriptions of one app while nothing is appended",
        run: follow_idle::run,
    },
    Row { name: "follow-cost", what: "SQLite, appends that subscriptions follow", run: follow_cost::run },
    Row { name: "stats", what: "SQLite, what a log of 5,000,000 events holds, and its streams", run: stats::run },
    Row { name: "pg-stats", what: "PostgreSQL, the same", run: stats::run_postgres },
    Row { name: "migrate", what: "SQLite, a log copied from SQLite", run: migrate::run },
    Row { name: "pg-migrate", what: "PostgreSQL, a log copied from SQLite", run: migrate::run_postgres },
    Row { name: "sse", what: "server-sent events, 100 changes a second to 1,000 clients", run: sse::run },
    Row { name: "pg-rebuild", what: "PostgreSQL, a read model built from the log", run: rebuild::run_postgres },
    Row {
        name: "pg-live",
        what: "PostgreSQL, from a commit to the handler of a projection",
        run: follow_live::run_postgres,
    },
    Row {
        name: "pg-follow",
        what: "PostgreSQL, subscriptions of one app while nothing is appended",
        run: follow_idle::run_postgres,
    },
    Row {
        name: "follow-peers",
        what: "PostgreSQL, a balance for each account, built and kept",
        run: follow_peers::run,
    },
    Row { name: "work", what: "SQLite, to-dos without an effect", run: work::run },
    Row { name: "react", what: "SQLite, from a commit to the command of a processor", run: react::run },
    Row { name: "pg-work", what: "PostgreSQL, to-dos without an effect", run: work::run_postgres },
    Row { name: "pg-react", what: "PostgreSQL, from a commit to the command of a processor", run: react::run_postgres },
    Row { name: "pg-claim", what: "PostgreSQL, claims beside a transaction that is held open", run: pg_claim::run },
];

/// The row of this name.
pub(crate) fn find(name: &str) -> Result<&'static Row, Failure> {
    ALL.iter().find(|row| row.name == name).ok_or_else(|| {
        let names: Vec<_> = ALL.iter().map(|row| row.name).collect();
        format!("no row is called {name:?}\nhelp: one of {}", names.join(", ")).into()
    })
}
