use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use eskit_runtime::log::{Place, Position};
use eskit_runtime::model::{EventTypes, Seen};
use eskit_runtime::store_kit::contain;
use eskit_runtime::subscription::{
    Apply, ApplyError, Batch, ChangeHub, Changed, Changes, Checkpoint, Claim, Claimed, HandleError, HandleMut,
    ParkedEvent, Subscriber, SubscriberType, Subscription, Views,
};
use eskit_runtime::{RecordedEvent, StoreError, Timestamp};

use crate::sleep::sleep;

/// A read model in memory: a projection with `#[projection(.., memory)]`, which each process builds from the beginning of the log
/// when it starts. Cheap to clone; clones share the projection.
///
/// Readers see the events of an append together or not at all.
pub struct InMemory<P> {
    shared: Arc<RwLock<Held<P>>>,
    hub: Arc<ChangeHub>,
}

struct Held<P> {
    projection: P,
    make: Box<dyn Fn() -> P + Send + Sync>,
    checkpoint: Option<Checkpoint>,
    /// The position of the last event that was handled: after a failure, it lies beyond the checkpoint.
    handled: Position,
    /// How often the projection was changed.
    changes: u64,
    /// How many events were handled since the beginning of the log.
    events: u64,
    /// Whether some of them lie in streams, which may be deleted.
    has_streams: bool,
    /// Whether a handler has failed since, which may have changed a part.
    has_failed: bool,
}

impl<P: HandleMut> InMemory<P> {
    /// A read model that begins as what `make` returns, and again when it is built anew.
    pub fn new(make: impl Fn() -> P + Send + Sync + 'static) -> InMemory<P> {
        let held = Held {
            projection: make(),
            make: Box::new(make),
            checkpoint: None,
            handled: Position::START,
            changes: 0,
            events: 0,
            has_streams: false,
            has_failed: false,
        };
        InMemory { shared: Arc::new(RwLock::new(held)), hub: Arc::new(ChangeHub::new(sleep)) }
    }

    /// The projection, as of the last batch of events. Events are not handled while the answer is held.
    pub fn read(&self) -> InMemoryRead<'_, P> {
        InMemoryRead(self.shared.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins to listen to the changes of the projection, from now on. Each is [`Changed::All`].
    pub fn changes(&self) -> Changes {
        self.hub.listen()
    }

    /// Whether it has followed a log.
    pub(crate) fn has_begun(&self) -> bool {
        self.read().0.checkpoint.is_some()
    }

    /// Goes on from a snapshot, unless it has begun meanwhile.
    pub(crate) fn begin_at(&self, subscription: &Subscription, projection: P, seen: Seen) {
        self.write(|held| {
            if held.checkpoint.is_none() {
                let mut checkpoint = Checkpoint::new(subscription);
                checkpoint.place = seen.last;
                (held.projection, held.checkpoint, held.handled) = (projection, Some(checkpoint), seen.last.position);
                (held.events, held.has_streams) = (seen.version, seen.is_deletable);
                held.changes += 1;
            }
        });
    }

    /// Changes what is held, and tells readers if events were handled or taken back.
    fn write<T>(&self, change: impl FnOnce(&mut Held<P>) -> T) -> T {
        let mut held = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        let before = held.changes;
        let result = change(&mut held);
        let has_changed = held.changes != before;
        drop(held);
        if has_changed {
            self.hub.tell(Changed::All);
        }
        result
    }
}

impl<P: HandleMut + Default> Default for InMemory<P> {
    fn default() -> InMemory<P> {
        InMemory::new(P::default)
    }
}

impl<P> Clone for InMemory<P> {
    fn clone(&self) -> InMemory<P> {
        InMemory { shared: Arc::clone(&self.shared), hub: Arc::clone(&self.hub) }
    }
}

impl<P: Subscriber> fmt::Debug for InMemory<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemory").field("name", &P::TYPE.name).finish_non_exhaustive()
    }
}

/// A projection in memory that is being read. Returned by [`InMemory::read`].
pub struct InMemoryRead<'a, P>(RwLockReadGuard<'a, Held<P>>);

impl<P> InMemoryRead<'_, P> {
    /// Everything up to this place was handled.
    pub fn place(&self) -> Place {
        self.0.checkpoint.as_ref().map_or(Place::START, |checkpoint| checkpoint.place)
    }
}

impl<P> Deref for InMemoryRead<'_, P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0.projection
    }
}

impl<P: fmt::Debug> fmt::Debug for InMemoryRead<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.projection.fmt(f)
    }
}

impl<P: HandleMut> Subscriber for InMemory<P> {
    const TYPE: &'static SubscriberType = P::TYPE;
    const EVENTS: EventTypes = P::EVENTS;
    const TAKES_ALL: bool = P::TAKES_ALL;

    fn caught_up(&self) {
        self.read().caught_up();
    }
}

impl<P> InMemoryRead<'_, P> {
    /// What the projection holds of the log; nothing if it has handled no event, or if a handler has failed: it may then hold a part of
    /// an append, or of what the handler did.
    pub(crate) fn seen(&self) -> Option<Seen> {
        let Held { events, has_streams, has_failed, .. } = *self.0;
        let place = self.place();
        (place.id.is_some() && !has_failed).then(|| {
            let mut seen = Seen::default();
            (seen.last, seen.version, seen.head, seen.is_deletable) = (place, events, place, has_streams);
            seen
        })
    }
}

impl<P: HandleMut> Held<P> {
    fn claimed(&mut self, claim: &Claim<()>) -> Result<&mut Checkpoint, ApplyError> {
        match &mut self.checkpoint {
            Some(checkpoint) if checkpoint.epoch == claim.checkpoint.epoch => Ok(checkpoint),
            _ => Err(ApplyError::Deposed),
        }
    }

    fn handle(&mut self, batch: &Batch) -> Result<(), ApplyError> {
        let begun = self.handled;
        for (index, event) in batch.to_handle().filter(|(_, event)| event.position > begun) {
            self.changes += 1;
            let handled = contain(|| self.projection.handle(event));
            let handled = handled.unwrap_or_else(|text| Err(HandleError::panicked(text)));
            if let Err(error) = handled {
                self.has_failed = true;
                return Err(ApplyError::Handler { index, error });
            }
            (self.handled, self.events) = (event.position, self.events + 1);
            self.has_streams |= event.stream.is_some();
        }
        Ok(())
    }
}

/// The read model is its own views: its checkpoint ends with it.
impl<P: HandleMut> Views for InMemory<P> {
    type Guard = ();

    async fn claim(&self, subscription: &Subscription) -> Result<Claimed<()>, StoreError> {
        self.write(|held| {
            let checkpoint = held.checkpoint.get_or_insert_with(|| Checkpoint::new(subscription));
            checkpoint.epoch += 1;
            Ok(Claimed::Leader(Claim { checkpoint: checkpoint.clone(), guard: () }))
        })
    }

    async fn release(&self, _: Claim<()>) {}

    async fn set_events(&self, claim: &Claim<()>, events: Vec<String>) -> Result<(), ApplyError> {
        self.write(|held| held.claimed(claim).map(|checkpoint| checkpoint.events = events))
    }

    async fn activate(&self, claim: &Claim<()>) -> Result<bool, ApplyError> {
        self.write(|held| held.claimed(claim).map(|checkpoint| checkpoint.is_active = true).map(|()| true))
    }

    async fn restart(&self, claim: &Claim<()>, subscription: &Subscription) -> Result<(), ApplyError> {
        self.write(|held| {
            let checkpoint = held.claimed(claim)?;
            let epoch = checkpoint.epoch;
            *checkpoint = Checkpoint::new(subscription);
            (checkpoint.epoch, checkpoint.is_active) = (epoch, true);
            (held.projection, held.handled) = ((held.make)(), Position::START);
            (held.events, held.has_streams, held.has_failed) = (0, false, false);
            held.changes += 1;
            Ok(())
        })
    }

    async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        Ok(self.read().0.checkpoint.clone().into_iter().collect())
    }

    async fn parked(&self, _: &str, _: u32) -> Result<Vec<ParkedEvent>, StoreError> {
        Ok(Vec::new())
    }

    async fn drop_parked(&self, _: &str, _: u32, _: Position) -> Result<bool, StoreError> {
        Ok(false)
    }
}

impl<P: HandleMut> Apply<InMemory<P>> for InMemory<P> {
    async fn apply(&self, claim: &Claim<()>, _: &Arc<InMemory<P>>, batch: &Batch) -> Result<(), ApplyError> {
        self.write(|held| {
            if held.claimed(claim)?.place != claim.checkpoint.place {
                return Err(ApplyError::Deposed);
            }
            held.handle(batch)?;
            held.handled = held.handled.max(batch.to.position);
            let checkpoint = held.claimed(claim)?;
            (checkpoint.place, checkpoint.saved_at) = (batch.to, Timestamp::now());
            Ok(())
        })
    }

    async fn replay(&self, _: &Arc<InMemory<P>>, _: &RecordedEvent) -> Result<bool, ApplyError> {
        Ok(false)
    }
}
