//! One tenant's part of a log, held to the contract of a log of its own.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests fail their test, and print the report")]

use std::convert::Infallible;

use eskit::MemoryStore;
use eskit::tenant::{TenantId, Tenanted};
use eskit_conformance::{Log, Suite};
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

fn check(suite: Suite) {
    let report = suite.quiet().run();
    println!("{report}");
    let failed: Vec<_> = report.failures().filter(|(case, _)| !ROOM.contains(case)).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let of_room = report.failures().filter(|(case, _)| ROOM.contains(case));
    assert!(of_room.count() > 0, "tenants have all the room that others have: take the exceptions out");
}
