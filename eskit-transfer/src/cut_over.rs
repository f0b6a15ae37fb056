use std::pin::Pin;

use eskit_runtime::log::limits::PAGE_EVENTS_MAX;
use eskit_runtime::log::{LogId, Place};
use eskit_runtime::transfer::Transfer;
use eskit_runtime::{StoreError, Timestamp};

use crate::error::TransferError;
use crate::migrate::migrate;
use crate::progress::{Listener, Progress};
use crate::verify::{Difference, verify};

/// How often what has come meanwhile is copied before the log is sealed. Programs that append faster than it is copied cannot hold
/// it up for ever.
const ROUNDS_MAX: usize = 20;
/// How often a log that is in use is compared before a difference is told.
const TRIES: usize = 3;

/// Moves a log that is in use into another store, and closes it for writes, so that programs can go on with the copy and no event is
/// lost.
///
/// 1. Copies all that the log holds, and compares it. Programs go on meanwhile, however long it takes.
/// 2. [Seals](Transfer::seal) the log. From then on, every append in every program fails as
///    [`Sealed`](eskit_runtime::log::StoreErrorKind::Sealed), and whatever was confirmed before is in the log.
/// 3. Copies what has come since the first step, and compares that and all streams. Usually this takes less than a second.
///
/// When it returns without a [difference](CutOver::difference), programs may be started with the copy. The log stays sealed: whoever still uses it is told. To
/// go back, before any program has used the copy, [unseal](Transfer::unseal) it.
///
/// Killed at any moment and run again, it goes on: before the second step, programs have lost nothing; after it, they wait for the copy.
/// A run that begins with a sealed log compares all of it.
///
/// Tags that are [added](eskit_runtime::EventStore::add_tags) to events between the first comparison and the second are not noticed, unless
/// [`CuttingOver::compare_all`] is on.
///
/// # Errors
/// When awaited, [`TransferError`]: one of the stores fails, or the store to copy to holds something else or is the same one. If it failed after the second step,
/// the log is sealed.
#[must_use = "nothing is moved until it is awaited"]
pub fn cut_over<'a, F: Transfer, T: Transfer>(from: &'a F, to: &'a T) -> CuttingOver<'a, F, T> {
    CuttingOver { from, to, listener: Listener::none(), batch_events: usize::MAX, compares_all: false }
}

/// A call of [`cut_over`], which runs when it is awaited.
#[derive(Debug)]
#[must_use = "nothing is moved until it is awaited"]
pub struct CuttingOver<'a, F, T> {
    from: &'a F,
    to: &'a T,
    listener: Listener<'a>,
    batch_events: usize,
    compares_all: bool,
}

/// What a [`cut_over`] has done.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CutOver {
    /// The id of the log.
    pub log: LogId,
    /// The last event of the log, and of the copy.
    pub head: Place,
    /// Since when the log takes no writes; `None` if a difference was found before it was sealed, and it goes on.
    pub sealed_at: Option<Timestamp>,
    /// How many events this run has copied, deleted ones among them.
    pub events: u64,
    /// How many of these were copied after the log was sealed.
    pub events_while_sealed: u64,
    /// How many streams this run has archived, opened, tombstoned or deleted.
    pub streams: u64,
    /// The first difference between the log and the copy. If there is one, no program may use the copy.
    pub difference: Option<Difference>,
}

impl<'a, F: Transfer, T: Transfer> CuttingOver<'a, F, T> {
    /// Calls `tell` after each batch that is copied, and after each range that is compared.
    pub fn on_progress(mut self, tell: impl FnMut(Progress) + Send + 'a) -> Self {
        self.listener = Listener::new(tell);
        self
    }

    /// As [`Migration::batch_events`](crate::Migration::batch_events).
    pub fn batch_events(mut self, events: usize) -> Self {
        self.batch_events = events;
        self
    }

    /// Compares the whole log once more while it is sealed. Programs wait for as long as that takes.
    pub fn compare_all(mut self) -> Self {
        self.compares_all = true;
        self
    }

    async fn run(mut self) -> Result<CutOver, TransferError> {
        if let Some(since) = self.to.sealed_at().await.map_err(TransferError::Target)? {
            return Err(TransferError::Target(StoreError::sealed(since)));
        }
        let sealed_at = self.from.sealed_at().await.map_err(TransferError::Source)?;
        let log = self.from.log_id().await.map_err(TransferError::Source)?;
        let mut done = CutOver {
            log,
            head: Place::START,
            sealed_at,
            events: 0,
            events_while_sealed: 0,
            streams: 0,
            difference: None,
        };
        let mut compared = Place::START;
        if sealed_at.is_none() {
            compared = self.compare_in_use(&mut done).await?;
            if done.difference.is_some() {
                return Ok(done);
            }
            for _ in 0..ROUNDS_MAX {
                if self.copy(&mut done).await? < PAGE_EVENTS_MAX as u64 {
                    break;
                }
            }
        }
        self.seal(&mut done, sealed_at).await?;
        let before = done.events;
        self.copy(&mut done).await?;
        done.events_while_sealed = done.events - before;
        let listener = &mut self.listener;
        let comparing = verify(self.from, self.to).after(if self.compares_all { Place::START } else { compared });
        done.difference = comparing.on_progress(|progress| listener.tell(progress)).await?.difference;
        Ok(done)
    }

    /// Copies what the copy lacks. Returns how many events that was.
    async fn copy(&mut self, done: &mut CutOver) -> Result<u64, TransferError> {
        let listener = &mut self.listener;
        let copying = migrate(self.from, self.to).batch_events(self.batch_events);
        let copied = copying.on_progress(|progress| listener.tell(progress)).await?;
        (done.events, done.streams) = (done.events + copied.events, done.streams + copied.streams);
        done.head = copied.head;
        Ok(copied.events)
    }

    /// Copies the log, and compares it with the copy, while programs go on. Returns up to where both are equal.
    async fn compare_in_use(&mut self, done: &mut CutOver) -> Result<Place, TransferError> {
        let mut compared = Place::START;
        for _ in 0..TRIES {
            self.copy(done).await?;
            let listener = &mut self.listener;
            let comparing = verify(self.from, self.to).after(compared).events_until(done.head.position);
            let found = comparing.on_progress(|progress| listener.tell(progress)).await?;
            (compared, done.difference) = (found.head, found.difference);
            // A stream that was deleted after it was copied is another one until it is copied again.
            if done.difference.is_none() {
                break;
            }
        }
        Ok(compared)
    }

    async fn seal(&mut self, done: &mut CutOver, sealed_before: Option<Timestamp>) -> Result<(), TransferError> {
        self.from.seal().await.map_err(TransferError::Source)?;
        let is_same = self.to.sealed_at().await.map_err(TransferError::Target)?.is_some();
        if is_same && sealed_before.is_none() {
            self.from.unseal().await.map_err(TransferError::Source)?;
            return Err(TransferError::SameStore);
        }
        done.sealed_at = self.from.sealed_at().await.map_err(TransferError::Source)?;
        Ok(())
    }
}

impl<'a, F: Transfer, T: Transfer> IntoFuture for CuttingOver<'a, F, T> {
    type Output = Result<CutOver, TransferError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
