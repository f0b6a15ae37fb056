//! What an app drops when a subject of personal data is forgotten, by itself or by another process.

use std::any::TypeId;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use eskit_runtime::model::{Evolve, Scope, Seen, StateCache, Wanted};
use eskit_runtime::snapshots::RemoveSnapshots;
use eskit_runtime::{EventStore, StoreError};

use crate::layer::Sealing;
use crate::state_cache::StateCaches;
use crate::state_snapshots::Fetched;
use crate::vault::Vault;

/// Watches over what an app and its clones keep of opened events.
#[derive(Clone, Default)]
pub(crate) struct Forgetting {
    vault: Option<Vault>,
    kept: Arc<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The generation of the vault's keys as of which states are kept.
    generation: AtomicU64,
    /// How many destructions of keys the snapshots have followed.
    destructions: AtomicU64,
    /// Whether was finished what others had begun to forget.
    is_finished: AtomicBool,
}

impl Forgetting {
    pub(crate) fn of(vault: Vault) -> Forgetting {
        let (generation, destructions) = (vault.generation().into(), vault.destructions().into());
        let kept = Kept { generation, destructions, ..Kept::default() };
        Forgetting { vault: Some(vault), kept: Arc::new(kept) }
    }

    /// The states that are kept as of now, after what is to be forgotten was dropped.
    pub(crate) async fn states<'s, S: EventStore>(
        &self,
        store: &Sealing<S>,
        states: &'s Arc<StateCaches>,
    ) -> StatesAsOf<'s> {
        if let Some(vault) = &self.vault {
            // Without an answer, the vault drops its keys, and states are dropped here: nothing that was forgotten stays.
            let _ = vault.notice().await;
            if !self.kept.is_finished.load(Ordering::Acquire) {
                let finished = finish(vault, store, states).await;
                self.kept.is_finished.store(finished.is_ok(), Ordering::Release);
            }
            // Snapshots that cannot be removed now are tried again with the next command.
            let _ = self.drop_states(vault, store, states).await;
        }
        let generation = self.vault.as_ref().map_or(0, Vault::generation);
        StatesAsOf { states, vault: self.vault.clone(), generation }
    }

    /// Drops all states and snapshots that were made before keys were destroyed, if some were.
    pub(crate) async fn drop_states<S: EventStore>(
        &self,
        vault: &Vault,
        store: &Sealing<S>,
        states: &StateCaches,
    ) -> Result<(), StoreError> {
        let (generation, destructions) = (vault.generation(), vault.destructions());
        if self.kept.generation.swap(generation, Ordering::AcqRel) != generation {
            states.clear();
        }
        if self.kept.destructions.load(Ordering::Acquire) == destructions {
            return Ok(());
        }
        let log = store.sealed_log().await?;
        for keeper in states.snapshots.keepers() {
            keeper.remove(log, RemoveSnapshots::All, None).await?;
        }
        self.kept.destructions.fetch_max(destructions, Ordering::AcqRel);
        Ok(())
    }
}

/// Finishes what other processes have begun to forget, also in what this app keeps.
async fn finish<S: EventStore>(vault: &Vault, store: &Sealing<S>, states: &StateCaches) -> Result<(), StoreError> {
    store.finish_forgetting(vault).await?;
    let log = store.sealed_log().await?;
    for keeper in states.snapshots.keepers() {
        let by = format!("snapshots/{}", keeper.name());
        let found = vault.records_since(store.store(), log, &by).await?;
        if !found.records.is_empty() {
            keeper.remove(log, RemoveSnapshots::All, None).await?;
        }
        vault.searched_by(log, &by, &found).await?;
    }
    Ok(())
}

/// The states that are kept as of a generation of keys. Those that are put after keys were destroyed may have been made of events that
/// were opened before, and are not kept.
pub(crate) struct StatesAsOf<'s> {
    states: &'s StateCaches,
    vault: Option<Vault>,
    generation: u64,
}

impl StatesAsOf<'_> {
    fn is_current(&self) -> bool {
        self.vault.as_ref().is_none_or(|vault| vault.generation() == self.generation)
    }
}

impl StateCache for StatesAsOf<'_> {
    type Fetched = Fetched;

    fn get<A: Evolve>(&self, scope: &Scope) -> Option<(A, Seen)> {
        self.states.get(scope)
    }

    fn put<A: Evolve>(&self, scope: &Scope, state: &A, seen: Seen) {
        if !self.is_current() {
            return;
        }
        self.states.put(scope, state, seen);
        // Keys may have been destroyed, and states dropped, between the look and the put.
        if !self.is_current() {
            self.states.forget::<A>(scope);
            self.states.snapshots.take_back::<A>(scope);
        }
    }

    fn has_snapshots(&self, aggregate: TypeId) -> bool {
        self.states.has_snapshots(aggregate)
    }

    fn fetch(&self, wanted: Vec<Wanted>) -> impl Future<Output = Fetched> + Send {
        self.states.fetch(wanted)
    }
}
