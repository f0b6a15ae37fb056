//! The snapshots of an app: when they are written, where they are looked for, and what is done when that fails.

mod breaker;
mod counts;
mod erased;
mod fetched;
mod keeper;
mod observed;
mod of_type;
mod options;
mod waiting;

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use eskit_runtime::log::LogId;
use eskit_runtime::model::{Evolve, Scope, Seen, Wanted};
use eskit_runtime::snapshots::{SnapshotState, Snapshots};

pub use counts::SnapshotCounts;
pub(crate) use fetched::{Asked, Fetched};
pub(crate) use keeper::Keeper;
pub(crate) use of_type::OfType;
pub use options::SnapshotOptions;
pub(crate) use waiting::Encode;

/// The snapshots of each type of aggregate that has some, and of projections in memory.
#[derive(Clone, Default)]
pub(crate) struct SnapshotCaches {
    by_type: HashMap<TypeId, OfType>,
    of_projections: Vec<Arc<Keeper>>,
    /// The log whose snapshots are kept, once it is known.
    log: Arc<OnceLock<LogId>>,
}

impl SnapshotCaches {
    pub(crate) fn add<A: SnapshotState>(&mut self, snapshots: impl Snapshots, options: SnapshotOptions) {
        self.by_type.insert(TypeId::of::<A>(), OfType::new::<A>(snapshots, options));
    }

    pub(crate) fn add_projection(&mut self, keeper: Arc<Keeper>) {
        self.of_projections.push(keeper);
    }

    /// What keeps the snapshots of the projection in memory with this name.
    pub(crate) fn of_projection(&self, name: &str) -> Option<&Keeper> {
        self.of_projections.iter().find(|keeper| keeper.name() == name).map(|keeper| &**keeper)
    }

    pub(crate) fn of<A: Evolve>(&self) -> Option<&OfType> {
        self.by_type.get(&TypeId::of::<A>())
    }

    /// Whether the log has to be known, and is not yet.
    pub(crate) fn lacks_log(&self) -> bool {
        !self.by_type.is_empty() && self.log.get().is_none()
    }

    pub(crate) fn log(&self) -> Option<LogId> {
        self.log.get().copied()
    }

    pub(crate) fn set_log(&self, log: LogId) {
        // Another call may have been faster, with the same answer.
        let _ = self.log.set(log);
    }

    /// Whether snapshots of this type can be looked for.
    pub(crate) fn has(&self, aggregate: TypeId) -> bool {
        self.by_type.contains_key(&aggregate) && self.log.get().is_some()
    }

    /// What is wanted, by type.
    pub(crate) fn asked(&self, wanted: Vec<Wanted>) -> Vec<Asked> {
        let Some(log) = self.log() else { return Vec::new() };
        let mut asked: Vec<Asked> = Vec::new();
        for Wanted { aggregate, scope } in wanted {
            let Some(of) = self.by_type.get(&aggregate) else { continue };
            match asked.iter_mut().find(|asked| asked.aggregate == aggregate) {
                Some(asked) => asked.scopes.push(scope),
                None => asked.push(Asked { aggregate, of: of.clone(), log, scopes: vec![scope] }),
            }
        }
        asked
    }

    /// Takes note of a state as of now, and has it written if it is time.
    pub(crate) fn put<A: Evolve>(&self, scope: &Scope, state: &A, seen: Seen) {
        let Some(of) = self.of::<A>() else { return };
        let Some(log) = self.log() else { return };
        if seen.is_new() {
            of.keeper.remove_if_known(log, scope);
        } else if of.keeper.is_time(scope, seen)
            && let Some(encode) = of.encode(state)
        {
            of.keeper.offer(log, scope, seen, encode);
        }
    }

    /// What keeps the snapshots of each type and of each projection.
    pub(crate) fn keepers(&self) -> impl Iterator<Item = &Arc<Keeper>> {
        self.by_type.values().map(|of| &of.keeper).chain(&self.of_projections)
    }

    /// Removes the snapshot of a state that should not have been written.
    #[cfg(feature = "personal")]
    pub(crate) fn take_back<A: Evolve>(&self, scope: &Scope) {
        if let (Some(of), Some(log)) = (self.of::<A>(), self.log()) {
            of.keeper.remove_if_known(log, scope);
        }
    }

    /// Waits until everything that was offered is written, or has failed.
    pub(crate) async fn written(&self) {
        for keeper in self.keepers() {
            keeper.written().await;
        }
    }
}
