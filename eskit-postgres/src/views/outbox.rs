//! Commands that a transaction of the caller puts into a queue.

use eskit_runtime::StoreError;
use eskit_runtime::work::{QueueItem, check_work};
use sqlx::postgres::PgTransaction;

use super::postgres_views::PostgresViews;
use super::work::{list_of_tx, open};

impl PostgresViews {
    /// Puts a command into its queue, which these views keep, inside your own transaction: it is there once you have committed, and never if
    /// you roll back. Returns whether it is new; `false` if the queue holds one with its idempotency key, which is left as it is.
    ///
    /// The tables of the transaction may be any in the database of the views; the code that writes them need not be event-sourced.
    ///
    /// - Workers of all processes hear of it within 250 ms of the commit, or 10 s if the transaction was open for more than 5 s.
    /// - From this call until the transaction ends, callers wait that put commands with the same tags into the queue, and one in 64 of
    ///   the others. Call it last, and commit at once.
    /// - A transaction in which a statement has failed is rolled back by the server, which `commit` of sqlx 0.9 reports as success: pass on
    ///   each error before you commit.
    ///
    /// ```no_run
    /// # mod eskit { pub use eskit_runtime::*; pub use eskit_postgres as postgres; }
    /// # async fn example(
    /// #     pool: sqlx::PgPool, views: eskit::postgres::PostgresViews, item: eskit::work::QueueItem,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut transaction = pool.begin().await?;
    /// sqlx::query("UPDATE shop.invoices SET paid = true WHERE number = 17").execute(&mut *transaction).await?;
    /// // let item = app.enqueue(ShipOrder { order: 17 }).idempotency_key("ship:17").into_item()?;
    /// views.enqueue_in(&mut transaction, item).await?;
    /// transaction.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The database failed, or the command is beyond the limits of an item. After a failure of the database, the transaction can only be
    /// rolled back.
    pub async fn enqueue_in(&self, transaction: &mut PgTransaction<'_>, item: QueueItem) -> Result<bool, StoreError> {
        let QueueItem { queue, item } = item;
        let items = vec![item];
        check_work(queue, &items)?;
        let added = open(&list_of_tx(&self.inner, queue), transaction, items).await;
        let added = added.map_err(|error| self.failed("put a command into", queue, error))?;
        Ok(added > 0)
    }
}
