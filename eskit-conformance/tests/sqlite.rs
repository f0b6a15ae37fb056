//! The SQLite store, held to the contract.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod parity;

use eskit_conformance::Suite;
use eskit_sqlite::SqliteStore;

#[test]
fn sqlite() {
    let suite = Suite::durable(|log| async move { SqliteStore::options().settle_after(7).open(log.path("db")).await });
    let report = suite.named("sqlite").in_test(concat!(module_path!(), "::sqlite")).run();
    assert!(report.is_success(), "{report}");
    parity::check("SQLite", &report);
}
