//! The PostgreSQL store, held to the contract.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod parity;

use eskit_conformance::{Log, Suite};
use eskit_postgres::PostgresStore;
use eskit_postgres::testing::{self, Database};
use eskit_runtime::StoreError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// How a process that is to be killed learns of the database.
const DSN: &str = "ESKIT_CONFORMANCE_POSTGRES";

/// Each log is a schema of its own.
async fn open(log: Log, dsn: String) -> Result<PostgresStore, StoreError> {
    PostgresStore::options().schema(log.name()).migrate(true).max_connections(6).connect(&dsn).await
}

async fn remove(log: Log, options: PgConnectOptions) {
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    let sql = format!("DROP SCHEMA IF EXISTS {} CASCADE", log.name());
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// `None` where there is no PostgreSQL, and the test is skipped by name.
fn database() -> Option<Database> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(testing::database()).unwrap()
}

#[test]
fn postgres() {
    let suite = |dsn: String| {
        let suite = Suite::durable(move |log| open(log, dsn.clone())).named("postgres");
        suite.in_test(concat!(module_path!(), "::postgres"))
    };
    if let Ok(dsn) = std::env::var(DSN) {
        suite(dsn).run();
        return;
    }
    let Some(database) = database() else { return };
    let options = database.connect_options();
    let report = suite(database.dsn().to_owned())
        .child_env(DSN, database.dsn())
        .remove_with(move |log| remove(log, options.clone()))
        .run();
    assert!(report.is_success(), "{report}");
    parity::check("PostgreSQL", &report);
}
