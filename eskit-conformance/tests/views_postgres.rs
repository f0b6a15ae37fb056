//! The views in PostgreSQL, held to the contract.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod parity;

use std::str::FromStr;
use std::time::Duration;

use eskit_conformance::{Log, Rows, TestError, TestViews, ViewsSuite, WriteRowsAsync};
use eskit_postgres::testing::{self, Database};
use eskit_postgres::{PostgresViews, Tx};
use eskit_runtime::subscription::Subscriber;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// How a process that is to be killed learns of the server.
const DSN: &str = "ESKIT_CONFORMANCE_POSTGRES";

/// Each place is a database of its own.
struct InDatabases {
    server: PgConnectOptions,
}

impl InDatabases {
    async fn run(&self, sql: String) -> Result<(), sqlx::Error> {
        let mut connection = PgConnection::connect_with(&self.server).await?;
        let answer = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
        connection.close().await?;
        answer.map(drop)
    }
}

impl TestViews for InDatabases {
    type Views = PostgresViews;
    const TABLES: &'static str = "CREATE TABLE rows (key text PRIMARY KEY, value text NOT NULL)";

    async fn open(&self, place: Log) -> Result<PostgresViews, TestError> {
        // Another handle, or another process, may have created it.
        let _ = self.run(format!("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", place.name())).await;
        let pool = PgPoolOptions::new().max_connections(4);
        let pool = pool.connect_with(self.server.clone().database(place.name())).await?;
        Ok(PostgresViews::options().lease(Duration::from_secs(2)).open(pool).await?)
    }

    async fn rows<P: Subscriber>(&self, views: &PostgresViews) -> Result<Rows, TestError> {
        let sql = format!("SELECT key, value FROM {}.rows", P::TYPE.name.replace('-', "_"));
        let rows: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(views.pool()).await?;
        Ok(rows.into_iter().collect())
    }

    async fn remove(&self, place: Log) {
        self.run(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", place.name())).await.unwrap();
    }
}

impl WriteRowsAsync for InDatabases {
    type Tx = Tx;

    async fn put(tx: &mut Tx, key: &str, value: &str) -> Result<(), TestError> {
        let sql = "INSERT INTO rows VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        sqlx::query(sql).bind(key).bind(value).execute(&mut **tx).await?;
        Ok(())
    }

    async fn get(tx: &mut Tx, key: &str) -> Result<Option<String>, TestError> {
        let query = sqlx::query_scalar("SELECT value FROM rows WHERE key = $1").bind(key);
        Ok(query.fetch_optional(&mut **tx).await?)
    }
}

/// The server, and the database that keeps it up; `None` where there is no PostgreSQL.
fn server() -> Option<(String, Option<Database>)> {
    if let Ok(dsn) = std::env::var(DSN) {
        return Some((dsn, None));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(testing::database()).unwrap()?;
    Some((database.dsn().to_owned(), Some(database)))
}

#[test]
fn postgres_views() {
    let Some((dsn, _database)) = server() else { return };
    let views = InDatabases { server: PgConnectOptions::from_str(&dsn).unwrap() };
    let suite = ViewsSuite::durable(views)
        .with_rows()
        .with_changes()
        .with_snapshots()
        .with_commands()
        .with_work()
        .with_requests()
        .named("postgres_views")
        .child_env(DSN, dsn)
        .rounds(8);
    let cases = suite.case_names().count();
    let report = suite.in_test(concat!(module_path!(), "::postgres_views")).run();
    assert!(report.is_success(), "{report}");
    parity::check_views("PostgreSQL", cases, &report);
}
