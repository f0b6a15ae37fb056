//! The read models of the rows that follow a log, and the log that they are built from.

use eskit::EventStore;
use eskit::RecordedEvent;
use eskit::log::{Append, NewEvent};
use eskit::projection;
use rusqlite::{Connection, params};

use crate::account::{Deposited, recorded};
use eskit_bench_harness::Failure;

/// How many deposits are appended at once.
const EVENTS_PER_APPEND: usize = 1000;

/// What creates the table on SQLite.
pub(crate) const TABLE: &str = "CREATE TABLE deposits (pos INTEGER PRIMARY KEY, account INTEGER NOT NULL, amount INTEGER NOT NULL, note TEXT NOT NULL)";
/// What creates it on PostgreSQL.
pub(crate) const PG_TABLE: &str = "CREATE TABLE deposits (pos bigint PRIMARY KEY, account bigint NOT NULL, amount bigint NOT NULL, note text NOT NULL)";
const PG_INSERT: &str = "INSERT INTO deposits VALUES ($1, $2, $3, $4)";

/// A row for each deposit, on SQLite.
pub(crate) struct Deposits;

#[projection(name = "deposits")]
impl Deposits {
    #[tables]
    const SQL: &str = TABLE;

    #[on]
    fn deposited(
        &self,
        event: &Deposited,
        recorded: &RecordedEvent,
        tx: &mut eskit_sqlite::Tx,
    ) -> rusqlite::Result<()> {
        insert(tx, recorded, event)
    }
}

/// The same on PostgreSQL.
pub(crate) struct PgDeposits;

#[projection(name = "deposits-in-postgres")]
impl PgDeposits {
    #[tables]
    const SQL: &str = PG_TABLE;

    #[on]
    async fn deposited(
        &self,
        event: &Deposited,
        recorded: &RecordedEvent,
        tx: &mut eskit_postgres::Tx,
    ) -> sqlx::Result<()> {
        pg_insert(tx, recorded, event).await
    }
}

/// Writes the row of a deposit, with the projection and without it.
pub(crate) fn insert(conn: &Connection, recorded: &RecordedEvent, event: &Deposited) -> rusqlite::Result<()> {
    let mut insert = conn.prepare_cached("INSERT INTO deposits VALUES (?1, ?2, ?3, ?4)")?;
    insert.execute(params![recorded.position.get().cast_signed(), event.account, event.amount, event.note])?;
    Ok(())
}

/// As [`insert`], on PostgreSQL.
pub(crate) async fn pg_insert(
    conn: &mut sqlx::PgConnection,
    recorded: &RecordedEvent,
    event: &Deposited,
) -> sqlx::Result<()> {
    let insert = sqlx::query(PG_INSERT).bind(recorded.position.get().cast_signed()).bind(i64::from(event.account));
    insert.bind(event.amount).bind(&event.note).execute(conn).await?;
    Ok(())
}

/// Appends deposits on these accounts in turn.
pub(crate) async fn fill(store: &impl EventStore, accounts: u32, events: usize) -> Result<(), Failure> {
    for start in (0..events).step_by(EVENTS_PER_APPEND) {
        let deposits = (start..events.min(start + EVENTS_PER_APPEND)).map(|number| recorded(number as u32 % accounts));
        store.append(Append::new(deposits.collect::<Result<Vec<NewEvent>, Failure>>()?)).await?;
    }
    Ok(())
}
