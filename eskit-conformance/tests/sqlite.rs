//! The SQLite store, held to the contract, also on a disk that fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod failing_disk;
mod parity;

use eskit_conformance::{Log, Suite};
use eskit_sqlite::SqliteStore;
use failing_disk::FailingDisk;

#[test]
fn sqlite() {
    failing_disk::install();
    let open = |log: Log| async move { SqliteStore::options().settle_after(7).open(log.path("db")).await };
    let suite = Suite::durable(open).faults(FailingDisk);
    let report = suite.named("sqlite").in_test(concat!(module_path!(), "::sqlite")).run();
    assert!(report.is_success(), "{report}");
    parity::check("SQLite", &report);
}
