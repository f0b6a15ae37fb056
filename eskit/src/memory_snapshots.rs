//! Projections in memory that begin at a snapshot of themselves: views around [`InMemory`].

use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::log::{Place, Position, ReadOptions, StoreErrorKind};
use eskit_runtime::model::{Scope, Seen};
use eskit_runtime::snapshots::{Fingerprint, SnapshotProjection, Snapshots, Snapshotted};
use eskit_runtime::subscription::{
    Apply, ApplyError, Batch, Checkpoint, Claim, Claimed, HandleMut, ParkedEvent, Partition, Subscription, Views,
};
use eskit_runtime::{EventStore, RecordedEvent, StoreError};

use crate::delegate_views::delegate_views;
use crate::in_memory::InMemory;
use crate::own_events::SUBJECT_FORGOTTEN;
use crate::state_snapshots::{Encode, Keeper, SnapshotOptions};

/// How long a projection waits for its snapshot, at least: reading the log takes longer.
const FIND_WITHIN: Duration = Duration::from_secs(10);

/// The snapshots of one projection. That it can be written and read is known where they are added, and nowhere else.
pub(crate) struct MemorySnapshots<P> {
    keeper: Arc<Keeper>,
    encode: fn(&P) -> Encode,
    decode: fn(&str) -> Result<P, String>,
}

impl<P> Clone for MemorySnapshots<P> {
    fn clone(&self) -> MemorySnapshots<P> {
        MemorySnapshots { keeper: Arc::clone(&self.keeper), encode: self.encode, decode: self.decode }
    }
}

impl<P: SnapshotProjection> MemorySnapshots<P> {
    pub(crate) fn new(snapshots: impl Snapshots, options: SnapshotOptions) -> MemorySnapshots<P> {
        let within = options.find_within.max(FIND_WITHIN);
        let options = options.find_within(within);
        let keeper = Keeper::new(P::TYPE.name, Fingerprint::of_projection::<P>(), snapshots, options);
        let encode = |projection: &P| -> Encode {
            let copy = projection.clone();
            Box::new(move || Snapshotted::projection::<P>().write(&copy))
        };
        let decode = |text: &str| Snapshotted::projection::<P>().read(text);
        MemorySnapshots { keeper: Arc::new(keeper), encode, decode }
    }

    pub(crate) fn keeper(&self) -> Arc<Keeper> {
        Arc::clone(&self.keeper)
    }
}

/// A projection in memory as its own views, which begins at its snapshot if the log bears that out.
pub(crate) struct Recalling<P, S> {
    projection: InMemory<P>,
    snapshots: MemorySnapshots<P>,
    store: Arc<S>,
}

impl<P, S> Clone for Recalling<P, S> {
    fn clone(&self) -> Recalling<P, S> {
        let (projection, store) = (self.projection.clone(), Arc::clone(&self.store));
        Recalling { projection, snapshots: self.snapshots.clone(), store }
    }
}

impl<P: HandleMut, S: EventStore> Recalling<P, S> {
    pub(crate) fn new(projection: InMemory<P>, snapshots: MemorySnapshots<P>, store: Arc<S>) -> Recalling<P, S> {
        Recalling { projection, snapshots, store }
    }

    /// Reads the snapshot, and begins there.
    async fn recall(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let (keeper, log) = (&self.snapshots.keeper, subscription.log);
        // What begins elsewhere, or takes a part, holds something else.
        if subscription.start != Place::START || subscription.partition != Partition::WHOLE {
            return Ok(());
        }
        let Some(stored) = keeper.find(log, vec![Scope::All]).await.remove(&Scope::All) else { return Ok(()) };
        let look = ReadOptions::default().after(stored.last).limit(1);
        match self.store.read(&Subscription::query_of::<P>(), look).await {
            Ok(_) => {}
            // One at a higher position would keep newer ones away.
            Err(error) if error.kind() == StoreErrorKind::Replaced => {
                keeper.remove_later(log, &Scope::All);
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        match (self.snapshots.decode)(&stored.state) {
            Ok(projection) => {
                keeper.was_read();
                self.projection.begin_at(subscription, projection, keeper.seen(&stored));
            }
            Err(text) => {
                keeper.was_unreadable(&Scope::All, &text);
                keeper.remove_later(log, &Scope::All);
            }
        }
        Ok(())
    }

    /// Has a snapshot written if it is time, or if the one that is there may hold what was forgotten.
    fn keep(&self, claim: &Claim<()>, batch: &Batch) {
        let checkpoint = &claim.checkpoint;
        if checkpoint.partition != Partition::WHOLE {
            return;
        }
        let (keeper, scope) = (&self.snapshots.keeper, &Scope::All);
        let has_forgotten = batch.events().iter().any(|event| event.name.as_str() == SUBJECT_FORGOTTEN);
        let read = self.projection.read();
        match read.seen().filter(|seen| self.may_be_kept(*seen)) {
            Some(seen) if has_forgotten || (keeper.is_idle() && keeper.is_time(scope, seen)) => {
                keeper.offer(checkpoint.log, scope, seen, (self.snapshots.encode)(&read));
            }
            None if has_forgotten => keeper.remove_later(checkpoint.log, scope),
            _ => {}
        }
    }

    fn may_be_kept(&self, seen: Seen) -> bool {
        let keeper = &self.snapshots.keeper;
        let may_be_kept = !seen.is_deletable || keeper.options().is_deletable;
        if !may_be_kept {
            keeper.complain(
                "no snapshots of this projection are kept, since it takes events of streams, and nothing tells it when a stream is \
                 deleted\nhelp: write `with_deletable_events()` in its `SnapshotOptions`, and rebuild it after each deletion of a stream",
            );
        }
        may_be_kept
    }
}

/// What the projection keeps in memory; its snapshots come and go beside it.
impl<P: HandleMut, S: EventStore + 'static> Views for Recalling<P, S> {
    type Guard = ();

    async fn claim(&self, subscription: &Subscription) -> Result<Claimed<()>, StoreError> {
        if !self.projection.has_begun() {
            self.recall(subscription).await?;
        }
        self.projection.claim(subscription).await
    }

    delegate_views! { projection
        release(claim: Claim<()>) -> ();
        set_events(claim: &Claim<()>, events: Vec<String>) -> Result<(), ApplyError>;
        activate(claim: &Claim<()>) -> Result<bool, ApplyError>;
        checkpoints() -> Result<Vec<Checkpoint>, StoreError>;
        parked(name: &str, version: u32) -> Result<Vec<ParkedEvent>, StoreError>;
        drop_parked(name: &str, version: u32, position: Position) -> Result<bool, StoreError>;
    }

    async fn restart(&self, claim: &Claim<()>, subscription: &Subscription) -> Result<(), ApplyError> {
        self.snapshots.keeper.remove_later(subscription.log, &Scope::All);
        self.projection.restart(claim, subscription).await
    }
}

impl<P: HandleMut, S: EventStore + 'static> Apply<InMemory<P>> for Recalling<P, S> {
    async fn apply(&self, claim: &Claim<()>, subscriber: &Arc<InMemory<P>>, batch: &Batch) -> Result<(), ApplyError> {
        self.projection.apply(claim, subscriber, batch).await?;
        self.keep(claim, batch);
        Ok(())
    }

    async fn replay(&self, subscriber: &Arc<InMemory<P>>, event: &RecordedEvent) -> Result<bool, ApplyError> {
        self.projection.replay(subscriber, event).await
    }
}
