use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::log::limits::check_subject;
use eskit_runtime::log::{LogId, Place, StoreErrorKind, Subject};
use eskit_runtime::vault::{KeyId, KeyStore, StoredKey, WrappedKey};

use super::cached::{CachedKeys, Found};
use super::cipher::Cipher;
use super::data_key::DataKey;
use super::erased::{ErasedKeys, ErasedMaster};
use super::form::ReadyKey;
use super::master::MasterKey;
use super::random;

/// Keys that are kept unwrapped in memory.
const KEYS_CACHED: u64 = 10_000;
/// Within what time keys that another process destroyed are dropped here.
const NOTICED_WITHIN: Duration = Duration::from_secs(10);

/// Seals personal data, and opens it again: a key store, and the master key that wraps the keys in it. Cheap to clone; clones share the
/// keys in memory.
///
/// ```
/// use eskit::prelude::*;
/// use eskit::vault::{LocalMasterKey, MemoryKeyStore, Vault};
///
/// let master = LocalMasterKey::from_bytes("2026-11", [7; 32]);
/// let app = App::new(MemoryStore::new()).with_vault(Vault::new(MemoryKeyStore::new(), master));
/// ```
///
/// Up to 10,000 keys stay unwrapped in memory. At most every ten seconds, and whenever a key is not in memory, the vault asks the key
/// store whether keys were destroyed; so a subject that another process forgot is forgotten here within ten seconds. Values that this
/// process seals in the meantime for that subject read as forgotten.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<dyn ErasedKeys>,
    /// The one that wraps, then those that only unwrap.
    masters: Vec<Arc<dyn ErasedMaster>>,
    cached: Arc<CachedKeys>,
    noticed_within: Duration,
}

impl Vault {
    /// A vault with the keys in this store, and this master key.
    pub fn new(keys: impl KeyStore, master: impl MasterKey) -> Vault {
        Vault {
            keys: Arc::new(keys),
            masters: vec![Arc::new(master)],
            cached: Arc::new(CachedKeys::new(KEYS_CACHED)),
            noticed_within: NOTICED_WITHIN,
        }
    }

    /// Adds a master key that wrapped keys before the present one. [`Vault::rewrap`] then wraps them with the present one.
    #[must_use]
    pub fn with_former_master(mut self, master: impl MasterKey) -> Vault {
        self.masters.push(Arc::new(master));
        self
    }

    /// Sets within what time this process notices that another one has forgotten a subject: the longest time between two looks at the key
    /// store. Ten seconds without this.
    #[must_use]
    pub fn noticing_within(mut self, time: Duration) -> Vault {
        self.noticed_within = time;
        self
    }

    /// Wraps all keys that a former master key has wrapped with the present one. Events stay as they are. After that, and when no process
    /// uses the former master key any more, destroy it: then backups of the key store open nothing.
    ///
    /// ```
    /// # use eskit::vault::{LocalMasterKey, MemoryKeyStore, Vault};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (keys, old, new) = (MemoryKeyStore::new(), [1; 32], [2; 32]);
    /// let vault = Vault::new(keys, LocalMasterKey::from_bytes("2027-01", new))
    ///     .with_former_master(LocalMasterKey::from_bytes("2026-11", old));
    /// let rewrapped = vault.rewrap().await?;
    /// println!("{} keys, of {}", rewrapped.rewrapped, rewrapped.keys);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The key store failed, or a key cannot be unwrapped. The keys before it are wrapped anew; call again.
    pub async fn rewrap(&self) -> Result<Rewrapped, StoreError> {
        let (mut done, mut after) = (Rewrapped::default(), None);
        loop {
            let page = self.keys.page(after).await?;
            let Some(last) = page.last() else { return Ok(done) };
            after = Some(last.id);
            for StoredKey { id, wrapped, .. } in page {
                let Some(from) = wrapped else { continue };
                done.keys += 1;
                if from.master != self.master()?.id() {
                    let key = self.unwrap(id, &from).await?;
                    let to = self.wrap(id, &key).await?;
                    done.rewrapped += u64::from(self.keys.rewrap(id, from, to).await?);
                }
            }
        }
    }

    /// How often the keys in memory were dropped since some key was, or may have been, destroyed. What was made of opened events before
    /// is to be dropped too.
    pub(crate) fn generation(&self) -> u64 {
        self.cached.generation()
    }

    /// How often keys turned out to be destroyed.
    pub(crate) fn destructions(&self) -> u64 {
        self.cached.destructions()
    }

    /// Looks whether another process has destroyed keys, if it is time.
    pub(crate) async fn notice(&self) -> Result<(), StoreError> {
        if !self.cached.is_time(self.noticed_within) {
            return Ok(());
        }
        let destroyed = self.keys.destroyed().await;
        self.cached.note(destroyed.as_ref().ok().copied());
        destroyed.map(drop)
    }

    /// The key of each of these subjects. New subjects get one.
    pub(super) async fn keys_of<'a>(
        &self,
        log: LogId,
        subjects: impl Iterator<Item = &'a Subject>,
    ) -> Result<HashMap<&'a Subject, Arc<ReadyKey>>, StoreError> {
        self.notice().await?;
        let generation = self.generation();
        let (mut found, mut new) = (HashMap::new(), HashMap::new());
        for subject in subjects {
            if found.contains_key(subject) || new.contains_key(subject) {
                continue;
            }
            match self.cached.by_subject(log, subject) {
                Some(key) => drop(found.insert(subject, key)),
                None => drop(new.insert(subject, self.make(log, subject).await?)),
            }
        }
        if new.is_empty() {
            return Ok(found);
        }
        let (subjects, made): (Vec<&Subject>, Vec<(DataKey, StoredKey)>) = new.into_iter().unzip();
        let asked = made.iter().map(|(_, stored)| stored.clone()).collect();
        let stored = self.keys.get_or_insert(asked).await?;
        for ((subject, (own, made)), stored) in subjects.into_iter().zip(made).zip(stored) {
            let key = match &stored.wrapped {
                Some(_) if stored.id == made.id => own,
                Some(wrapped) => self.unwrap(stored.id, wrapped).await?,
                None => return Err(StoreError::new(StoreErrorKind::Corrupt, "the key store gave a destroyed key")),
            };
            let key = Arc::new(ready(stored.id, &key));
            self.cached.put_subject(generation, log, subject, &key);
            self.cached.put(generation, stored.id, Found::Key(Arc::clone(&key)));
            found.insert(subject, key);
        }
        Ok(found)
    }

    /// What became of the keys with these ids.
    pub(super) async fn keys_with(
        &self,
        ids: impl Iterator<Item = KeyId>,
    ) -> Result<HashMap<KeyId, Found>, StoreError> {
        self.notice().await?;
        let generation = self.generation();
        let mut found = HashMap::new();
        let mut asked = Vec::new();
        for id in ids {
            if found.contains_key(&id) {
                continue;
            }
            let cached = self.cached.by_id(id);
            if cached.is_none() {
                asked.push(id);
            }
            found.insert(id, cached.unwrap_or_else(|| unknown(id)));
        }
        if asked.is_empty() {
            return Ok(found);
        }
        for StoredKey { id, wrapped, .. } in self.keys.get(asked).await? {
            let key = match wrapped {
                None => Found::Destroyed,
                Some(wrapped) => match self.unwrap(id, &wrapped).await {
                    Ok(key) => Found::Key(Arc::new(ready(id, &key))),
                    Err(error) if error.is_transient() => return Err(error),
                    Err(error) => Found::Unusable(error.to_string().into()),
                },
            };
            if !matches!(key, Found::Unusable(_)) {
                self.cached.put(generation, id, key.clone());
            }
            found.insert(id, key);
        }
        Ok(found)
    }

    /// All keys that a subject ever had.
    pub(super) async fn all_of(&self, log: LogId, subject: &Subject) -> Result<Vec<KeyId>, StoreError> {
        let keys = self.keys.of_subject(log, subject.clone()).await?;
        Ok(keys.into_iter().map(|key| key.id).collect())
    }

    /// Destroys keys, and drops what is in memory. Returns how many were not destroyed before.
    pub(super) async fn destroy(&self, log: LogId, subject: &Subject, ids: &[KeyId]) -> Result<u64, StoreError> {
        let destroyed = |id: &KeyId| StoredKey { id: *id, log, subject: subject.clone(), wrapped: None };
        let answer = match ids {
            [] => Ok(0),
            ids => self.keys.destroy(ids.iter().map(destroyed).collect()).await,
        };
        self.cached.destroyed(*answer.as_ref().unwrap_or(&0));
        answer
    }

    /// Up to where a log was searched for records of forgotten subjects.
    pub(super) async fn searched(&self, log: LogId, by: &str) -> Result<Place, StoreError> {
        self.keys.searched(log, by.to_owned()).await
    }

    /// Remembers up to where a log was searched.
    pub(super) async fn set_searched(&self, log: LogId, by: &str, place: Place) -> Result<(), StoreError> {
        self.keys.set_searched(log, by.to_owned(), place).await
    }

    /// A new key for a subject, and what the key store is to keep of it.
    async fn make(&self, log: LogId, subject: &Subject) -> Result<(DataKey, StoredKey), StoreError> {
        check_subject(subject)?;
        let mut id = [0; 16];
        random::fill(&mut id)?;
        let (id, key) = (KeyId::from_bytes(id), DataKey::random()?);
        let wrapped = Some(self.wrap(id, &key).await?);
        Ok((key, StoredKey { id, log, subject: subject.clone(), wrapped }))
    }

    fn master(&self) -> Result<&Arc<dyn ErasedMaster>, StoreError> {
        self.masters.first().ok_or_else(|| StoreError::new(StoreErrorKind::Other, "the vault has no master key"))
    }

    async fn wrap(&self, id: KeyId, key: &DataKey) -> Result<WrappedKey, StoreError> {
        let master = self.master()?;
        Ok(WrappedKey { master: master.id().to_owned(), bytes: master.wrap(key, id).await? })
    }

    async fn unwrap(&self, id: KeyId, wrapped: &WrappedKey) -> Result<DataKey, StoreError> {
        let WrappedKey { master, bytes } = wrapped;
        match self.masters.iter().find(|known| known.id() == master) {
            Some(known) => known.unwrap(bytes, id).await,
            None => {
                let text = format!(
                    "key {id} is wrapped by the master key `{master}`, which the vault does not have\nhelp: add it with \
                     `with_former_master`"
                );
                Err(StoreError::new(StoreErrorKind::Corrupt, text))
            }
        }
    }
}

fn ready(id: KeyId, key: &DataKey) -> ReadyKey {
    ReadyKey { id, cipher: Cipher::new(key.as_bytes()) }
}

/// A key that was lost, which is not the same as one that was destroyed.
pub(super) fn unknown(id: KeyId) -> Found {
    let text = format!(
        "the key store does not know key {id}\nhelp: open the vault with the key store that the value was sealed with; if keys were \
         lost, restore a backup of it: what was forgotten since is forgotten again"
    );
    Found::Unusable(text.into())
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masters: Vec<&str> = self.masters.iter().map(|master| master.id()).collect();
        f.debug_struct("Vault").field("masters", &masters).finish_non_exhaustive()
    }
}

/// What [`Vault::rewrap`] has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Rewrapped {
    /// How many keys there are that are not destroyed.
    pub keys: u64,
    /// How many of them were wrapped anew.
    pub rewrapped: u64,
}
