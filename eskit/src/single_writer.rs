//! Locks of this process, so that decisions on the same instances come one after the other.

use std::hash::{BuildHasher, RandomState};

use eskit_runtime::{Query, QueryItem};
use tokio::sync::{Mutex, MutexGuard};

/// Enough that two instances seldom share a lock, which costs them only waiting.
const LOCKS: usize = 1024;

/// A lock for each instance of an aggregate, out of a fixed number that instances share.
#[derive(Debug)]
pub(crate) struct SingleWriter {
    locks: Box<[Mutex<()>]>,
    hasher: RandomState,
}

impl SingleWriter {
    pub(crate) fn new() -> SingleWriter {
        SingleWriter { locks: (0..LOCKS).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }

    /// Waits until no other decision reads one of these instances. Locks are taken in one order, so nobody waits in a
    /// circle; whoever came first goes first.
    pub(crate) async fn lock(&self, instances: &Query) -> Vec<MutexGuard<'_, ()>> {
        let mut indices: Vec<usize> = instances.items().iter().map(|instance| self.index(instance)).collect();
        indices.sort_unstable();
        indices.dedup();
        let mut guards = Vec::with_capacity(indices.len());
        for index in indices {
            guards.push(self.locks[index].lock().await);
        }
        guards
    }

    fn index(&self, QueryItem { stream, tags, .. }: &QueryItem) -> usize {
        let hash = self.hasher.hash_one((stream, tags));
        usize::try_from(hash % LOCKS as u64).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eskit_runtime::Tag;

    fn course(name: &str) -> QueryItem {
        QueryItem::types(["campus.Defined"]).with_tag(Tag::new("course", name))
    }

    #[tokio::test]
    async fn an_instance_is_locked_whatever_is_read_of_it() {
        let writer = SingleWriter::new();
        let guards = writer.lock(&Query::any_of([course("maths"), course("art")])).await;
        assert!(!guards.is_empty());
        let other_types = QueryItem::types(["campus.Left"]).with_tag(Tag::new("course", "art"));
        let (held, query) = (writer.index(&other_types), Query::from(other_types));
        assert!(writer.locks[held].try_lock().is_err());
        let waiting = writer.lock(&query);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(5), waiting).await.is_err());
        drop(guards);
        assert_eq!(writer.lock(&query).await.len(), 1);
    }

    #[tokio::test]
    async fn instances_that_share_a_lock_take_it_once() {
        let writer = SingleWriter::new();
        let items: Vec<QueryItem> = (0..5 * LOCKS).map(|number| course(&number.to_string())).collect();
        let guards = writer.lock(&Query::any_of(items)).await;
        assert!(guards.len() <= LOCKS);
    }
}
