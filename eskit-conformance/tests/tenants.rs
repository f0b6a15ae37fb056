//! One tenant's part of a log, held to the contract of a log of its own.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests fail their test, and print the report")]

use std::convert::Infallible;

use eskit::MemoryStore;
use eskit::tenant::{TenantId, Tenanted};
use eskit_conformance::{Log, Suite};
use eskit_postgres::PostgresStore;
use eskit_postgres::testing::{self, Database};
use eskit_sqlite::SqliteStore;

/// Cases that use the whole length of a stream id or all tags of an event, of which the tenant takes some.
const ROOM: [&str; 6] = [
    "limits::limits_themselves_are_allowed",
    "text::stream_ids_are_told_apart",
    "text::conditions_tell_texts_apart",
    "lifecycle::reasons_and_names_are_kept",
    "retag::an_event_takes_no_more_tags_than_it_may",
    "stream_list::a_list_has_limits",
];

fn acme<S>(store: S) -> Tenanted<S> {
    Tenanted::new(store, TenantId::new("acme").unwrap())
}

#[test]
fn in_memory() {
    check(Suite::volatile(|_| async { Ok::<_, Infallible>(acme(MemoryStore::new())) }).named("tenant in memory"));
}

/// Few rounds: that the layer keeps the contract does not depend on the store below it.
#[test]
fn on_sqlite() {
    let open = |log: Log| async move { SqliteStore::open(log.path("db")).await.map(acme) };
    check(Suite::durable(open).named("tenant on sqlite").in_test("on_sqlite").rounds(2));
}

/// How a process that is to be killed learns of the database.
const DSN: &str = "ESKIT_CONFORMANCE_TENANTS";

/// The suite on a database; nothing where there is none, and in a process that is to be killed, which ends here.
fn postgres() -> Option<(Suite, Database)> {
    let suite = |dsn: String| {
        let open = |log: Log, dsn: String| async move {
            let options = PostgresStore::options().schema(log.name()).migrate(true).max_connections(6);
            options.connect(&dsn).await.map(acme)
        };
        let suite = Suite::durable(move |log| open(log, dsn.clone()));
        suite.named("tenant on postgres").in_test("on_postgres")
    };
    if let Ok(dsn) = std::env::var(DSN) {
        suite(dsn).run();
        return None;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(testing::database()).unwrap()?;
    let suite = suite(database.dsn().to_owned()).child_env(DSN, database.dsn());
    Some((suite, database))
}

/// The cases in which the log below is asked for another thing than by the caller: other tags, ids, names of streams. The others take minutes
/// there.
#[test]
fn on_postgres() {
    let Some((suite, _database)) = postgres() else { return };
    let cases = ["conditions::", "ids::", "queries::", "retag::", "stream_list::"];
    check(cases.into_iter().fold(suite.rounds(1), Suite::only));
}

/// All cases for which a tenant has the room. `cargo xtask soak --store tenants` runs it.
#[test]
#[ignore = "takes minutes"]
fn on_postgres_whole() {
    let Some((suite, _database)) = postgres() else { return };
    let cases = Suite::case_names().filter(|case| !ROOM.contains(case));
    let report = cases.fold(suite, Suite::only).quiet().run();
    println!("{report}");
    assert!(report.is_success());
}

fn check(suite: Suite) {
    let report = suite.quiet().run();
    println!("{report}");
    let failed: Vec<_> = report.failures().filter(|(case, _)| !ROOM.contains(case)).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let of_room = report.failures().filter(|(case, _)| ROOM.contains(case));
    assert!(of_room.count() > 0, "tenants have all the room that others have: take the exceptions out");
}
