use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eskit_runtime::StoreError;
use eskit_runtime::log::{LogId, Place, Subject};
use eskit_runtime::vault::{KEYS_PER_PAGE, KeyId, KeyStore, StoredKey, WrappedKey};
use zeroize::Zeroize;

/// A key store in memory, for tests. With the process, all keys are lost, and with them everything that they sealed.
///
/// Clones share the keys.
#[derive(Clone, Debug, Default)]
pub struct MemoryKeyStore(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    keys: BTreeMap<KeyId, StoredKey>,
    searched: HashMap<(LogId, String), Place>,
}

impl MemoryKeyStore {
    /// A key store without keys.
    pub fn new() -> MemoryKeyStore {
        MemoryKeyStore::default()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn get_or_insert(&mut self, key: StoredKey) -> StoredKey {
        let is_its = |kept: &&StoredKey| kept.wrapped.is_some() && (kept.log, &kept.subject) == (key.log, &key.subject);
        if let Some(kept) = self.keys.values().find(is_its) {
            return kept.clone();
        }
        self.keys.insert(key.id, key.clone());
        key
    }

    fn destroy(&mut self, key: StoredKey) -> bool {
        let kept = self.keys.entry(key.id);
        let is_known = matches!(kept, std::collections::btree_map::Entry::Occupied(_));
        let kept = kept.or_insert(StoredKey { wrapped: None, ..key });
        match kept.wrapped.take() {
            Some(mut wrapped) => {
                wrapped.bytes.zeroize();
                true
            }
            None => !is_known,
        }
    }
}

impl KeyStore for MemoryKeyStore {
    async fn get_or_insert(&self, keys: Vec<StoredKey>) -> Result<Vec<StoredKey>, StoreError> {
        let mut kept = self.lock();
        Ok(keys.into_iter().map(|key| kept.get_or_insert(key)).collect())
    }

    async fn get(&self, ids: Vec<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        let kept = self.lock();
        Ok(ids.iter().filter_map(|id| kept.keys.get(id).cloned()).collect())
    }

    async fn of_subject(&self, log: LogId, subject: Subject) -> Result<Vec<StoredKey>, StoreError> {
        let kept = self.lock();
        Ok(kept.keys.values().filter(|key| key.log == log && key.subject == subject).cloned().collect())
    }

    async fn destroy(&self, keys: Vec<StoredKey>) -> Result<u64, StoreError> {
        let mut kept = self.lock();
        Ok(keys.into_iter().map(|key| u64::from(kept.destroy(key))).sum())
    }

    async fn destroyed(&self) -> Result<u64, StoreError> {
        Ok(self.lock().keys.values().filter(|key| key.wrapped.is_none()).count() as u64)
    }

    async fn page(&self, after: Option<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        let kept = self.lock();
        let rest = kept.keys.values().filter(|key| key.wrapped.is_some() && after.is_none_or(|after| key.id > after));
        Ok(rest.take(KEYS_PER_PAGE).cloned().collect())
    }

    async fn rewrap(&self, id: KeyId, from: WrappedKey, to: WrappedKey) -> Result<bool, StoreError> {
        let mut kept = self.lock();
        let found = kept.keys.get_mut(&id).and_then(|key| key.wrapped.as_mut()).filter(|wrapped| **wrapped == from);
        let is_same = found.is_some();
        if let Some(wrapped) = found {
            *wrapped = to;
        }
        Ok(is_same)
    }

    async fn searched(&self, log: LogId, by: String) -> Result<Place, StoreError> {
        Ok(self.lock().searched.get(&(log, by)).copied().unwrap_or(Place::START))
    }

    async fn set_searched(&self, log: LogId, by: String, place: Place) -> Result<(), StoreError> {
        self.lock().searched.insert((log, by), place);
        Ok(())
    }
}
