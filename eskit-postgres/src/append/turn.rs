use sqlx::{Connection, PgConnection};

use crate::append::batch::Batch;
use crate::append::known::Known;
use crate::append::outcome::Outcome;
use crate::error::Fault;
use crate::sql::statements::Statements;

/// Checks and writes a batch, and commits it. Waits for the turn for at most so many milliseconds; with `None` as long as the
/// session waits for any lock.
///
/// Outside of a transaction, the one statement is committed with its end. Where sessions have another isolation level by default,
/// a transaction says which one it needs, for two round trips more.
pub(crate) async fn commit(
    conn: &mut PgConnection,
    statements: &Statements,
    batch: &Batch<'_>,
    wait_ms: Option<i32>,
    known: &Known,
) -> Result<Outcome, Fault> {
    if !statements.begins() {
        match append(conn, statements, batch, wait_ms, known).await {
            Err(fault) if fault.is_of_isolation() => statements.begin_from_now_on(),
            answer => return answer,
        }
    }
    let mut transaction = conn.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    match append(&mut transaction, statements, batch, wait_ms, known).await {
        Ok(outcome) => {
            transaction.commit().await?;
            Ok(outcome)
        }
        Err(fault) => {
            // What the append failed with says more than why it cannot be undone.
            let _ = transaction.rollback().await;
            Err(fault)
        }
    }
}

/// Checks and writes a batch, in the transaction of the caller if there is one.
pub(crate) async fn append(
    conn: &mut PgConnection,
    statements: &Statements,
    batch: &Batch<'_>,
    wait_ms: Option<i32>,
    known: &Known,
) -> Result<Outcome, Fault> {
    if let Some(one) = batch.one()
        && let Some(written) = one.write(conn, statements, wait_ms).await?
    {
        return Ok(Outcome::of_one(&written));
    }
    Outcome::from_row(&batch.call(statements, wait_ms, known).run(conn).await?)
}
