//! cqrs-es on sqlite-es, as a program that another one gives orders to.
//!
//! `sqlite-es-peer <file> <accounts> <events> <synchronous>` fills the file, prints `ready`, and then, for each line that
//! it reads, executes one command on every account and prints how many a second.

#[path = "../../../src/peers/cqrs_account.rs"]
mod account;

use std::error::Error;
use std::io::BufRead;
use std::time::Instant;

use account::{Account, Deposit};
use sqlite_es::{SqliteCqrs, sqlite_cqrs};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, accounts, events, synchronous] = arguments.as_slice() else {
        return Err("usage: sqlite-es-peer <file> <accounts> <events> <synchronous>".into());
    };
    let (accounts, events): (usize, usize) = (accounts.parse()?, events.parse()?);
    let fill = SqliteSynchronous::Off;
    let cqrs = open(file, fill).await?;
    for _ in 0..events {
        commands_per_second(&cqrs, accounts).await?;
    }
    drop(cqrs);
    let synchronous = if synchronous == "full" { SqliteSynchronous::Full } else { SqliteSynchronous::Normal };
    let cqrs = open(file, synchronous).await?;
    println!("ready");
    for order in std::io::stdin().lock().lines() {
        order?;
        println!("{}", commands_per_second(&cqrs, accounts).await?);
    }
    Ok(())
}

/// As `sqlite_es::default_sqlite_pool` opens it, but for how it syncs.
async fn open(file: &str, synchronous: SqliteSynchronous) -> Result<SqliteCqrs<Account>, Box<dyn Error>> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true);
    let pool = SqlitePoolOptions::new().max_connections(10).connect_with(options).await?;
    // The table of sqlite-es' own migration.
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS events (
           aggregate_type text NOT NULL,
           aggregate_id text NOT NULL,
           sequence integer CHECK (sequence >= 0) NOT NULL,
           event_type text NOT NULL,
           event_version text NOT NULL,
           payload text NOT NULL,
           metadata text NOT NULL,
           PRIMARY KEY (aggregate_type, aggregate_id, sequence)
         ) STRICT",
    )
    .execute(&pool)
    .await?;
    Ok(sqlite_cqrs(pool, Vec::new(), ()))
}

async fn commands_per_second(cqrs: &SqliteCqrs<Account>, accounts: usize) -> Result<f64, Box<dyn Error>> {
    let started = Instant::now();
    for account in 0..accounts {
        cqrs.execute(&account.to_string(), Deposit::new(1)).await?;
    }
    Ok(accounts as f64 / started.elapsed().as_secs_f64())
}
