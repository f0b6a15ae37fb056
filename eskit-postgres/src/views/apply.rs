use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::{
    ApplyError, Batch, ChangeHub, Changed, Checkpoint, HandleAsync, HandleError, OnError,
};
use eskit_runtime::{RecordedEvent, StoreError, Timestamp};
use sqlx::types::Uuid;
use sqlx::{Connection, PgPool, Row};

use crate::error::Fault;
use crate::handlers::blame::{self, Told};
use crate::handlers::tx::Tx;
use crate::pool::connections::within;
use crate::sql::record::column;

use super::claim::{end_transactions, mark};
use super::inner::Inner;
use super::statements::BEGIN;
use super::versions::of_claim;
use super::work;

/// Events to hand over, each with its index in the batch.
type ToHandle<'a> = Vec<(usize, &'a RecordedEvent)>;

/// The work on a batch, or on one parked event, of a subscriber.
pub(crate) struct Applying<'a, P> {
    inner: &'a Inner,
    subscriber: &'a Arc<P>,
    /// How errors name the subscriber.
    name: String,
}

/// A transaction in which work has begun.
struct Begun {
    tx: Tx,
    /// Its number, by which it is told from another one.
    id: i64,
    /// Whether readers see the version, until the end of the transaction.
    is_seen: bool,
}

impl<'a, P: HandleAsync<Tx>> Applying<'a, P> {
    pub(crate) fn new(inner: &'a Inner, subscriber: &'a Arc<P>) -> Applying<'a, P> {
        Applying { inner, subscriber, name: format!("`{}` version {}", P::TYPE.name, P::TYPE.version) }
    }

    /// Hands a batch over, and commits it with the checkpoint.
    pub(crate) async fn apply(&self, checkpoint: &Checkpoint, owner: Uuid, batch: &Batch) -> Result<(), ApplyError> {
        // On the heap, since without optimization the states of all that it may do fill the stack of a thread.
        let mut applied = Box::pin(self.apply_on(&self.inner.pool, checkpoint, owner, batch)).await;
        if let Err(ApplyError::Handler { error, .. }) = &applied
            && blame::may_be_outdated(error)
        {
            let apart = apart(&self.inner.pool);
            applied = Box::pin(self.apply_on(&apart, checkpoint, owner, batch)).await;
            apart.close().await;
        }
        match applied {
            // It may have met what another process had written already.
            Err(ApplyError::Handler { .. }) if !self.holds(checkpoint, owner).await? => Err(ApplyError::Deposed),
            // Its transaction holds locks for as long as the server takes the client for living.
            Err(ApplyError::Views(error)) if error.kind() == StoreErrorKind::Unavailable => {
                let apart = apart(&self.inner.pool);
                // If it fails, the server finds out by itself.
                let _ = self.in_time(end_transactions(self.inner, &apart, owner)).await;
                Err(error.into())
            }
            applied => applied,
        }
    }

    /// Whether the checkpoint is still where the holder of the claim left it.
    async fn holds(&self, checkpoint: &Checkpoint, owner: Uuid) -> Result<bool, ApplyError> {
        let query = of_claim(&self.inner.statements.holds, checkpoint, owner).bind(column(checkpoint.place.position));
        let row = self.in_time(async { Ok(query.fetch_optional(&self.inner.pool).await?) }).await;
        Ok(row.map_err(|fault| self.failed(fault))?.is_some())
    }

    async fn apply_on(
        &self,
        pool: &PgPool,
        checkpoint: &Checkpoint,
        owner: Uuid,
        batch: &Batch,
    ) -> Result<(), ApplyError> {
        let entered = self.enter(pool, Some(owner), batch.is_live()).await.map_err(|fault| self.failed(fault))?;
        let Some(Begun { mut tx, id, is_seen }) = entered else { return Err(ApplyError::Deposed) };
        let to_handle = self.in_time(self.sort_out(&mut tx, batch)).await.map_err(|fault| self.failed(fault))?;
        let events: Vec<&RecordedEvent> = to_handle.iter().map(|(_, event)| *event).collect();
        if let Err((at, error)) = self.subscriber.handle_all(&events, &mut tx).await {
            return Err(match blame::tell(error, &self.name) {
                Told::Failure(error) => error.into(),
                Told::Handler(error) => {
                    self.undo(tx, id, to_handle.get(at).map_or(at, |(index, _)| *index), error).await
                }
                Told::Aborted => Box::pin(self.undo_and_blame(tx, pool, owner, batch, &to_handle)).await,
            });
        }
        let changed = tx.take_changed(events.len());
        let pending = self.hub().begin(P::TYPE.version);
        let moved = self.move_checkpoint(&mut tx, checkpoint, owner, batch, id, &changed);
        match self.in_time(moved).await {
            Ok(true) => {}
            Ok(false) => return Err(self.why_not(tx, id).await),
            Err(fault) if fault.is_in_failed_transaction() => {
                return Err(Box::pin(self.undo_and_blame(tx, pool, owner, batch, &to_handle)).await);
            }
            Err(fault) => return Err(self.failed(fault)),
        }
        match self.in_time(async { Ok(tx.commit().await?) }).await {
            Ok(()) => {
                pending.committed(changed, is_seen);
                Ok(())
            }
            // A constraint that is checked no sooner.
            Err(fault) if fault.blames_data() => Err(Box::pin(self.blame(pool, owner, batch, &to_handle)).await),
            Err(fault) => Err(self.failed(fault)),
        }
    }

    /// Hands a parked event over, and removes it from the parked ones.
    pub(crate) async fn replay(&self, event: &RecordedEvent) -> Result<bool, ApplyError> {
        let fail = |fault| self.failed(fault);
        let entered = self.enter(&self.inner.pool, None, false).await.map_err(fail)?;
        let Some(Begun { mut tx, id, is_seen }) = entered else { return Ok(false) };
        let query = sqlx::query(self.inner.statements.unpark.safe()).bind(P::TYPE.name);
        let query = query.bind(i64::from(P::TYPE.version)).bind(column(event.position));
        let removed = self.in_time(async { Ok(query.execute(&mut *tx).await?) }).await.map_err(fail)?;
        if removed.rows_affected() == 0 {
            return Ok(false);
        }
        if let Err((index, error)) = self.subscriber.handle_all(&[event], &mut tx).await {
            return Err(match blame::tell(error, &self.name) {
                Told::Failure(error) => error.into(),
                Told::Handler(error) => self.undo(tx, id, index, error).await,
                Told::Aborted => ApplyError::Handler { index, error: blame::went_on() },
            });
        }
        let pending = self.hub().begin(P::TYPE.version);
        match self.in_time(self.count_change(&mut tx, id)).await {
            Ok(true) => {}
            Ok(false) => return Err(self.ended_transaction()),
            Err(fault) if fault.is_in_failed_transaction() => {
                return Err(ApplyError::Handler { index: 0, error: blame::went_on() });
            }
            Err(fault) => return Err(fail(fault)),
        }
        let changed = tx.take_changed(1);
        match self.in_time(async { Ok(tx.commit().await?) }).await {
            Ok(()) => {
                pending.committed(changed, is_seen);
                Ok(true)
            }
            Err(Fault::Sqlx(error)) if crate::error::code_of(&error).starts_with("23") => {
                Err(ApplyError::Handler { index: 0, error: HandleError::new(error) })
            }
            Err(fault) => Err(fail(fault)),
        }
    }

    /// Begins a transaction in the schema of the version; `None` if the version was removed.
    async fn enter(&self, pool: &PgPool, owner: Option<Uuid>, is_live: bool) -> Result<Option<Begun>, Fault> {
        self.in_time(async {
            let mut transaction = pool.begin_with(BEGIN).await?;
            let row = sqlx::query(self.inner.statements.enter.safe())
                .bind(P::TYPE.name)
                .bind(i64::from(P::TYPE.version))
                .bind(owner.map(mark))
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(row) = row else { return Ok(None) };
            let tx = Tx::of(transaction, is_live).with_list(work::list_of_tx(self.inner, P::TYPE.name));
            Ok(Some(Begun { tx, id: row.try_get(2)?, is_seen: row.try_get(3)? }))
        })
        .await
    }

    /// Parks what was given up, and what waits behind parked events. Returns the rest.
    async fn sort_out<'b>(&self, tx: &mut Tx, batch: &'b Batch) -> Result<ToHandle<'b>, Fault> {
        if P::TYPE.on_error != OnError::Park {
            return Ok(batch.to_handle().collect());
        }
        let keys: Vec<String> = batch.events().iter().map(|event| P::TYPE.order.key(event)).collect();
        let query = sqlx::query_scalar::<_, String>(self.inner.statements.parked_keys.safe())
            .bind(P::TYPE.name)
            .bind(i64::from(P::TYPE.version))
            .bind(&keys);
        let mut waiting: HashSet<String> = query.fetch_all(&mut **tx).await?.into_iter().collect();
        let mut to_handle = Vec::with_capacity(keys.len());
        let mut parked = Parked::default();
        for ((index, event), key) in batch.events().iter().enumerate().zip(keys) {
            match batch.reason(event.position) {
                Some(given_up) => {
                    waiting.insert(key.clone());
                    parked.push(event, key, &given_up.text, given_up.attempts);
                }
                None if waiting.contains(&key) => parked.push(event, key, "", 0),
                None => to_handle.push((index, event)),
            }
        }
        if !parked.positions.is_empty() {
            let query = sqlx::query(self.inner.statements.park.safe())
                .bind(P::TYPE.name)
                .bind(i64::from(P::TYPE.version))
                .bind(parked.positions)
                .bind(parked.ids)
                .bind(parked.keys)
                .bind(parked.texts)
                .bind(parked.attempts)
                .bind(Timestamp::now().as_micros());
            query.execute(&mut **tx).await?;
        }
        Ok(to_handle)
    }

    /// Moves the checkpoint, if the claim still holds and the transaction is still the same. In a transaction in which a statement has
    /// failed, this fails.
    async fn move_checkpoint(
        &self,
        tx: &mut Tx,
        checkpoint: &Checkpoint,
        owner: Uuid,
        batch: &Batch,
        id: i64,
        changed: &Changed,
    ) -> Result<bool, Fault> {
        let statements = &self.inner.statements;
        let sql = if P::ACTS { &statements.move_acting } else { &statements.r#move };
        let query = of_claim(sql, checkpoint, owner)
            .bind(column(batch.to.position))
            .bind(batch.to.id.map(|id| id.as_uuid()))
            .bind(Timestamp::now().as_micros())
            .bind(self.inner.lease.as_secs_f64())
            .bind(column(checkpoint.place.position))
            .bind(checkpoint.place.id.map(|id| id.as_uuid()))
            .bind(Uuid::nil())
            .bind(id)
            .bind(i64::from(!changed.is_none()));
        Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
    }

    /// Counts the change of a parked event. Returns whether the transaction is still that in which the work began.
    async fn count_change(&self, tx: &mut Tx, id: i64) -> Result<bool, Fault> {
        let query = sqlx::query_scalar(self.inner.statements.is_same.safe()).bind(id);
        if !query.fetch_one(&mut **tx).await? {
            return Ok(false);
        }
        let query = sqlx::query(self.inner.statements.count_change.safe()).bind(P::TYPE.name);
        query.bind(i64::from(P::TYPE.version)).execute(&mut **tx).await?;
        Ok(true)
    }

    fn hub(&self) -> Arc<ChangeHub> {
        self.inner.hubs.of(P::TYPE.name)
    }

    /// Why the checkpoint did not move.
    async fn why_not(&self, mut tx: Tx, id: i64) -> ApplyError {
        let query = sqlx::query_scalar(self.inner.statements.is_same.safe()).bind(id);
        match self.in_time(async { Ok(query.fetch_one(&mut *tx).await?) }).await {
            Ok(true) => ApplyError::Deposed,
            Ok(false) => self.ended_transaction(),
            Err(fault) => self.failed(fault),
        }
    }

    /// Undoes a batch in which a handler failed. If the connection is broken, that may be why it failed.
    async fn undo(&self, mut tx: Tx, id: i64, index: usize, error: HandleError) -> ApplyError {
        let query = sqlx::query_scalar(self.inner.statements.is_same.safe()).bind(id);
        // In a transaction that has failed, this fails too.
        if let Ok(false) = self.in_time(async { Ok(query.fetch_one(&mut *tx).await?) }).await {
            return self.ended_transaction();
        }
        if blame::may_be_outdated(&error) {
            // What fails here, fails again below.
            let _ = tx.clear_cached_statements().await;
        }
        match self.in_time(async { Ok(tx.rollback().await?) }).await {
            Ok(()) => ApplyError::Handler { index, error },
            Err(broken) => self.failed(broken),
        }
    }

    async fn undo_and_blame(
        &self,
        tx: Tx,
        pool: &PgPool,
        owner: Uuid,
        batch: &Batch,
        to_handle: &ToHandle<'_>,
    ) -> ApplyError {
        match self.in_time(async { Ok(tx.rollback().await?) }).await {
            Ok(()) => self.blame(pool, owner, batch, to_handle).await,
            Err(broken) => self.failed(broken),
        }
    }

    /// Finds out which event is to blame for a transaction that failed: handles one after the other, and looks after each of them.
    /// Commits nothing.
    async fn blame(&self, pool: &PgPool, owner: Uuid, batch: &Batch, to_handle: &ToHandle<'_>) -> ApplyError {
        let found = self.find_culprit(pool, owner, batch, to_handle).await;
        match found {
            Ok(Some((index, error))) => match blame::tell(error, &self.name) {
                Told::Failure(error) => error.into(),
                Told::Aborted => ApplyError::Handler { index, error: blame::went_on() },
                Told::Handler(error) => ApplyError::Handler { index, error },
            },
            Ok(None) => {
                let text = format!("the transaction of {} failed, and did not when it was repeated", self.name);
                StoreError::new(StoreErrorKind::Busy, text).into()
            }
            Err(fault) => self.failed(fault),
        }
    }

    async fn find_culprit(
        &self,
        pool: &PgPool,
        owner: Uuid,
        batch: &Batch,
        to_handle: &ToHandle<'_>,
    ) -> Result<Option<(usize, HandleError)>, Fault> {
        let Some(Begun { mut tx, .. }) = self.enter(pool, Some(owner), batch.is_live()).await? else { return Ok(None) };
        for (nth, (index, event)) in to_handle.iter().enumerate() {
            if let Err((_, error)) = self.subscriber.handle_all(&[*event], &mut tx).await {
                return Ok(Some((*index, error)));
            }
            // What is checked at the end of the transaction need not hold before the end of an append.
            let ends = to_handle.get(nth + 1).is_none_or(|(_, next)| next.append_end() != event.append_end());
            let look = if ends { "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED" } else { "SELECT" };
            if let Err(error) = sqlx::raw_sql(look).execute(&mut *tx).await {
                return Ok(Some((*index, HandleError::new(error))));
            }
        }
        Ok(None)
    }

    /// Bounds a statement of the views, so that a connection that has fallen silent does not hold up the batch for ever.
    async fn in_time<T>(&self, call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        within(self.inner.call_timeout, Box::pin(call)).await
    }

    fn failed(&self, fault: Fault) -> ApplyError {
        self.inner.error(&format!("handle events of {}", self.name), fault).into()
    }

    fn ended_transaction(&self) -> ApplyError {
        let text = format!(
            "a handler of {} ended the transaction of its batch\nhelp: leave `COMMIT` and `ROLLBACK` out; for a part that may fail, use a \
             savepoint: `tx.begin()`. What was committed that way stays, so build the read model anew with `rebuild`",
            self.name
        );
        StoreError::new(StoreErrorKind::Invalid, text).into()
    }
}

/// Rows of parked events, column by column.
#[derive(Default)]
struct Parked {
    positions: Vec<i64>,
    ids: Vec<Uuid>,
    keys: Vec<String>,
    texts: Vec<String>,
    attempts: Vec<i64>,
}

impl Parked {
    fn push(&mut self, event: &RecordedEvent, key: String, text: &str, attempts: u32) {
        self.positions.push(column(event.position));
        self.ids.push(event.id.as_uuid());
        self.keys.push(key);
        // The database cannot hold this character.
        self.texts.push(text.replace('\0', "\u{fffd}"));
        self.attempts.push(attempts.into());
    }
}

/// A pool whose connection has prepared no statements yet.
fn apart(pool: &PgPool) -> PgPool {
    let options = pool.options().clone().min_connections(0).max_connections(1);
    options.connect_lazy_with((*pool.connect_options()).clone())
}
