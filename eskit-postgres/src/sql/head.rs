use eskit_runtime::log::{EventId, Place};
use sqlx::PgConnection;
use sqlx::types::Uuid;

use crate::error::Fault;
use crate::sql::record::{column, position};
use crate::sql::statements::Statements;

/// Asks the database for the head of the log, which must hold a place.
pub(crate) async fn head_behind(
    conn: &mut PgConnection,
    statements: &Statements,
    place: Place,
) -> Result<Place, Fault> {
    let query = statements.query_as::<(i64, Option<Uuid>, Option<Uuid>)>(&statements.head);
    let (at, id, found) = query.bind(column(place.position)).fetch_one(conn).await?;
    let head = Place { position: position(at), id: id.map(EventId::from) };
    if place.is_held(head.position, found.map(EventId::from)) { Ok(head) } else { Err(Fault::Replaced(place)) }
}
