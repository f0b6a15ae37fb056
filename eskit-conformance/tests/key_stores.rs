//! Stores of keys, held to their contract; and broken ones, which must be caught.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

use eskit::vault::MemoryKeyStore;
use eskit_conformance::check_key_store;
use eskit_postgres::PostgresKeyStore;
use eskit_runtime::StoreError;
use eskit_runtime::log::{LogId, Place, Subject};
use eskit_runtime::vault::{KeyId, KeyStore, StoredKey, WrappedKey};
use eskit_sqlite::SqliteKeyStore;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_in_memory() {
    let keys = MemoryKeyStore::new();
    check_key_store(async || Ok(keys.clone())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_in_sqlite() {
    let folder = std::env::temp_dir().join(format!("eskit-keys-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("keys.db");
    check_key_store(async || SqliteKeyStore::open(&path).await).await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_in_postgres() {
    let Some(database) = eskit_postgres::testing::database().await.unwrap() else {
        eprintln!("skipped: there are no PostgreSQL binaries");
        return;
    };
    check_key_store(async || PostgresKeyStore::open(database.pool()).await).await.unwrap();
}

/// How a broken store errs.
#[derive(Clone, Copy, PartialEq)]
enum Breaks {
    /// A subject gets another key each time.
    Overwrites,
    /// A destroyed key stays.
    Keeps,
    /// A destroyed key leaves no row.
    Removes,
    /// A key that is not known cannot be destroyed.
    Ignores,
    /// A key is wrapped anew whatever it was.
    Rewraps,
    /// All logs have one place.
    Mixes,
    /// Destroyed keys are not counted.
    Miscounts,
}

struct Broken(MemoryKeyStore, Breaks);

impl KeyStore for Broken {
    async fn get_or_insert(&self, keys: Vec<StoredKey>) -> Result<Vec<StoredKey>, StoreError> {
        if self.1 == Breaks::Overwrites {
            for key in &keys {
                let alone = StoredKey { log: LogId::from_bytes(*key.id.as_bytes()), ..key.clone() };
                self.0.get_or_insert(vec![alone]).await?;
            }
            return Ok(keys);
        }
        self.0.get_or_insert(keys).await
    }

    async fn get(&self, ids: Vec<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        let mut keys = self.0.get(ids).await?;
        keys.retain(|key| self.1 != Breaks::Removes || key.wrapped.is_some());
        Ok(keys)
    }

    async fn of_subject(&self, log: LogId, subject: Subject) -> Result<Vec<StoredKey>, StoreError> {
        self.0.of_subject(log, subject).await
    }

    async fn destroy(&self, keys: Vec<StoredKey>) -> Result<u64, StoreError> {
        match self.1 {
            Breaks::Keeps => Ok(1),
            Breaks::Ignores if self.0.get(keys.iter().map(|key| key.id).collect()).await?.is_empty() => Ok(0),
            _ => self.0.destroy(keys).await,
        }
    }

    async fn destroyed(&self) -> Result<u64, StoreError> {
        if self.1 == Breaks::Miscounts { Ok(0) } else { self.0.destroyed().await }
    }

    async fn page(&self, after: Option<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        self.0.page(after).await
    }

    async fn rewrap(&self, id: KeyId, from: WrappedKey, to: WrappedKey) -> Result<bool, StoreError> {
        let now = self.0.get(vec![id]).await?.pop().and_then(|key| key.wrapped);
        let from = now.filter(|_| self.1 == Breaks::Rewraps).unwrap_or(from);
        self.0.rewrap(id, from, to).await
    }

    async fn searched(&self, log: LogId, by: String) -> Result<Place, StoreError> {
        let log = if self.1 == Breaks::Mixes { LogId::from_bytes([0; 16]) } else { log };
        self.0.searched(log, by).await
    }

    async fn set_searched(&self, log: LogId, by: String, place: Place) -> Result<(), StoreError> {
        let log = if self.1 == Breaks::Mixes { LogId::from_bytes([0; 16]) } else { log };
        self.0.set_searched(log, by, place).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn broken_stores_of_keys_fail() {
    for (breaks, text) in [
        (Breaks::Overwrites, "the keys of known subjects and of a new one: "),
        (Breaks::Keeps, "how many keys were destroyed again: "),
        (Breaks::Removes, "the destroyed key: "),
        (Breaks::Ignores, "how many keys were destroyed that were not known: "),
        (Breaks::Rewraps, "a key was wrapped anew that had changed"),
        (Breaks::Mixes, "the place of another log: "),
        (Breaks::Miscounts, "how many keys are destroyed: "),
    ] {
        let keys = MemoryKeyStore::new();
        let failure = check_key_store(async || Ok(Broken(keys.clone(), breaks))).await.unwrap_err().to_string();
        assert!(failure.starts_with(text), "{failure}");
    }
    // Each with keys of its own: as if none of the racers saw what the others do.
    let failure = check_key_store(async || Ok(MemoryKeyStore::new())).await.unwrap_err().to_string();
    assert!(failure.contains("callers at once got 32 keys for two subjects"), "{failure}");
}
