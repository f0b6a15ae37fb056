use eskit_runtime::log::Place;
use eskit_runtime::{StoreError, Timestamp};
use sqlx::{Connection, PgConnection};

use crate::append::writer::Writer;
use crate::error::Fault;
use crate::pool::connections::{Purpose, within};
use crate::sql::head::head_behind;
use crate::sql::statements::Statements;

/// Takes the turn to append until the end of the transaction, for anything else than an append. Refused where the log is sealed.
pub(crate) async fn take_turn(
    conn: &mut PgConnection,
    statements: &Statements,
    wait_ms: Option<i32>,
) -> Result<Result<(), StoreError>, Fault> {
    statements.query(&statements.turn).bind(wait_ms).execute(&mut *conn).await?;
    // In a statement of its own: it sees what the holder before committed.
    Ok(sealed_at(conn, statements).await?.map_or(Ok(()), |since| Err(StoreError::sealed(since))))
}

/// Since when the log takes no writes, if it takes none.
pub(crate) async fn sealed_at(conn: &mut PgConnection, statements: &Statements) -> Result<Option<Timestamp>, Fault> {
    let since: Option<i64> = statements.query_scalar(&statements.sealed_at).fetch_one(conn).await?;
    Ok(since.map(Timestamp::from_micros))
}

/// Seals the log, or lets it take writes again, in a transaction of its own. Returns the head.
///
/// Every append has the turn until its transaction ends: the head has all that were before, and those after find the log sealed.
pub(crate) async fn set(writer: &Writer, to_seal: bool) -> Result<Place, Fault> {
    let mut connection = writer.connections.take(Purpose::Other).await?;
    let result = within(writer.limit(), set_in_turn(&mut connection, writer, to_seal)).await;
    connection.give_back(&result);
    result
}

async fn set_in_turn(conn: &mut PgConnection, writer: &Writer, to_seal: bool) -> Result<Place, Fault> {
    let statements = &writer.statements;
    let mut transaction = conn.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    statements.query(&statements.turn).bind(writer.wait_ms).execute(&mut *transaction).await?;
    let query = match to_seal {
        true => statements.query(&statements.seal).bind(Timestamp::now().as_micros()),
        false => statements.query(&statements.unseal),
    };
    query.execute(&mut *transaction).await?;
    let head = head_behind(&mut transaction, statements, Place::START).await?;
    transaction.commit().await?;
    Ok(head)
}
