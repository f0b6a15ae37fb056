//! The PostgreSQL store, held to the contract.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod parity;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use eskit_conformance::{Backups, Log, Report, Suite};
use eskit_postgres::PostgresStore;
use eskit_postgres::testing::{self, Database};
use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, ListStreams, LogId, Page, Place, Query, ReadOptions,
    StoreErrorKind, StreamChange, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus,
};
use eskit_runtime::{EventStore, StoreError};
use sqlx::postgres::{PgConnectOptions, PgTransaction};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

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

/// What follows the events of a backup is removed, as if the backup had been restored.
#[derive(Clone)]
struct Truncation {
    options: PgConnectOptions,
    kept: Arc<Mutex<HashMap<Log, i64>>>,
}

impl Truncation {
    async fn run(&self, sql: String) -> Option<i64> {
        let mut connection = PgConnection::connect_with(&self.options).await.unwrap();
        let answer = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_optional(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        answer.map(|row| row.get(0))
    }
}

impl Backups for Truncation {
    async fn back_up(&self, log: Log) {
        let head = self.run(format!("SELECT max(pos) FROM {}.events", log.name())).await.unwrap();
        self.kept.lock().unwrap().insert(log, head);
    }

    async fn restore(&self, log: Log) {
        let (kept, schema) = (self.kept.lock().unwrap()[&log], log.name());
        self.run(format!(
            "DELETE FROM {schema}.events WHERE pos > {kept}; DELETE FROM {schema}.tags WHERE pos > {kept}"
        ))
        .await;
    }
}

/// A store whose every call is a transaction of the caller.
struct InTransactions(PostgresStore);

impl InTransactions {
    async fn begin(&self) -> Result<PgTransaction<'static>, StoreError> {
        self.0.pool().begin().await.map_err(failed)
    }

    async fn commit(&self, transaction: PgTransaction<'_>) -> Result<(), StoreError> {
        transaction.commit().await.map_err(failed)?;
        self.0.announce().await.map(drop)
    }
}

fn failed(error: sqlx::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Other, error.to_string())
}

impl EventStore for InTransactions {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let mut transaction = self.begin().await?;
        let appended = self.0.in_transaction(&mut transaction).append(append).await?;
        self.commit(transaction).await?;
        Ok(appended)
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        // A page that is read ahead takes a connection when it is wanted.
        tokio::task::yield_now().await;
        self.0.in_transaction(&mut self.begin().await?).read(query, options).await
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        self.0.in_transaction(&mut self.begin().await?).log_id().await
    }

    async fn head(&self) -> Result<Place, StoreError> {
        self.0.in_transaction(&mut self.begin().await?).head().await
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        self.0.watch(after).await
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        self.0.in_transaction(&mut self.begin().await?).stream_info(stream).await
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        self.0.in_transaction(&mut self.begin().await?).list_streams(list).await
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        let mut transaction = self.begin().await?;
        let status = self.0.in_transaction(&mut transaction).change_stream(stream, change).await?;
        self.commit(transaction).await?;
        Ok(status)
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        let mut transaction = self.begin().await?;
        let count = self.0.in_transaction(&mut transaction).add_tags(added).await?;
        self.commit(transaction).await?;
        Ok(count)
    }
}

/// `None` where there is no PostgreSQL, and the test is skipped by name.
fn database() -> Option<Database> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(testing::database()).unwrap()
}

/// Holds the store that `open` opens to the contract; a process that is to be killed finds its way by `test`, its own full
/// name. `None` where there is no PostgreSQL, and in such a process.
fn check<S, Fut>(
    name: &'static str,
    test: &'static str,
    open: fn(Log, String) -> Fut,
    offered: fn(Suite) -> Suite,
) -> Option<Report>
where
    S: EventStore + 'static,
    Fut: Future<Output = Result<S, StoreError>> + Send + 'static,
{
    let suite = |dsn: String| offered(Suite::durable(move |log| open(log, dsn.clone())).named(name).in_test(test));
    if let Ok(dsn) = std::env::var(DSN) {
        suite(dsn).run();
        return None;
    }
    let database = database()?;
    let options = database.connect_options();
    let report = suite(database.dsn().to_owned())
        .child_env(DSN, database.dsn())
        .backups(Truncation { options: options.clone(), kept: Arc::default() })
        .remove_with(move |log| remove(log, options.clone()))
        .run();
    assert!(report.is_success(), "{report}");
    Some(report)
}

#[test]
fn postgres() {
    let test = concat!(module_path!(), "::postgres");
    let offered = |suite: Suite| suite.transfers::<PostgresStore>().rounds(16);
    if let Some(report) = check("postgres", test, open, offered) {
        parity::check("PostgreSQL", &report);
    }
}

#[test]
fn postgres_in_transactions_of_the_caller() {
    let test = concat!(module_path!(), "::postgres_in_transactions_of_the_caller");
    let open = |log, dsn| async { Ok(InTransactions(open(log, dsn).await?)) };
    // The server runs the same functions as for the calls of the store itself.
    check("postgres_in_transactions", test, open, |suite| suite.rounds(6));
}
