use std::fmt;

use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, ListStreams, LogId, Page, Place, Query, ReadOptions,
    StoreErrorKind, StreamChange, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus, limits,
};
use eskit_runtime::{EventStore, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgTransaction;
use tokio::sync::Mutex;

use crate::append::batch::Batch;
use crate::append::known::Known;
use crate::append::outcome::Verdict;
use crate::append::{lifecycle, repeat, retag, turn};
use crate::error::Fault;
use crate::read::{page, stream_info, stream_list};
use crate::sql::head::head_behind;
use crate::store::PostgresStore;

impl PostgresStore {
    /// The log inside your own transaction, so that events and your other writes are committed together or not at all. It is a
    /// store like any other, on which an `App` executes commands. It sees what the transaction sees, including its own events;
    /// others see those after your commit.
    ///
    /// **Cost.** From its first append or change of a stream until the transaction ends, no other caller in any process can append
    /// to this log. Append last, and commit at once. On 2 cores beside 32 callers of the store, one such transaction after another
    /// left the others 0.4 of their appends a second if committed at once, 0.3 if held for 1 ms each, and 0.08 if held for 10 ms
    /// each. Appends that wait longer than their [`lock_timeout`](crate::PostgresOptions::lock_timeout) fail as `Busy`.
    ///
    /// **Deadlocks.** The transaction waits for the lock for appends as long as for any lock (`SET LOCAL lock_timeout`). Two such
    /// transactions in one task wait for each other for ever. If the transaction locks rows that others lock *after* they append,
    /// the two can deadlock; append last everywhere.
    ///
    /// **Errors.** After a refusal, such as a conflict, the transaction can still be used. It keeps the lock, so a command does not
    /// conflict a second time. A database error ([`AppendError::Store`]) aborts the transaction, as always in PostgreSQL: roll it
    /// back. Every later call, including a retry, fails with the text of that error. If the future of an append is dropped, the
    /// events may have been written, and a commit keeps them.
    ///
    /// **Commit.** Positions and versions are final once [`PostgresStore::commit`] has succeeded. If you commit in another way, call
    /// [`PostgresStore::announce`] afterwards; otherwise, calls of `watch` notice the events only at their next look. `watch` on the
    /// transaction itself is [unsupported](StoreErrorKind::Unsupported).
    ///
    /// **Isolation.** A REPEATABLE READ or SERIALIZABLE transaction can read, but not append: it does not see events that were
    /// appended since it began, and is refused as [unsupported](StoreErrorKind::Unsupported). If one of these is your default, begin
    /// with `pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED")`.
    ///
    /// ```no_run
    /// # mod eskit { pub use eskit_runtime::*; pub use eskit_postgres as postgres; }
    /// # async fn example(store: eskit::postgres::PostgresStore) -> Result<(), Box<dyn std::error::Error>> {
    /// use eskit::log::{Append, NewEvent};
    /// use eskit::EventStore;
    ///
    /// let mut transaction = store.pool().begin().await?;
    /// sqlx::query("UPDATE shop.stock SET left_over = left_over - 1").execute(&mut *transaction).await?;
    /// // For a command: App::new(store.in_transaction(&mut transaction)).execute(command).await?;
    /// let sold = Append::new(vec![NewEvent::json("shop.Sold", "{}")]);
    /// store.in_transaction(&mut transaction).append(sold).await?;
    /// store.commit(transaction).await?;
    /// # Ok(()) }
    /// ```
    pub fn in_transaction<'t>(&self, transaction: &'t mut PgTransaction<'_>) -> InTransaction<'t> {
        InTransaction { store: self.clone(), inside: Mutex::new(Inside { connection: transaction, failure: None }) }
    }

    /// Commits a transaction in which events were appended, and [announces](PostgresStore::announce) them.
    ///
    /// A transaction in which a statement has failed cannot be committed: PostgreSQL rolls it back, which the `commit` of sqlx 0.9
    /// reports as success. Here it is an error.
    ///
    /// # Errors
    /// Errors of the database. Nothing was committed, unless the error is [`Unavailable`](StoreErrorKind::Unavailable): then the
    /// connection broke, and you must read the log to find out.
    pub async fn commit(&self, mut transaction: PgTransaction<'_>) -> Result<(), StoreError> {
        let fail = |error: sqlx::Error| self.error("commit a transaction on", error.into());
        // Refused where anything has failed.
        sqlx::raw_sql("SELECT").execute(&mut *transaction).await.map_err(fail)?;
        transaction.commit().await.map_err(fail)?;
        // Processes without the notification poll soon.
        let _ = self.announce().await;
        Ok(())
    }

    /// Reads the head of the log, wakes calls of `watch` in this and in other processes, and returns the head. Call it after the
    /// commit of a transaction that appended through [`PostgresStore::in_transaction`].
    ///
    /// # Errors
    /// As [`EventStore::head`].
    pub async fn announce(&self) -> Result<Place, StoreError> {
        let head = self.head().await?;
        self.inner.heads.announce(head);
        Ok(head)
    }
}

/// The log inside your own transaction, from [`PostgresStore::in_transaction`].
pub struct InTransaction<'t> {
    store: PostgresStore,
    inside: Mutex<Inside<'t>>,
}

struct Inside<'t> {
    connection: &'t mut PgConnection,
    /// What the last call that failed did so with.
    failure: Option<String>,
}

impl Inside<'_> {
    /// The answer to the caller. In a transaction that has failed, the database says no more than that: what it failed with is
    /// told instead.
    fn told<T>(&mut self, store: &PostgresStore, doing: &str, result: Result<T, Fault>) -> Result<T, StoreError> {
        let fault = match result {
            Ok(answer) => return Ok(answer),
            Err(fault) => fault,
        };
        let is_consequence = fault.is_in_failed_transaction();
        if is_consequence && let Some(failure) = &self.failure {
            let text = format!("the transaction has failed, so roll it back; it failed with: {failure}");
            return Err(StoreError::new(StoreErrorKind::Other, text));
        }
        let error = store.error(doing, fault);
        if !is_consequence {
            self.failure = Some(error.to_string());
        }
        Err(error)
    }
}

impl EventStore for InTransaction<'_> {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.store.inner.projections.check_none()?;
        let mut encoded = self.store.prepare(append)?;
        let batch = Batch::new(std::iter::once(&mut encoded));
        let statements = &self.store.inner.statements;
        // What the transaction writes may never be committed, so nothing is known from one append to the next.
        let known = &mut Known::default();
        let mut inside = self.inside.lock().await;
        let result = turn::append(inside.connection, statements, &batch, None, known).await;
        let outcome = inside.told(&self.store, "append to", result)?;
        let (mut verdicts, _) = outcome.settle(&batch, known);
        match verdicts.pop() {
            Some(Verdict::Done(answer)) => answer,
            Some(Verdict::Known) => {
                let result = repeat::answer(inside.connection, statements, &encoded.append.events).await;
                inside.told(&self.store, "append to", result)?
            }
            Some(Verdict::Again) | None => {
                let fault = Fault::Damaged("an append that was alone was not decided".to_owned());
                Err(self.store.error("append to", fault).into())
            }
        }
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        limits::check_read(query, &options)?;
        // There is one connection for everything. A page that is read ahead takes it when it is polled again, which is when the
        // page is wanted.
        tokio::task::yield_now().await;
        let mut inside = self.inside.lock().await;
        // What the server sends beyond the end of a page is passed over by the next statement: there is no other connection.
        let result = page::read(inside.connection, &self.store.inner.statements, query, &options).await;
        let result = result.map(|read| read.page);
        inside.told(&self.store, "read", result)
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        self.store.log_id().await
    }

    async fn head(&self) -> Result<Place, StoreError> {
        let mut inside = self.inside.lock().await;
        let result = head_behind(inside.connection, &self.store.inner.statements, Place::START).await;
        inside.told(&self.store, "read", result)
    }

    async fn watch(&self, _: Place) -> Result<Place, StoreError> {
        let text = "a transaction cannot wait for others to append\nhelp: watch the store itself";
        Err(StoreError::new(StoreErrorKind::Unsupported, text))
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        limits::check_stream(stream)?;
        let mut inside = self.inside.lock().await;
        let result = stream_info::info(inside.connection, &self.store.inner.statements, stream).await;
        inside.told(&self.store, "read", result)
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        limits::check_list(list)?;
        let mut inside = self.inside.lock().await;
        let result = stream_list::list(inside.connection, &self.store.inner.statements, list).await;
        inside.told(&self.store, "read", result)
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        limits::check_change(stream, &change)?;
        let mut inside = self.inside.lock().await;
        let result = lifecycle::change(inside.connection, &self.store.inner.statements, stream, &change, None).await;
        inside.told(&self.store, "change a stream of", result)?
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        limits::check_add_tags(&added)?;
        let mut inside = self.inside.lock().await;
        let result = retag::add(inside.connection, &self.store.inner.statements, &added, None).await;
        inside.told(&self.store, "add tags to", result)?
    }
}

impl fmt::Debug for InTransaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InTransaction").field("store", &self.store).finish_non_exhaustive()
    }
}
