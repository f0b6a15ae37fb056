//! The SQLite store, held to the contract, also on a disk that fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod failing_disk;
mod parity;

use std::path::PathBuf;
use std::time::Duration;

use eskit_conformance::{Backups, Log, Suite};
use eskit_sqlite::SqliteStore;
use failing_disk::FailingDisk;
use rusqlite::Connection;
use rusqlite::backup::Backup;

/// Restores a file by SQLite's own means, under the handles that have it open.
struct OnlineBackup;

fn copy(from: PathBuf, to: PathBuf) {
    let (from, mut to) = (Connection::open(from).unwrap(), Connection::open(to).unwrap());
    to.busy_timeout(Duration::from_secs(5)).unwrap();
    Backup::new(&from, &mut to).unwrap().run_to_completion(i32::MAX, Duration::from_millis(1), None).unwrap();
}

impl Backups for OnlineBackup {
    async fn back_up(&self, log: Log) {
        copy(log.path("db"), log.path("backup"));
    }

    async fn restore(&self, log: Log) {
        copy(log.path("backup"), log.path("db"));
    }
}

#[test]
fn sqlite() {
    failing_disk::install();
    let open = |log: Log| async move { SqliteStore::options().settle_after(7).open(log.path("db")).await };
    let suite = Suite::durable(open).faults(FailingDisk).backups(OnlineBackup).transfers::<SqliteStore>();
    let report = suite.named("sqlite").in_test(concat!(module_path!(), "::sqlite")).run();
    assert!(report.is_success(), "{report}");
    parity::check("SQLite", &report);
}
