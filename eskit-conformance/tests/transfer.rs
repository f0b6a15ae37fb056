//! Each store's log, loaded into each other store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

use std::convert::Infallible;

use eskit::MemoryStore;
use eskit_conformance::{Log, Report, Suite};
use eskit_postgres::PostgresStore;
use eskit_postgres::testing::{self, Database};
use eskit_runtime::StoreError;
use eskit_sqlite::SqliteStore;

async fn memory(_: Log) -> Result<MemoryStore, Infallible> {
    Ok(MemoryStore::new())
}

async fn sqlite(log: Log) -> Result<SqliteStore, StoreError> {
    SqliteStore::options().settle_after(7).open(log.path("db")).await
}

/// Each log is a schema of its own.
async fn postgres(log: Log, dsn: String) -> Result<PostgresStore, StoreError> {
    PostgresStore::options().schema(log.name()).migrate(true).max_connections(4).connect(&dsn).await
}

/// `None` where there is no PostgreSQL, and the test is skipped by name.
fn database() -> Option<Database> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(testing::database()).unwrap()
}

fn check(suite: Suite, name: &str) {
    let report: Report = suite.named(name).only("transfer::").rounds(24).run();
    assert!(report.is_success(), "{report}");
}

#[test]
fn memory_and_sqlite() {
    check(Suite::volatile(memory).transfers::<MemoryStore>().transfers_into(sqlite), "memory into SQLite");
    check(Suite::durable(sqlite).transfers::<SqliteStore>().transfers_into(memory), "SQLite into memory");
}

#[test]
fn memory_and_postgres() {
    let Some(database) = database() else { return };
    let dsn = database.dsn().to_owned();
    let into = move |log| postgres(log, dsn.clone());
    check(Suite::volatile(memory).transfers::<MemoryStore>().transfers_into(into.clone()), "memory into PostgreSQL");
    check(Suite::durable(into).transfers::<PostgresStore>().transfers_into(memory), "PostgreSQL into memory");
}

#[test]
fn sqlite_and_postgres() {
    let Some(database) = database() else { return };
    let dsn = database.dsn().to_owned();
    let into = move |log| postgres(log, dsn.clone());
    check(Suite::durable(sqlite).transfers::<SqliteStore>().transfers_into(into.clone()), "SQLite into PostgreSQL");
    check(Suite::durable(into).transfers::<PostgresStore>().transfers_into(sqlite), "PostgreSQL into SQLite");
}
