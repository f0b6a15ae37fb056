//! The views in SQLite, held to the contract.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod parity;

use eskit_conformance::{Log, Rows, TestError, TestViews, ViewsSuite, WriteRows};
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::Subscriber;
use eskit_sqlite::{SqliteViews, Tx};
use rusqlite::OptionalExtension;

struct InSqlite;

impl TestViews for InSqlite {
    type Views = SqliteViews;
    const TABLES: &'static str = "CREATE TABLE rows (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT;";

    async fn open(&self, place: Log) -> Result<SqliteViews, TestError> {
        Ok(SqliteViews::open(place.path("db")).await?)
    }

    async fn rows<P: Subscriber>(&self, views: &SqliteViews) -> Result<Rows, TestError> {
        let read = |conn: &rusqlite::Connection| {
            let mut statement = conn.prepare("SELECT key, value FROM rows")?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        match views.read::<P, _>(read).await {
            // No version is active yet.
            Err(error) if error.kind() == StoreErrorKind::Unavailable => Ok(Rows::new()),
            rows => Ok(rows?),
        }
    }
}

impl WriteRows for InSqlite {
    type Tx = Tx;

    fn put(tx: &mut Tx, key: &str, value: &str) -> Result<(), TestError> {
        tx.prepare_cached("INSERT OR REPLACE INTO rows (key, value) VALUES (?1, ?2)")?.execute([key, value])?;
        Ok(())
    }

    fn get(tx: &mut Tx, key: &str) -> Result<Option<String>, TestError> {
        let mut statement = tx.prepare_cached("SELECT value FROM rows WHERE key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }
}

#[test]
fn sqlite_views() {
    let suite = ViewsSuite::durable(InSqlite)
        .with_rows()
        .with_changes()
        .with_snapshots()
        .with_commands()
        .with_work()
        .with_requests()
        .named("views in SQLite");
    let cases = suite.case_names().count();
    let report = suite.in_test(concat!(module_path!(), "::sqlite_views")).run();
    assert!(report.is_success(), "{report}");
    parity::check_views("SQLite", cases, &report);
}
