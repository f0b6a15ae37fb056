//! Commands that a transaction of the caller puts into a queue.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use eskit_runtime::StoreError;
use eskit_runtime::work::{NewWork, QueueItem, Work as _, check_work};
use rusqlite::{Connection, Transaction};

use crate::error::Fault;
use crate::open::connect;
use crate::views::fault::failed;
use crate::views::outbox::Outbox;
use crate::views::sqlite_views::SqliteViews;
use crate::views::{open, outbox};

impl SqliteViews {
    /// Takes commands for the queues of these views from an outbox: the table `eskit_outbox` in a file of your own, which is there. Creates
    /// the table if it is missing. Every process that works on the queues, and every one that calls
    /// [`enqueue_in`](SqliteViews::enqueue_in), names the same file.
    ///
    /// # Errors
    /// `Unavailable` if there is no such file; `Foreign` if it is one of eskit, such as a log, or no database; `Invalid` if the views have
    /// another outbox; `ReadOnly`, `Busy`, `Full`, or `Corrupt`.
    pub async fn with_outbox(self, path: impl AsRef<Path>) -> Result<SqliteViews, StoreError> {
        let path = connect::absolute(path.as_ref())?;
        let views = self.clone();
        self.on_reader(move |_| {
            let opened = outbox::create(&path)?;
            let new = Outbox { path: path.clone(), opened: Mutex::new(Some(opened)) };
            let kept = views.shared.outbox.get_or_init(|| new);
            if kept.path == path { Ok(()) } else { Err(outbox::second(&kept.path, &path)) }
        })
        .await?;
        Ok(self)
    }

    /// Puts a command into its queue, which these views keep, inside your own transaction on the file of the
    /// [outbox](SqliteViews::with_outbox): it is there once you have committed, and never if you roll back. Blocks as long as any statement.
    ///
    /// SQLite commits no transaction over two files at once. So the command waits in the outbox until a process claims work of its queue:
    /// about 100 ms while workers are free. A kill between the two repeats the command, with the same idempotency key.
    ///
    /// ```no_run
    /// # mod eskit { pub use eskit_runtime::*; pub use eskit_sqlite as sqlite; }
    /// # fn example(
    /// #     connection: &mut rusqlite::Connection, views: eskit::sqlite::SqliteViews, item: eskit::work::QueueItem,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let transaction = connection.transaction()?;
    /// transaction.execute("UPDATE invoices SET paid = 1 WHERE number = 17", [])?;
    /// // let item = app.enqueue(ShipOrder { order: 17 }).idempotency_key("ship:17").into_item()?;
    /// views.enqueue_in(&transaction, item)?;
    /// transaction.commit()?;
    /// # Ok(()) }
    /// ```
    ///
    /// With another client of SQLite, such as sqlx, insert the fields of the item into `eskit_outbox`: `queue`, `id`, `key`, `kind`, `payload`,
    /// and `due` in microseconds since 1970.
    ///
    /// # Errors
    /// The views have no outbox, or the transaction is on another file; the command is beyond the limits of an item; or the database failed.
    pub fn enqueue_in(&self, transaction: &Transaction<'_>, item: QueueItem) -> Result<(), StoreError> {
        let QueueItem { queue, item } = item;
        let own = self.shared.outbox.get().ok_or_else(outbox::missing)?;
        own.check(transaction)?;
        let items = [item];
        check_work(queue, &items)?;
        let [NewWork { id, key, kind, payload, due, .. }] = items;
        let sql = "INSERT INTO eskit_outbox (queue, id, key, kind, payload, due) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let insert = || transaction.prepare_cached(sql)?.execute((queue, id, key, kind, payload, due.as_micros()));
        insert().map(drop).map_err(|error| failed(error, "write", &own.path))
    }

    /// Moves commands from the outbox into their queue.
    pub(super) async fn empty_outbox(&self, queue: &str) -> Result<(), StoreError> {
        if self.shared.outbox.get().is_none() {
            return Ok(());
        }
        let name = queue.to_owned();
        let waiting = self.on_outbox(move |conn| Ok(outbox::waiting(conn, &name)?)).await?;
        let Some(last) = waiting.last().map(|(number, _)| *number) else { return Ok(()) };
        let items = waiting.into_iter().map(|(_, item)| item).collect();
        self.add_work(queue, items).await?;
        // A kill here repeats the commands, which have the same ids.
        let name = queue.to_owned();
        self.on_outbox(move |conn| open::transact(conn, || Ok(outbox::remove(conn, &name, last)?))).await
    }

    /// Whether commands for this queue wait in the outbox.
    pub(super) async fn has_outgoing(&self, queue: String) -> Result<bool, StoreError> {
        if self.shared.outbox.get().is_none() {
            return Ok(false);
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM eskit_outbox WHERE queue = ?1)";
        self.on_outbox(move |conn| Ok(conn.prepare_cached(sql)?.query_row([queue], |row| row.get(0))?)).await
    }

    /// Runs a job on the connection to the outbox.
    async fn on_outbox<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let views = self.clone();
        self.on_reader(move |_| {
            let Outbox { path, opened } = views.shared.outbox.get().ok_or_else(outbox::missing)?;
            let mut kept = opened.lock().unwrap_or_else(PoisonError::into_inner);
            let opened = match kept.take().filter(|opened| open::is_there(path, opened.number)) {
                Some(opened) => opened,
                None => outbox::create(path)?,
            };
            job(&kept.insert(opened).conn).map_err(|fault| failed(fault, "use the outbox in", path))
        })
        .await
    }
}
