use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use eskit_runtime::StoreError;
use eskit_runtime::subscription::{Subscriber, Views};

/// The keys behind which events of a processor wait. While a process holds the claim, nobody else adds one, but everybody may remove
/// one: so a key that is not known is not parked, and one that is known is looked up again.
#[derive(Debug, Default)]
pub(super) struct ParkedKeys {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The claim under which they were read.
    epoch: u64,
    keys: BTreeSet<String>,
}

impl ParkedKeys {
    /// Whether events with this key are parked.
    ///
    /// # Errors
    /// The views failed.
    pub(super) async fn has<P: Subscriber>(
        &self,
        views: &impl Views,
        epoch: u64,
        key: &str,
    ) -> Result<bool, StoreError> {
        if self.is_unknown(epoch, key) {
            return Ok(false);
        }
        let parked = views.parked(P::TYPE.name, P::TYPE.version).await?;
        let keys: BTreeSet<String> = parked.into_iter().map(|parked| parked.key).collect();
        let is_parked = keys.contains(key);
        *self.lock() = Known { epoch, keys };
        Ok(is_parked)
    }

    /// Adds a key, of which an event is about to be parked.
    pub(super) fn add(&self, key: String) {
        self.lock().keys.insert(key);
    }

    fn is_unknown(&self, epoch: u64, key: &str) -> bool {
        let known = self.lock();
        known.epoch == epoch && !known.keys.contains(key)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
