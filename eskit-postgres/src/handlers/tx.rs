use std::fmt;
use std::fmt::Display;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use eskit_runtime::subscription::Changed;
use sqlx::postgres::{PgTransaction, PgTransactionManager};
use sqlx::{PgConnection, SqlSafeStr};
use sqlx_core::transaction::TransactionManager;

use crate::error::Fault;
use crate::pool::connections::{Lent, within};
use crate::sql::safe::Sql;

/// The transaction with which the handlers of a projection write to [`PostgresViews`](crate::PostgresViews), or, for one of
/// [`PostgresStore::with_projection`](crate::PostgresStore::with_projection), that of an append. It is committed together with the
/// checkpoint, or not at all.
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
///     tx.changed(id);
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
    connection: Held,
    is_live: bool,
    changed: Changed,
    list: Option<ListOfTx>,
}

/// The list whose items of work a transaction opens and closes.
#[derive(Clone)]
pub(crate) struct ListOfTx {
    pub(crate) name: String,
    /// The class of the locks under which items of the list are opened.
    pub(crate) locks: i32,
    pub(crate) lock: Sql,
    pub(crate) lock_keys: Sql,
    pub(crate) open: Sql,
    pub(crate) close: Sql,
    pub(crate) free_next: Sql,
}

/// Where a transaction runs.
enum Held {
    /// On a connection of the caller's pool.
    Pool(PgTransaction<'static>),
    /// On a connection of the store.
    Store(Lent),
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

impl Tx {
    /// Whether the subscription has handled all that the log holds, once this batch is handled.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Tells readers that wait in [`Changes::next`](eskit_runtime::subscription::Changes::next) that what is kept under this key has
    /// changed. They hear of it after the commit. Without any call in a batch of events, they hear that anything may have changed. A
    /// projection that commits with the append has no such readers.
    pub fn changed(&mut self, key: impl Display) {
        self.changed.add(key.to_string());
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.connection {
            Held::Pool(transaction) => transaction,
            Held::Store(connection) => connection,
        }
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.connection {
            Held::Pool(transaction) => transaction,
            Held::Store(connection) => connection,
        }
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("is_live", &self.is_live).finish_non_exhaustive()
    }
}

/// What eskit does with it. Handlers may begin savepoints, which sqlx counts, so that sqlx must begin and end the transaction too.
impl Tx {
    pub(crate) fn of(transaction: PgTransaction<'static>, is_live: bool) -> Tx {
        Tx { connection: Held::Pool(transaction), is_live, changed: Changed::none(), list: None }
    }

    /// A transaction that opens and closes items of this list.
    pub(crate) fn with_list(mut self, list: ListOfTx) -> Tx {
        self.list = Some(list);
        self
    }

    /// The list whose items this transaction opens and closes.
    pub(crate) fn list(&self) -> Option<&ListOfTx> {
        self.list.as_ref()
    }

    /// Begins a transaction on a connection of the store, within this time.
    pub(crate) async fn begin(mut connection: Lent, limit: Duration) -> Result<Tx, Fault> {
        let begun = within(limit, async {
            Ok(PgTransactionManager::begin(&mut connection, Some(BEGIN.into_sql_str())).await?)
        })
        .await;
        match begun {
            Ok(()) => {
                Ok(Tx { connection: Held::Store(connection), is_live: false, changed: Changed::none(), list: None })
            }
            Err(fault) => {
                let failed = Err(fault);
                connection.give_back(&failed);
                failed.map(|never: std::convert::Infallible| match never {})
            }
        }
    }

    /// Tells handlers whether what follows is new.
    pub(crate) fn set_live(&mut self, is_live: bool) {
        self.is_live = is_live;
    }

    /// What readers are told after these many events were handled.
    pub(crate) fn take_changed(&mut self, events: usize) -> Changed {
        match std::mem::replace(&mut self.changed, Changed::none()) {
            named if named.is_none() && events > 0 => Changed::All,
            named => named,
        }
    }

    pub(crate) async fn commit(self) -> sqlx::Result<()> {
        match self.connection {
            Held::Pool(transaction) => transaction.commit().await,
            Held::Store(mut connection) => PgTransactionManager::commit(&mut connection).await,
        }
    }

    pub(crate) async fn rollback(self) -> sqlx::Result<()> {
        match self.connection {
            Held::Pool(transaction) => transaction.rollback().await,
            Held::Store(mut connection) => PgTransactionManager::rollback(&mut connection).await,
        }
    }

    /// Ends the transaction after some work, within this time: commits it if the work succeeded. Gives a connection of the store back.
    pub(crate) async fn end<T>(self, worked: Result<T, Fault>, limit: Duration) -> Result<T, Fault> {
        let Held::Store(mut connection) = self.connection else {
            let done = worked?;
            self.commit().await?;
            return Ok(done);
        };
        match worked {
            Ok(done) => {
                let committed = within(limit, async { Ok(PgTransactionManager::commit(&mut connection).await?) }).await;
                connection.give_back(&committed);
                committed.map(|()| done)
            }
            Err(fault) => {
                let undone = if fault.spares_connection() {
                    within(limit, async { Ok(PgTransactionManager::rollback(&mut connection).await?) }).await
                } else {
                    Ok(())
                };
                match undone {
                    Ok(()) => {
                        let failed = Err(fault);
                        connection.give_back(&failed);
                        failed
                    }
                    // What it failed with says more; the connection is closed.
                    Err(_) => Err(fault),
                }
            }
        }
    }
}
