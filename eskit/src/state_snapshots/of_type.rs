use std::any::Any;
use std::sync::Arc;

use eskit_runtime::model::Evolve;
use eskit_runtime::snapshots::{Fingerprint, SnapshotState, Snapshots, Snapshotted};

use super::keeper::Keeper;
use super::options::SnapshotOptions;
use super::waiting::Encode;

/// The snapshots of one type. That its states can be written and read is known where they are added, and nowhere else.
#[derive(Clone)]
pub(crate) struct OfType {
    pub(crate) keeper: Arc<Keeper>,
    /// The [`Codec`] of the type.
    codec: Arc<dyn Any + Send + Sync>,
}

struct Codec<A> {
    clone: fn(&A) -> A,
    write: fn(Snapshotted, &A) -> Result<String, String>,
    read: fn(Snapshotted, &str) -> Result<A, String>,
}

impl OfType {
    pub(super) fn new<A: SnapshotState>(snapshots: impl Snapshots, options: SnapshotOptions) -> OfType {
        let codec = Codec::<A> { clone: A::clone, write: Snapshotted::write, read: Snapshotted::read };
        let keeper = Keeper::new(A::TYPE.slug, Fingerprint::of::<A>(), snapshots, options);
        OfType { keeper: Arc::new(keeper), codec: Arc::new(codec) }
    }

    fn codec<A: Evolve>(&self) -> Option<&Codec<A>> {
        self.codec.downcast_ref()
    }

    /// Reads a state that was found.
    pub(super) fn read<A: Evolve>(&self, text: &str) -> Option<Result<A, String>> {
        self.codec::<A>().map(|codec| (codec.read)(Snapshotted::aggregate::<A>(), text))
    }

    /// What writes a state as it is now, later and elsewhere.
    pub(super) fn encode<A: Evolve>(&self, state: &A) -> Option<Encode> {
        let codec = self.codec::<A>()?;
        let (state, write) = ((codec.clone)(state), codec.write);
        Some(Box::new(move || write(Snapshotted::aggregate::<A>(), &state)))
    }
}
