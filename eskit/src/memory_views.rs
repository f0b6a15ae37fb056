mod changes;
mod commands;
mod model;
mod rows;
mod snapshots;
mod step_list;
mod steps;
mod tx;
mod work;
mod work_list;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eskit_runtime::command_log::KeptCommand;
use eskit_runtime::log::{Position, StoreErrorKind};
use eskit_runtime::snapshots::{SnapshotsOf, StoredSnapshot};
use eskit_runtime::subscription::{
    Apply, ApplyError, Asked, Batch, ChangeHubs, Changed, Checkpoint, Claim, Claimed, Ended, Handle, OnError,
    ParkedEvent, Partition, Request, Subscriber, Subscription, Views,
};
use eskit_runtime::{RecordedEvent, StoreError, Timestamp};
use serde_json::Value;

use crate::sleep::sleep;

use model::Model;
pub use tx::MemoryTx;
use tx::Undo;

/// Views in memory, for tests and for read models that may be built anew at each start. They keep the whole contract of [`Views`],
/// but end with the process. Cheap to clone; clones share everything.
///
/// A projection that is itself the read model, `#[projection(.., memory)]`, needs no views: see [`InMemory`](crate::InMemory).
#[derive(Clone, Debug)]
pub struct MemoryViews {
    kept: Arc<Mutex<Kept>>,
    hubs: Arc<ChangeHubs>,
}

impl Default for MemoryViews {
    fn default() -> MemoryViews {
        MemoryViews { kept: Arc::default(), hubs: Arc::new(ChangeHubs::new(sleep)) }
    }
}

#[derive(Debug, Default)]
struct Kept {
    checkpoints: BTreeMap<Key, Held>,
    /// What was asked last of each version of a subscription.
    requests: BTreeMap<(String, u32), Request>,
    /// The values of each version of each read model.
    models: BTreeMap<(String, u32), Model>,
    snapshots: BTreeMap<SnapshotsOf, BTreeMap<String, StoredSnapshot>>,
    /// The log of commands, and the last id of an entry.
    commands: VecDeque<KeptCommand>,
    last_command: u64,
    /// The highest number of an item of work, or of a claim of one.
    last_number: u64,
}

/// The name of a subscription, its version, and which of its parts.
type Key = (String, u32, u32);

#[derive(Debug)]
struct Held {
    checkpoint: Checkpoint,
    is_claimed: bool,
    /// Whether the part has handled all that the log held.
    is_ready: bool,
}

impl MemoryViews {
    /// Views that hold nothing.
    pub fn new() -> MemoryViews {
        MemoryViews::default()
    }

    /// What a table of the active version of a read model holds; nothing if it is not there.
    pub fn table<P: Subscriber>(&self, table: &str) -> BTreeMap<String, Value> {
        let kept = self.lock();
        kept.active(P::TYPE.name).and_then(|model| model.tables.get(table)).cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a claim on a subscription of [`MemoryViews`]. Dropping it frees the claim.
pub struct MemoryGuard {
    views: MemoryViews,
    key: Key,
    epoch: u64,
}

impl Drop for MemoryGuard {
    fn drop(&mut self) {
        let mut kept = self.views.lock();
        if let Some(held) = kept.checkpoints.get_mut(&self.key)
            && held.checkpoint.epoch == self.epoch
        {
            held.is_claimed = false;
        }
    }
}

impl fmt::Debug for MemoryGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryGuard").field("key", &self.key).field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl Kept {
    /// The active version of a read model.
    fn active(&self, name: &str) -> Option<&Model> {
        let mut checkpoints = self.checkpoints.values().map(|held| &held.checkpoint);
        let active = checkpoints.rfind(|checkpoint| checkpoint.name == name && checkpoint.is_active)?;
        self.models.get(&(name.to_owned(), active.version))
    }

    /// Notes that a part has handled all that the log held. Returns whether all parts have.
    fn is_ready_with(&mut self, (name, version, part): &Key, partition: Partition) -> bool {
        let parts = (name.clone(), *version, 0)..=(name.clone(), *version, u32::MAX);
        let ready = self.checkpoints.range_mut(parts).map(|(key, held)| {
            held.is_ready |= key.2 == *part;
            u32::from(held.is_ready)
        });
        ready.sum::<u32>() == partition.count
    }

    /// Whether readers see a version of a read model.
    fn is_seen(&self, (name, version): &(String, u32)) -> bool {
        let parts = (name.clone(), *version, 0)..=(name.clone(), *version, u32::MAX);
        self.checkpoints.range(parts).any(|(_, held)| held.checkpoint.is_active)
    }

    /// Runs a transaction on a read model, and keeps what it wrote if it succeeds. Returns what readers are told, too.
    fn transact<T, E>(
        &mut self,
        id: (String, u32),
        is_live: bool,
        run: impl FnOnce(&mut MemoryTx) -> Result<T, E>,
    ) -> Result<(T, Changed), E> {
        let is_seen = self.is_seen(&id);
        let list = id.0.clone();
        let model = self.models.entry(id).or_default();
        let (last_number, changed) = (self.last_number, Changed::none());
        let mut tx = MemoryTx { list, model: std::mem::take(model), last_number, undo: Vec::new(), is_live, changed };
        match run(&mut tx) {
            Ok(done) => {
                self.last_number = tx.last_number;
                let changed = if is_seen { tx.take_changed() } else { Changed::none() };
                *model = tx.model;
                Ok((done, changed))
            }
            Err(error) => {
                *model = tx.undone();
                Err(error)
            }
        }
    }

    /// The checkpoint of this claim, if the claim still holds.
    fn claimed(&mut self, claim: &Claim<MemoryGuard>) -> Result<&mut Checkpoint, ApplyError> {
        let held = self.checkpoints.get_mut(&claim.guard.key).ok_or(ApplyError::Deposed)?;
        let is_held = held.is_claimed && held.checkpoint.epoch == claim.checkpoint.epoch;
        if is_held { Ok(&mut held.checkpoint) } else { Err(ApplyError::Deposed) }
    }
}

impl Views for MemoryViews {
    type Guard = MemoryGuard;

    async fn claim(&self, subscription: &Subscription) -> Result<Claimed<MemoryGuard>, StoreError> {
        let Subscription { name, version, partition, .. } = subscription;
        let key = (name.clone(), *version, partition.index);
        let mut kept = self.lock();
        let checkpoints = &kept.checkpoints;
        if let Some(held) = checkpoints.values().find(|held| {
            let checkpoint = &held.checkpoint;
            checkpoint.name == *name && checkpoint.version == *version && checkpoint.partition.count != partition.count
        }) {
            return Err(other_count(subscription, held.checkpoint.partition));
        }
        let new = || Held { checkpoint: Checkpoint::new(subscription), is_claimed: false, is_ready: false };
        let held = kept.checkpoints.entry(key.clone()).or_insert_with(new);
        if held.is_claimed {
            return Ok(Claimed::Standby(held.checkpoint.clone()));
        }
        held.is_claimed = true;
        held.checkpoint.epoch += 1;
        let checkpoint = held.checkpoint.clone();
        let guard = MemoryGuard { views: self.clone(), key, epoch: checkpoint.epoch };
        Ok(Claimed::Leader(Claim { checkpoint, guard }))
    }

    async fn release(&self, claim: Claim<MemoryGuard>) {
        drop(claim);
    }

    async fn set_events(&self, claim: &Claim<MemoryGuard>, events: Vec<String>) -> Result<(), ApplyError> {
        self.lock().claimed(claim)?.events = events;
        Ok(())
    }

    async fn activate(&self, claim: &Claim<MemoryGuard>) -> Result<bool, ApplyError> {
        let mut kept = self.lock();
        kept.claimed(claim)?;
        let own = &claim.checkpoint;
        let is_ready = kept.is_ready_with(&claim.guard.key, own.partition);
        let is_newer = |found: &Checkpoint| found.name == own.name && found.version > own.version && found.is_active;
        if !is_ready || kept.checkpoints.values().any(|held| held.is_claimed && is_newer(&held.checkpoint)) {
            return Ok(false);
        }
        let was_seen = kept.is_seen(&(own.name.clone(), own.version));
        for held in kept.checkpoints.values_mut().filter(|held| held.checkpoint.name == own.name) {
            held.checkpoint.is_active = held.checkpoint.version == own.version;
        }
        drop(kept);
        self.tell(&own.name, if was_seen { Changed::none() } else { Changed::All });
        Ok(true)
    }

    async fn restart(&self, claim: &Claim<MemoryGuard>, subscription: &Subscription) -> Result<(), ApplyError> {
        let mut kept = self.lock();
        kept.claimed(claim)?;
        let own = &claim.guard.key;
        for (part, held) in kept.checkpoints.iter_mut().filter(|(part, _)| (&part.0, part.1) == (&own.0, own.1)) {
            let Checkpoint { epoch, is_active, partition, .. } = held.checkpoint;
            held.checkpoint = Checkpoint::new(subscription);
            (held.checkpoint.epoch, held.checkpoint.is_active, held.checkpoint.partition) =
                (epoch, is_active, partition);
            if part != own {
                held.checkpoint.epoch += 1;
                held.is_claimed = false;
            }
        }
        let id = (subscription.name.clone(), subscription.version);
        if let Some(mut model) = kept.models.remove(&id) {
            model.work.close_all();
            model.steps.forget_events(&model.work.items().map(|item| item.id.as_str()).collect());
            kept.models.insert(id.clone(), Model { work: model.work, steps: model.steps, ..Model::default() });
        }
        let changed = if kept.is_seen(&id) { Changed::All } else { Changed::none() };
        drop(kept);
        self.tell(&id.0, changed);
        Ok(())
    }

    async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        Ok(self.lock().checkpoints.values().map(|held| held.checkpoint.clone()).collect())
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<ParkedEvent>, StoreError> {
        let kept = self.lock();
        let model = kept.models.get(&(name.to_owned(), version));
        Ok(model.map(|model| model.parked.values().cloned().collect()).unwrap_or_default())
    }

    async fn drop_parked(&self, name: &str, version: u32, position: Position) -> Result<bool, StoreError> {
        let mut kept = self.lock();
        let Some(model) = kept.models.get_mut(&(name.to_owned(), version)) else { return Ok(false) };
        model.steps.forget_at(position);
        Ok(model.parked.remove(&position).is_some())
    }

    async fn requests(&self) -> Result<Vec<Request>, StoreError> {
        Ok(self.lock().requests.values().cloned().collect())
    }

    async fn request(&self, name: &str, version: u32, asked: Asked) -> Result<Request, StoreError> {
        let mut kept = self.lock();
        let key = (name.to_owned(), version);
        let next = Request::next(name, version, asked, kept.requests.get(&key));
        kept.requests.insert(key, next.clone());
        Ok(next)
    }

    async fn end_request(&self, request: &Request, ended: Ended) -> Result<bool, StoreError> {
        let mut kept = self.lock();
        let found = kept.requests.get_mut(&(request.name.clone(), request.version));
        let Some(found) = found.filter(|found| found.number == request.number && found.ended.is_none()) else {
            return Ok(false);
        };
        found.ended = Some(ended);
        Ok(true)
    }
}

impl<P: Handle<MemoryTx>> Apply<P> for MemoryViews {
    async fn apply(&self, claim: &Claim<MemoryGuard>, subscriber: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        let mut kept = self.lock();
        if kept.claimed(claim)?.place != claim.checkpoint.place {
            return Err(ApplyError::Deposed);
        }
        let mut changed = Changed::none();
        if !batch.events().is_empty() {
            let run = |tx: &mut MemoryTx| hand_over(subscriber, batch, tx);
            ((), changed) = kept.transact(model_of::<P>(), batch.is_live(), run)?;
        }
        let checkpoint = kept.claimed(claim)?;
        checkpoint.place = batch.to;
        checkpoint.saved_at = Timestamp::now();
        if let Some(model) = kept.models.get_mut(&model_of::<P>()).filter(|_| P::ACTS) {
            let part = claim.checkpoint.partition.index;
            model.steps.forget_up_to(part, batch.to.position, |at| model.parked.contains_key(&at));
        }
        drop(kept);
        self.tell(P::TYPE.name, changed);
        Ok(())
    }

    async fn replay(&self, subscriber: &Arc<P>, event: &RecordedEvent) -> Result<bool, ApplyError> {
        let (was_parked, changed) = self.lock().transact(model_of::<P>(), false, |tx| {
            let Some(parked) = tx.model.parked.remove(&event.position) else { return Ok(false) };
            tx.undo.push(Undo::Parked(event.position, Some(parked)));
            tx.undo.push(Undo::Steps(tx.model.steps.take(&event.id.to_string())));
            match subscriber.handle_all(&[event], tx) {
                Ok(()) => Ok(true),
                Err((index, error)) => Err(ApplyError::Handler { index, error }),
            }
        })?;
        self.tell(P::TYPE.name, changed);
        Ok(was_parked)
    }
}

fn model_of<P: Subscriber>() -> (String, u32) {
    (P::TYPE.name.to_owned(), P::TYPE.version)
}

/// Hands the events of a batch over, and parks what is to be parked.
fn hand_over<P: Handle<MemoryTx>>(subscriber: &Arc<P>, batch: &Batch, tx: &mut MemoryTx) -> Result<(), ApplyError> {
    let mut to_handle = Vec::with_capacity(batch.events().len());
    if P::TYPE.on_error == OnError::Park {
        let mut keys: BTreeSet<String> = tx.model.parked.values().map(|parked| parked.key.clone()).collect();
        for (index, event) in batch.events().iter().enumerate() {
            let key = P::TYPE.order.key(event);
            let given_up = batch.reason(event.position);
            if given_up.is_some() || keys.contains(&key) {
                keys.insert(key.clone());
                let (text, attempts) = given_up.map_or(("", 0), |given_up| (&given_up.text, given_up.attempts));
                tx.park(ParkedEvent::new(event, key, text, attempts));
            } else {
                to_handle.push((index, event));
            }
        }
    } else {
        to_handle.extend(batch.to_handle());
    }
    let events: Vec<&RecordedEvent> = to_handle.iter().map(|(_, event)| *event).collect();
    subscriber.handle_all(&events, tx).map_err(|(at, error)| {
        let index = to_handle.get(at).map_or(at, |(index, _)| *index);
        ApplyError::Handler { index, error }
    })
}

/// The events of a subscription are divided into another number of parts than before.
fn other_count(subscription: &Subscription, stored: Partition) -> StoreError {
    let (before, now) = (stored.count, subscription.partition.count);
    let text = format!(
        "{subscription} was divided into {before} parts before, and now into {now}\nhelp: keep the number, or raise the version"
    );
    StoreError::new(StoreErrorKind::Invalid, text)
}
