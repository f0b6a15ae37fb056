//! The limit of a read model: the same rows written by hand, one transaction a page, from the same log read and decoded alike,
//! without checkpoints.

use std::collections::BTreeMap;
use std::path::Path;

use eskit::log::{Pages, Query, ReadOptions};
use eskit::{EventStore, RecordedEvent};
use rusqlite::Connection;
use sqlx::{AssertSqlSafe, PgPool};

use crate::account::Deposited;
use crate::read_models::{PG_TABLE, TABLE, insert, pg_insert};
use eskit_bench_harness::Failure;

/// What these limits are called in the table.
pub(crate) const INSERTS: &str = "the same INSERTs by hand";
pub(crate) const SUMS: &str = "an upsert of each sum by hand";

/// As many events as a subscription hands over at once.
const PAGE_EVENTS: usize = 1000;

const SUMS_TABLE: &str = "CREATE TABLE accounts (id TEXT PRIMARY KEY, balance INTEGER NOT NULL)";
const ADD: &str = "INSERT INTO accounts VALUES (?1, ?2) ON CONFLICT DO UPDATE SET balance = balance + excluded.balance";
const PG_SUMS_TABLE: &str = "CREATE TABLE accounts (id text PRIMARY KEY, balance bigint NOT NULL)";
const PG_ADD: &str =
    "INSERT INTO accounts AS a VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET balance = a.balance + excluded.balance";

fn pages<S: EventStore>(store: &S) -> Pages<'_, S> {
    Pages::new(store, Query::of::<Deposited>(), ReadOptions::default().limit(PAGE_EVENTS))
}

/// Builds the table of deposits in a new file.
pub(crate) async fn deposits(store: &impl EventStore, file: &Path) -> Result<(), Failure> {
    let mut conn = open(file, TABLE)?;
    let mut pages = pages(store);
    while let Some(page) = pages.next().await? {
        let transaction = conn.transaction()?;
        for recorded in &page {
            insert(&transaction, recorded, &recorded.decode()?)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// Builds a table of the sums of all accounts in a new file; an account of a page is written once.
pub(crate) async fn sums(store: &impl EventStore, file: &Path) -> Result<(), Failure> {
    let mut conn = open(file, SUMS_TABLE)?;
    let mut pages = pages(store);
    while let Some(page) = pages.next().await? {
        let transaction = conn.transaction()?;
        for (account, sum) in sums_of(&page)? {
            transaction.prepare_cached(ADD)?.execute((account.to_string(), sum))?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// As [`deposits`], in a new database.
pub(crate) async fn pg_deposits(store: &impl EventStore, pool: &PgPool) -> Result<(), Failure> {
    sqlx::raw_sql(AssertSqlSafe(PG_TABLE)).execute(pool).await?;
    let mut pages = pages(store);
    while let Some(page) = pages.next().await? {
        let mut transaction = pool.begin().await?;
        for recorded in &page {
            pg_insert(&mut transaction, recorded, &recorded.decode()?).await?;
        }
        transaction.commit().await?;
    }
    Ok(())
}

/// As [`sums`], in a new database.
pub(crate) async fn pg_sums(store: &impl EventStore, pool: &PgPool) -> Result<(), Failure> {
    sqlx::raw_sql(AssertSqlSafe(PG_SUMS_TABLE)).execute(pool).await?;
    let mut pages = pages(store);
    while let Some(page) = pages.next().await? {
        let mut transaction = pool.begin().await?;
        for (account, sum) in sums_of(&page)? {
            sqlx::query(PG_ADD).bind(account.to_string()).bind(sum).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    }
    Ok(())
}

/// With the settings that `SqliteViews` gives its writers.
fn open(file: &Path, table: &str) -> Result<Connection, Failure> {
    let connection = Connection::open(file)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -(16 << 10))?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 4000, |row| row.get::<_, i64>(0))?;
    connection.execute_batch(table)?;
    Ok(connection)
}

fn sums_of(page: &[RecordedEvent]) -> Result<BTreeMap<u32, i64>, Failure> {
    let mut sums = BTreeMap::new();
    for recorded in page {
        let event: Deposited = recorded.decode()?;
        *sums.entry(event.account).or_default() += event.amount;
    }
    Ok(sums)
}
