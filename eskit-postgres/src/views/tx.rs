use std::fmt;
use std::ops::{Deref, DerefMut};

use sqlx::PgConnection;
use sqlx::postgres::PgTransaction;

/// The transaction with which the handlers of a projection write to [`PostgresViews`](crate::PostgresViews). It is committed together
/// with the checkpoint, or not at all.
///
/// It is a [`PgConnection`], on which queries of sqlx are executed. Names of tables without a schema are those of the projection's own
/// version; then those of `public`, where extensions have their types and operators.
///
/// ```
/// # mod eskit { pub use eskit_postgres as postgres; }
/// use eskit::postgres::{Tx, sqlx};
///
/// async fn defined(id: &str, seats: i32, tx: &mut Tx) -> sqlx::Result<()> {
///     sqlx::query("INSERT INTO courses VALUES ($1, $2)").bind(id).bind(seats).execute(&mut **tx).await?;
///     Ok(())
/// }
/// ```
///
/// Return the error of each statement with `?`. In PostgreSQL, a statement that fails ends what its transaction can do; a handler that
/// goes on nevertheless fails all the same. To go on after an error, run the statement in a savepoint:
/// `tx.begin()` of [`sqlx::Connection`]. A handler must not end the transaction itself.
///
/// Connections of the pool are shared by all projections, and sqlx keeps the types of a prepared statement with its text. If two
/// projections have statements of the same text that bind values of different types, a batch that fails for it is repeated on a new
/// connection. Give such statements different texts.
pub struct Tx {
    pub(crate) transaction: PgTransaction<'static>,
    pub(crate) is_live: bool,
}

impl Tx {
    /// Whether the subscription has handled all that the log holds, once this batch is handled.
    pub fn is_live(&self) -> bool {
        self.is_live
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.transaction
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("is_live", &self.is_live).finish_non_exhaustive()
    }
}
