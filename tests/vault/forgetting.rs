//! Forgetting that was killed between its steps, and key stores that were restored from a backup.

use std::sync::atomic::{AtomicU32, Ordering};

use eskit::log::{LogId, Place, StoreErrorKind};
use eskit::partition::Partition;
use eskit::tenant::TenantId;
use eskit::vault::{KeyId, StoredKey, WrappedKey};
use eskit::{MemoryViews, SnapshotOptions};

use super::*;

/// A key store that fails from its call of this number on that changes something, as if the process had been killed there.
#[derive(Clone)]
struct Killed {
    keys: MemoryKeyStore,
    /// How many calls that change something are left.
    left: Arc<AtomicU32>,
}

impl Killed {
    fn step<T>(&self, done: T) -> Result<T, StoreError> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map(|_| done).map_err(|_| StoreError::new(StoreErrorKind::Other, "killed"))
    }
}

impl KeyStore for Killed {
    async fn get_or_insert(&self, keys: Vec<StoredKey>) -> Result<Vec<StoredKey>, StoreError> {
        self.keys.get_or_insert(keys).await
    }
    async fn get(&self, ids: Vec<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        self.keys.get(ids).await
    }
    async fn of_subject(&self, log: LogId, subject: Subject) -> Result<Vec<StoredKey>, StoreError> {
        self.keys.of_subject(log, subject).await
    }
    async fn destroy(&self, keys: Vec<StoredKey>) -> Result<u64, StoreError> {
        self.step(())?;
        self.keys.destroy(keys).await
    }
    async fn destroyed(&self) -> Result<u64, StoreError> {
        self.keys.destroyed().await
    }
    async fn page(&self, after: Option<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        self.keys.page(after).await
    }
    async fn rewrap(&self, id: KeyId, from: WrappedKey, to: WrappedKey) -> Result<bool, StoreError> {
        self.keys.rewrap(id, from, to).await
    }
    async fn searched(&self, log: LogId, by: String) -> Result<Place, StoreError> {
        self.keys.searched(log, by).await
    }
    async fn set_searched(&self, log: LogId, by: String, place: Place) -> Result<(), StoreError> {
        self.keys.set_searched(log, by, place).await
    }
}

#[tokio::test]
async fn what_was_killed_between_the_record_and_the_keys_is_finished_at_the_next_open() {
    let (raw, keys, store) = in_memory();
    register(&store, "ada").await;
    let killed = Killed { keys: keys.clone(), left: Arc::new(AtomicU32::new(0)) };
    let app = App::new(Arc::clone(&raw)).with_vault(Vault::new(killed, master()));
    assert!(app.forget(student("ada")).await.is_err());
    // The record is there, and the key too.
    assert_eq!(read(&*raw).await.last().unwrap().name.as_str(), "eskit.SubjectForgotten");
    assert_eq!(keys.destroyed().await.unwrap(), 0);

    let next = App::new(Arc::clone(&raw)).with_vault(vault(&keys));
    assert_eq!(next.load::<Student>("ada").await.unwrap().state.name, None);
    assert_eq!(keys.destroyed().await.unwrap(), 1);
    // What reads without an app finishes it too.
    let (raw, keys, store) = in_memory();
    register(&store, "ada").await;
    let killed = Killed { keys: keys.clone(), left: Arc::new(AtomicU32::new(0)) };
    let app = App::new(Arc::clone(&raw)).with_vault(Vault::new(killed, master()));
    assert!(app.forget(student("ada")).await.is_err());
    let fresh = Sealing::new(Arc::clone(&raw), vault(&keys));
    assert_eq!(decoded(&read(&fresh).await[0]), forgotten());
    // So does a second call, and the record stays one event.
    let forgot = App::new(Arc::clone(&raw)).with_vault(vault(&keys)).forget(student("ada")).await.unwrap();
    assert!(forgot.repeated);
}

#[tokio::test]
async fn snapshots_of_before_go_when_the_program_was_killed_before_it_removed_them() {
    let (raw, keys, store) = in_memory();
    register(&store, "ada").await;
    let snapshots = MemoryViews::new();
    let app = |keys: &MemoryKeyStore| {
        App::new(Arc::clone(&raw))
            .with_vault(vault(keys))
            .with_snapshots::<Student>(snapshots.clone(), SnapshotOptions::every(1))
    };
    let first = app(&keys);
    assert_eq!(first.load::<Student>("ada").await.unwrap().state.name.as_deref(), Some(NAME));
    first.snapshots_written().await;
    // An app without these snapshots forgets, as if it had been killed before it came to them.
    App::new(Arc::clone(&raw)).with_vault(vault(&keys)).forget(student("ada")).await.unwrap();
    let next = app(&keys);
    assert_eq!(next.load::<Student>("ada").await.unwrap().state.name, None);
    next.snapshots_written().await;
    // The next open leaves the new one.
    let third = app(&keys);
    assert_eq!(third.load::<Student>("ada").await.unwrap().state.name, None);
    assert_eq!(third.snapshots::<Student>().unwrap().counts().hits, 1);
}

#[tokio::test]
async fn a_key_store_that_was_restored_forgets_again() {
    let (raw, keys, store) = in_memory();
    register(&store, "ada").await;
    register(&store, "bob").await;
    let backup = MemoryKeyStore::new();
    let kept = keys.page(None).await.unwrap();
    backup.get_or_insert(kept).await.unwrap();
    App::new(Arc::clone(&raw)).with_vault(vault(&keys)).forget(student("ada")).await.unwrap();

    let restored = Sealing::new(Arc::clone(&raw), vault(&backup));
    let all = read(&restored).await;
    assert_eq!((decoded(&all[0]), decoded(&all[1])), (forgotten(), known("bob")));
    assert_eq!(backup.destroyed().await.unwrap(), 1);

    // Also where the backup is older than the subject, and does not know its key at all: it is forgotten, and not lost.
    let empty = MemoryKeyStore::new();
    let all = read(&Sealing::new(Arc::clone(&raw), vault(&empty))).await;
    assert_eq!(decoded(&all[0]), forgotten());
    assert!(all[1].decode::<Registered>().is_err());
}

#[tokio::test]
async fn a_log_that_was_restored_is_searched_from_its_beginning() {
    let (raw, keys, store) = in_memory();
    register(&store, "ada").await;
    let app = App::new(Arc::clone(&raw)).with_vault(vault(&keys));
    app.load::<Student>("ada").await.unwrap();
    let log = raw.log_id().await.unwrap();
    // Some other log had its last event here.
    keys.set_searched(log, "keys".into(), Place::new(eskit::log::Position::new(1), EventId::new())).await.unwrap();
    let opened = read(&Sealing::new(Arc::clone(&raw), vault(&keys))).await;
    assert_eq!(decoded(&opened[0]), known("ada"));
}

#[tokio::test]
async fn a_subject_is_forgotten_in_the_log_of_one_value_of_a_tag() {
    let log = Partition::new(MemoryStore::new(), "student", TenantId::new("ada").unwrap());
    let app = App::new(log).with_vault(vault(&MemoryKeyStore::new()));
    app.execute(Register { student: "ada".to_owned(), name: NAME.to_owned() }).await.unwrap();
    app.forget(student("ada")).await.unwrap();
    assert_eq!(app.load::<Student>("ada").await.unwrap().state.name, None);
}
