use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eskit_conformance::{Log, Rows, TestError, TestViews, WriteRows};
use eskit_runtime::log::{Place, Position};
use eskit_runtime::rows::StoredRow;
use eskit_runtime::subscription::{
    Apply, ApplyError, Asked, Batch, ChangeHubs, Changed, Checkpoint, Claim, Claimed, Ended, Handle, HandleError,
    OnError, ParkedEvent, Request, Subscriber, Subscription, Views,
};
use eskit_runtime::{RecordedEvent, StoreError, Timestamp};

use crate::changes;
use crate::commands::Commands;
use crate::mistake::Mistake as M;
use crate::requests;
use crate::snapshots::Kept;
use crate::work::Items;

/// Sound views over the simplest state, with a place for each mistake. They stand for views that outlive their handle: those of a
/// place are found again.
pub(crate) struct Sound {
    mistake: M,
    places: Mutex<BTreeMap<String, Arc<Mutex<State>>>>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    held: BTreeMap<Key, Held>,
    pub(crate) models: BTreeMap<(String, u32), Model>,
    /// How often items of work were added to each list, or retried by hand.
    pub(crate) additions: BTreeMap<String, u64>,
    /// How often each version was changed.
    pub(crate) changes: BTreeMap<(String, u32), u64>,
    snapshots: Kept,
    commands: Commands,
    pub(crate) requests: BTreeMap<(String, u32), Request>,
}

impl State {
    /// The checkpoint of a part of a processor.
    pub(crate) fn checkpoint(&self, name: &str, part: u32) -> Option<&Checkpoint> {
        self.held.get(&(name.to_owned(), 1, part)).map(|held| &held.checkpoint)
    }

    /// The version of a read model that readers see.
    pub(crate) fn active(&self, name: &str) -> Option<u32> {
        let mut active = self.held.values().map(|held| &held.checkpoint).filter(|checkpoint| checkpoint.is_active);
        active.find(|checkpoint| checkpoint.name == name).map(|checkpoint| checkpoint.version)
    }
}

type Key = (String, u32, u32);

#[derive(Debug)]
struct Held {
    checkpoint: Checkpoint,
    is_claimed: bool,
    is_ready: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    rows: Rows,
    /// The rows of an aggregate.
    pub(crate) kept: BTreeMap<String, StoredRow>,
    pub(crate) parked: BTreeMap<Position, ParkedEvent>,
    /// Keys of events that were ever parked.
    keys: BTreeSet<String>,
    pub(crate) work: Items,
    /// Keys of items that are closed when a batch ends.
    pub(crate) closed: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Tx {
    before: Rows,
    pub(crate) model: Model,
    pub(crate) mistake: M,
    pub(crate) changed: Changed,
}

#[derive(Clone, Debug)]
pub(crate) struct SoundViews {
    shared: Arc<Mutex<State>>,
    pub(crate) mistake: M,
    end: Arc<End>,
    pub(crate) hubs: Arc<ChangeHubs>,
}

/// The end of the last clone of a handle.
#[derive(Debug)]
struct End {
    shared: Arc<Mutex<State>>,
    claimed: Mutex<Vec<Key>>,
    mistake: M,
}

impl Drop for End {
    fn drop(&mut self) {
        if self.mistake == M::EndFreesOthers {
            let claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
            let mut state = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            state
                .held
                .iter_mut()
                .filter(|(key, _)| claimed.contains(key))
                .for_each(|(_, held)| held.is_claimed = false);
        }
    }
}

#[derive(Debug)]
pub(crate) struct Guard {
    shared: Arc<Mutex<State>>,
    key: Key,
    epoch: u64,
    mistake: M,
}

impl Guard {
    fn free(&self) {
        let mut state = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = state.held.get_mut(&self.key)
            && held.checkpoint.epoch == self.epoch
        {
            held.is_claimed = false;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !matches!(self.mistake, M::ReleaseDoesNotFree | M::DropDoesNotFree) {
            self.free();
        }
    }
}

impl Tx {
    /// What readers are told of a batch.
    fn take_changed(&mut self, batch: &Batch) -> Changed {
        match std::mem::replace(&mut self.changed, Changed::none()) {
            named if named.is_none() && !batch.events().is_empty() => Changed::All,
            named => named,
        }
    }
}

impl Sound {
    pub(crate) fn new(mistake: M) -> Sound {
        Sound { mistake, places: Mutex::default() }
    }
}

impl TestViews for Sound {
    type Views = SoundViews;
    const TABLES: &'static str = "";

    async fn open(&self, place: Log) -> Result<SoundViews, TestError> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = Arc::clone(places.entry(place.name().to_owned()).or_default());
        if self.mistake == M::ParkedAreForgottenOnOpen {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            state.models.values_mut().for_each(|model| model.parked.clear());
        }
        if self.mistake == M::RowsAreForgottenOnOpen {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            state.models.values_mut().for_each(|model| model.kept.clear());
        }
        for model in shared.lock().unwrap_or_else(PoisonError::into_inner).models.values_mut() {
            model.work.opened();
        }
        if self.mistake == M::SnapshotsAreForgottenOnOpen {
            shared.lock().unwrap_or_else(PoisonError::into_inner).snapshots.clear();
        }
        if self.mistake == M::CommandsAreForgottenOnOpen {
            shared.lock().unwrap_or_else(PoisonError::into_inner).commands.kept.clear();
        }
        if self.mistake == M::RequestsAreForgottenOnOpen {
            shared.lock().unwrap_or_else(PoisonError::into_inner).requests.clear();
        }
        let mistake = self.mistake;
        let end = Arc::new(End { shared: Arc::clone(&shared), claimed: Mutex::default(), mistake });
        Ok(SoundViews { shared, mistake, end, hubs: changes::hubs() })
    }

    async fn rows<P: Subscriber>(&self, views: &SoundViews) -> Result<Rows, TestError> {
        let state = views.lock();
        let of = |held: &&Held| held.checkpoint.is_active && held.checkpoint.name == P::TYPE.name;
        let active = state.held.values().find(of).map(|held| held.checkpoint.version);
        let model = active.and_then(|version| state.models.get(&views.model_of(P::TYPE.name, version)));
        Ok(model.map(|model| model.rows.clone()).unwrap_or_default())
    }
}

impl WriteRows for Sound {
    type Tx = Tx;

    fn put(tx: &mut Tx, key: &str, value: &str) -> Result<(), TestError> {
        tx.model.rows.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    fn get(tx: &mut Tx, key: &str) -> Result<Option<String>, TestError> {
        let rows = if tx.mistake == M::HandlersSeeOnlyCommitted { &tx.before } else { &tx.model.rows };
        Ok(rows.get(key).cloned())
    }
}

impl SoundViews {
    /// The rows of an aggregate that readers see.
    pub(crate) fn kept(&self, name: &str) -> BTreeMap<String, StoredRow> {
        let state = self.lock();
        let of = |held: &&Held| held.checkpoint.is_active && held.checkpoint.name == name;
        let active = state.held.values().find(of).map(|held| held.checkpoint.version);
        let model = active.and_then(|version| state.models.get(&self.model_of(name, version)));
        model.map(|model| model.kept.clone()).unwrap_or_default()
    }

    /// What is done with the snapshots at once.
    pub(crate) fn snapshots<R>(&self, run: impl FnOnce(&mut Kept) -> R) -> R {
        run(&mut self.lock().snapshots)
    }

    /// What is done with the log of commands at once.
    pub(crate) fn commands<R>(&self, run: impl FnOnce(&mut Commands) -> R) -> R {
        run(&mut self.lock().commands)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, mistake: M) -> bool {
        self.mistake == mistake
    }

    fn key_of(&self, name: &str, version: u32, part: u32) -> Key {
        if self.is(M::OneClaimForAName) { (name.to_owned(), 0, 0) } else { (name.to_owned(), version, part) }
    }

    fn model_of(&self, name: &str, version: u32) -> (String, u32) {
        (name.to_owned(), if self.is(M::VersionsShareRows) { 0 } else { version })
    }

    /// The checkpoint of a claim that holds.
    fn checked<'s>(
        &self,
        state: &'s mut State,
        claim: &Claim<Guard>,
        fences: bool,
    ) -> Result<&'s mut Held, ApplyError> {
        let held = state.held.get_mut(&claim.guard.key).ok_or(ApplyError::Deposed)?;
        let holds = held.is_claimed && held.checkpoint.epoch == claim.checkpoint.epoch;
        if holds || !fences { Ok(held) } else { Err(ApplyError::Deposed) }
    }

    fn checked_for_change<'s>(&self, state: &'s mut State, claim: &Claim<Guard>) -> Result<&'s mut Held, ApplyError> {
        self.checked(state, claim, !self.is(M::NoFenceForChanges))
    }

    fn begin<P: Subscriber>(&self, state: &State) -> Tx {
        let model = state.models.get(&self.model_of(P::TYPE.name, P::TYPE.version)).cloned().unwrap_or_default();
        Tx { before: model.rows.clone(), model, mistake: self.mistake, changed: Changed::none() }
    }

    fn commit<P: Subscriber>(&self, state: &mut State, model: Model) {
        state.models.insert(self.model_of(P::TYPE.name, P::TYPE.version), model);
    }

    /// What to hand over, after what is to be parked was.
    fn park<'b, P: Subscriber>(&self, batch: &'b Batch, model: &mut Model) -> Vec<(usize, &'b RecordedEvent)> {
        if self.is(M::HandsOverGivenUp) {
            return batch.events().iter().enumerate().collect();
        }
        if P::TYPE.on_error != OnError::Park || self.is(M::ParksNothing) {
            return batch.to_handle().collect();
        }
        let mut to_handle = Vec::new();
        for (index, event) in batch.events().iter().enumerate() {
            let key = P::TYPE.order.key(event);
            let waits = match self.mistake {
                M::ParksWithoutTheKey => false,
                M::ParksEveryKey => !model.parked.is_empty(),
                M::KeyStaysHeldUp => model.keys.contains(&key),
                _ => model.parked.values().any(|parked| parked.key == key),
            };
            match batch.reason(event.position) {
                Some(given_up) => {
                    let parked = ParkedEvent::new(event, key.clone(), &given_up.text, given_up.attempts);
                    model.parked.insert(event.position, parked);
                }
                None if waits => {
                    model.parked.insert(event.position, ParkedEvent::new(event, key.clone(), "", 0));
                }
                None => {
                    to_handle.push((index, event));
                    continue;
                }
            }
            model.keys.insert(key);
        }
        to_handle
    }

    /// Runs the handlers of a batch in a transaction.
    fn handle<P: Handle<Tx>>(&self, tx: &mut Tx, subscriber: &P, batch: &Batch) -> Result<(), ApplyError> {
        let to_handle = self.park::<P>(batch, &mut tx.model);
        if self.is(M::HandlersRunTwice) {
            let mut dry =
                Tx { changed: Changed::none(), before: Rows::new(), model: tx.model.clone(), mistake: self.mistake };
            let events: Vec<_> = to_handle.iter().map(|(_, event)| *event).collect();
            let _ = subscriber.handle_all(&events, &mut dry);
        }
        for (at, (index, event)) in to_handle.into_iter().enumerate() {
            if let Err((_, error)) = subscriber.handle_all(&[event], tx) {
                let index = if self.is(M::IndexOfHandedOver) { at } else { index };
                match self.mistake {
                    M::SkipsOnError => {}
                    M::TextIsLost => return Err(ApplyError::Handler { index, error: HandleError::new("it failed") }),
                    _ => return Err(ApplyError::Handler { index, error }),
                }
            }
        }
        Ok(())
    }

    fn stored(&self, batch: &Batch) -> Place {
        match self.mistake {
            M::CheckpointFromHead => Place { position: batch.head, id: None },
            M::IdIsForgotten => Place { position: batch.to.position, id: None },
            _ => batch.to,
        }
    }

    /// Whether the claim holds, at the place from which the batch goes on.
    fn check_place(&self, state: &mut State, claim: &Claim<Guard>) -> Result<(), ApplyError> {
        let held = self.checked(state, claim, !self.is(M::NoFence))?;
        let is_at = match self.mistake {
            M::IdIsForgotten => held.checkpoint.place.position == claim.checkpoint.place.position,
            _ => held.checkpoint.place == claim.checkpoint.place,
        };
        if is_at || self.is(M::PlaceIsNotCompared) || self.is(M::NoFence) { Ok(()) } else { Err(ApplyError::Deposed) }
    }

    fn apply_now<P: Handle<Tx>>(&self, claim: &Claim<Guard>, subscriber: &P, batch: &Batch) -> Result<(), ApplyError> {
        let mut state = self.lock();
        self.check_place(&mut state, claim)?;
        if batch.events().is_empty() && self.is(M::EmptyBatchIsIgnored) {
            return Ok(());
        }
        if self.is(M::CheckpointBeforeHandlers) {
            self.checked(&mut state, claim, true)?.checkpoint.place = self.stored(batch);
        }
        let mut tx = self.begin::<P>(&state);
        if let Err(error) = self.handle(&mut tx, subscriber, batch) {
            match self.mistake {
                M::KeepsOnError => self.commit::<P>(&mut state, tx.model),
                M::OpensOutside => {
                    let mut model = self.begin::<P>(&state).model;
                    model.work = tx.model.work;
                    self.commit::<P>(&mut state, model);
                }
                M::ParksOutside => {
                    let mut model = self.begin::<P>(&state).model;
                    model.parked = tx.model.parked;
                    self.commit::<P>(&mut state, model);
                }
                M::ErrorEndsTheClaim => self.checked(&mut state, claim, true)?.is_claimed = false,
                M::FailuresAreTold => self.tell(&mut state, (P::TYPE.name, P::TYPE.version), Changed::All),
                _ => {}
            }
            return Err(error);
        }
        tx.model.end();
        if P::ACTS && !self.is(M::StepsOfEventsStay) {
            let (parked, spares) = (&tx.model.parked, !self.is(M::StepsOfParkedGo));
            tx.model.work.steps.forget_at(|at| at <= batch.to.position && !(spares && parked.contains_key(&at)));
        }
        let changed = tx.take_changed(batch);
        self.commit::<P>(&mut state, tx.model);
        self.tell(&mut state, (P::TYPE.name, P::TYPE.version), changed);
        let checkpoint = &mut self.checked(&mut state, claim, !self.is(M::NoFence))?.checkpoint;
        checkpoint.saved_at = Timestamp::now();
        if !self.is(M::CheckpointIsNotMoved) {
            checkpoint.place = self.stored(batch);
        }
        Ok(())
    }
}

impl Views for SoundViews {
    type Guard = Guard;

    async fn claim(&self, subscription: &Subscription) -> Result<Claimed<Guard>, StoreError> {
        let Subscription { name, version, partition, .. } = subscription;
        let key = self.key_of(name, *version, partition.index);
        let mut state = self.lock();
        let held = state.held.entry(key.clone()).or_insert_with(|| {
            let mut checkpoint = Checkpoint::new(subscription);
            checkpoint.is_active = self.is(M::NewVersionIsActive);
            Held { checkpoint, is_claimed: false, is_ready: false }
        });
        if held.is_claimed && !self.is(M::ClaimIsShared) {
            let mut told = held.checkpoint.clone();
            if self.is(M::StandbyIsToldTheStart) {
                told.place = Place::START;
            }
            return Ok(Claimed::Standby(told));
        }
        held.is_claimed = true;
        held.checkpoint.epoch += u64::from(!self.is(M::EpochStays));
        if self.is(M::StartIsTakenAgain) {
            held.checkpoint.place = subscription.start;
        }
        let (checkpoint, shared, mistake) = (held.checkpoint.clone(), Arc::clone(&self.shared), self.mistake);
        self.end.claimed.lock().unwrap_or_else(PoisonError::into_inner).push(key.clone());
        let guard = Guard { shared, key, epoch: checkpoint.epoch, mistake };
        Ok(Claimed::Leader(Claim { checkpoint, guard }))
    }

    async fn release(&self, claim: Claim<Guard>) {
        if !self.is(M::ReleaseDoesNotFree) {
            claim.guard.free();
        }
    }

    async fn set_events(&self, claim: &Claim<Guard>, events: Vec<String>) -> Result<(), ApplyError> {
        let mut state = self.lock();
        let held = self.checked_for_change(&mut state, claim)?;
        if !self.is(M::EventsAreForgotten) {
            held.checkpoint.events = events;
        }
        Ok(())
    }

    async fn activate(&self, claim: &Claim<Guard>) -> Result<bool, ApplyError> {
        let mut state = self.lock();
        self.checked_for_change(&mut state, claim)?.is_ready = true;
        let own = &claim.checkpoint;
        let is_own = |held: &&Held| held.checkpoint.name == own.name && held.checkpoint.version == own.version;
        let ready = state.held.values().filter(is_own).filter(|held| held.is_ready).count();
        if ready < own.partition.count as usize && !self.is(M::OnePartActivates) {
            return Ok(false);
        }
        let is_newer = |found: &Checkpoint| found.name == own.name && found.version > own.version && found.is_active;
        let is_kept = |held: &Held| match self.mistake {
            M::OlderTakesTheNewersPlace => false,
            M::OlderNeverComesBack => true,
            _ => held.is_claimed,
        };
        if state.held.values().any(|held| is_newer(&held.checkpoint) && is_kept(held)) {
            return Ok(self.is(M::RefusalIsNotTold));
        }
        let was_seen = state.active(&own.name) == Some(own.version);
        for held in state.held.values_mut() {
            let checkpoint = &mut held.checkpoint;
            if checkpoint.name == own.name || self.is(M::ActivationDeactivatesOthers) {
                let is_own = checkpoint.name == own.name && checkpoint.version == own.version;
                checkpoint.is_active = is_own || (checkpoint.is_active && self.is(M::SeveralAreActive));
            }
        }
        if !was_seen && !self.is(M::ActivationIsNotTold) {
            self.hubs.of(&own.name).tell(Changed::All);
        }
        Ok(true)
    }

    async fn restart(&self, claim: &Claim<Guard>, subscription: &Subscription) -> Result<(), ApplyError> {
        let mut state = self.lock();
        self.checked_for_change(&mut state, claim)?;
        let own = &claim.guard.key;
        for (key, held) in state.held.iter_mut().filter(|(key, _)| (&key.0, key.1) == (&own.0, own.1)) {
            let is_own = key == own;
            if !is_own && self.is(M::PartIsRestartedAlone) {
                continue;
            }
            let Checkpoint { epoch, is_active, partition, place, .. } = held.checkpoint;
            held.checkpoint = Checkpoint::new(subscription);
            (held.checkpoint.epoch, held.checkpoint.is_active, held.checkpoint.partition) =
                (epoch, is_active, partition);
            held.checkpoint.epoch += u64::from(!is_own || self.is(M::RestartEndsTheClaim));
            held.is_claimed &= is_own;
            if self.is(M::RestartKeepsThePlace) {
                held.checkpoint.place = place;
            }
        }
        if self.is(M::RestartTakesOthers) {
            state.models.clear();
        }
        let model = state.models.entry(self.model_of(&subscription.name, subscription.version)).or_default();
        let old = std::mem::take(model);
        model.work = old.work.restarted();
        if self.is(M::RestartKeepsRows) {
            (model.rows, model.kept) = (old.rows, old.kept);
        } else if self.is(M::RestartKeepsParked) {
            model.parked = old.parked;
        }
        if !self.is(M::RestartIsNotTold) {
            self.tell(&mut state, (&subscription.name, subscription.version), Changed::All);
        }
        Ok(())
    }

    async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        let mut all: Vec<_> = self.lock().held.values().map(|held| held.checkpoint.clone()).collect();
        if self.is(M::ListIsReversed) {
            all.reverse();
        }
        Ok(all)
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<ParkedEvent>, StoreError> {
        let state = self.lock();
        let model = state.models.get(&self.model_of(name, version));
        Ok(model.map(|model| model.parked.values().cloned().collect()).unwrap_or_default())
    }

    async fn drop_parked(&self, name: &str, version: u32, position: Position) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let Some(model) = state.models.get_mut(&self.model_of(name, version)) else { return Ok(false) };
        if self.is(M::DropOfParkedIsNotDone) {
            return Ok(model.parked.contains_key(&position));
        }
        if !self.is(M::StepsOfParkedStay) {
            model.work.steps.forget_at(|at| at == position);
        }
        Ok(model.parked.remove(&position).is_some())
    }

    async fn requests(&self) -> Result<Vec<Request>, StoreError> {
        Ok(self.lock().requests.values().cloned().collect())
    }

    async fn request(&self, name: &str, version: u32, asked: Asked) -> Result<Request, StoreError> {
        Ok(requests::ask(self.mistake, &mut self.lock(), name, version, asked))
    }

    async fn end_request(&self, request: &Request, ended: Ended) -> Result<bool, StoreError> {
        Ok(requests::end(self.mistake, &mut self.lock(), request, ended))
    }
}

impl<P: Handle<Tx>> Apply<P> for SoundViews {
    async fn apply(&self, claim: &Claim<Guard>, subscriber: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        match self.mistake {
            M::CheckpointOutside => {
                let mut tx = self.begin::<P>(&self.lock());
                self.check_place(&mut self.lock(), claim)?;
                self.handle(&mut tx, &**subscriber, batch)?;
                self.commit::<P>(&mut self.lock(), tx.model);
                tokio::task::yield_now().await;
                self.checked(&mut self.lock(), claim, true)?.checkpoint.place = batch.to;
                Ok(())
            }
            M::PartsOverwriteEachOther => {
                let mut tx = self.begin::<P>(&self.lock());
                // So long that another part begins, however busy the machine is.
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                self.handle(&mut tx, &**subscriber, batch)?;
                let mut state = self.lock();
                self.commit::<P>(&mut state, tx.model);
                self.checked(&mut state, claim, true)?.checkpoint.place = batch.to;
                Ok(())
            }
            M::BatchIsSplit if batch.events().len() > 1 => {
                let (first, rest) = batch.events().split_at(1);
                let half = Batch::new(first.to_vec(), claim.checkpoint.place);
                self.apply_now(claim, &**subscriber, &half)?;
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                self.apply_now(claim, &**subscriber, &Batch::new(rest.to_vec(), batch.to))
            }
            _ => self.apply_now(claim, &**subscriber, batch),
        }
    }

    async fn replay(&self, subscriber: &Arc<P>, event: &RecordedEvent) -> Result<bool, ApplyError> {
        if !self.begin::<P>(&self.lock()).model.parked.contains_key(&event.position) {
            return Ok(false);
        }
        if self.is(M::ReplaysRace) {
            tokio::task::yield_now().await;
        }
        let mut state = self.lock();
        let mut tx = self.begin::<P>(&state);
        let was_parked = tx.model.parked.remove(&event.position).is_some();
        if !was_parked && !self.is(M::ReplaysRace) {
            return Ok(false);
        }
        if !self.is(M::StepsOfParkedStay) {
            tx.model.work.steps.forget_at(|at| at == event.position);
        }
        match subscriber.handle_all(&[event], &mut tx) {
            Ok(()) if self.is(M::ReplayKeepsParked) => {
                tx.model.parked = self.begin::<P>(&state).model.parked;
                self.commit::<P>(&mut state, tx.model);
            }
            Ok(()) => {
                self.commit::<P>(&mut state, tx.model);
                if !self.is(M::ReplayIsNotTold) {
                    self.tell(&mut state, (P::TYPE.name, P::TYPE.version), Changed::All);
                }
            }
            Err((index, error)) => {
                if self.is(M::ReplayForgetsOnError) {
                    let mut model = self.begin::<P>(&state).model;
                    model.parked.remove(&event.position);
                    self.commit::<P>(&mut state, model);
                }
                return Err(ApplyError::Handler { index, error });
            }
        }
        if self.is(M::ReplayMovesTheCheckpoint) {
            let of = |held: &&mut Held| held.checkpoint.name == P::TYPE.name;
            state.held.values_mut().filter(of).for_each(|held| held.checkpoint.place = event.place());
        }
        Ok(true)
    }
}
