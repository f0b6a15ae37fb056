//! Keys: made once, wrapped, and wrapped anew.

use super::*;
use eskit::log::{LogId, Place, StoreErrorKind};
use eskit::vault::{KeyId, StoredKey, WrappedKey};
use std::time::Duration;

/// A key store that cannot be reached.
#[derive(Clone)]
pub(crate) struct Down;

fn down<T>() -> Result<T, StoreError> {
    Err(StoreError::new(StoreErrorKind::Unavailable, "the key store is down"))
}

impl KeyStore for Down {
    async fn get_or_insert(&self, _: Vec<StoredKey>) -> Result<Vec<StoredKey>, StoreError> {
        down()
    }
    async fn get(&self, _: Vec<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        down()
    }
    async fn of_subject(&self, _: LogId, _: Subject) -> Result<Vec<StoredKey>, StoreError> {
        down()
    }
    async fn destroy(&self, _: Vec<StoredKey>) -> Result<u64, StoreError> {
        down()
    }
    async fn destroyed(&self) -> Result<u64, StoreError> {
        down()
    }
    async fn page(&self, _: Option<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        down()
    }
    async fn rewrap(&self, _: KeyId, _: WrappedKey, _: WrappedKey) -> Result<bool, StoreError> {
        down()
    }
    async fn searched(&self, _: LogId, _: String) -> Result<Place, StoreError> {
        down()
    }
    async fn set_searched(&self, _: LogId, _: String, _: Place) -> Result<(), StoreError> {
        down()
    }
}

/// Callers with vaults of their own, all of which write the first event of one subject at the same time.
pub(crate) async fn race(store: &(impl EventStore + Clone + 'static), keys: &(impl KeyStore + Clone)) {
    let racers = (0..16).map(|_| {
        let sealing = Sealing::new(store.clone(), vault(keys));
        tokio::spawn(async move { register(&sealing, "race").await })
    });
    for racer in racers.collect::<Vec<_>>() {
        racer.await.unwrap();
    }
    let fresh = Sealing::new(store.clone(), vault(keys));
    let all = read(&fresh).await;
    let events: Vec<_> = all.iter().filter(|event| event.tags.values("student").any(|id| id == "race")).collect();
    assert_eq!(events.len(), 16);
    assert!(events.iter().all(|event| decoded(event) == known("race")));
    let subject_keys = keys.of_subject(store.log_id().await.unwrap(), student("race")).await.unwrap();
    assert_eq!(subject_keys.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_racers_on_a_new_subject_get_one_key() {
    race(&Arc::new(MemoryStore::new()), &MemoryKeyStore::new()).await;
}

#[tokio::test]
async fn keys_are_wrapped_anew_and_events_stay_as_they_are() {
    let (raw, keys, store) = in_memory();
    register(&store, "ada").await;
    register(&store, "bob").await;
    let before = stored(&*raw).await;
    let next = || LocalMasterKey::from_bytes("m2", [2; 32]);
    let done = Vault::new(keys.clone(), next()).with_former_master(master()).rewrap().await.unwrap();
    assert_eq!((done.keys, done.rewrapped), (2, 2));
    let again = Vault::new(keys.clone(), next()).with_former_master(master()).rewrap().await.unwrap();
    assert_eq!((again.keys, again.rewrapped), (2, 0));
    assert_eq!(stored(&*raw).await, before);
    let fresh = Sealing::new(Arc::clone(&raw), Vault::new(keys.clone(), next()));
    assert!(read(&fresh).await.iter().all(|event| decoded(event).0.as_deref() == Some(NAME)));
    let old = Sealing::new(Arc::clone(&raw), vault(&keys));
    let error = read(&old).await[0].decode::<Registered>().unwrap_err().to_string();
    assert!(error.contains("is wrapped by the master key `m2`, which the vault does not have\nhelp: "), "{error}");
    let wrong = Sealing::new(Arc::clone(&raw), Vault::new(keys.clone(), LocalMasterKey::from_bytes("m2", [3; 32])));
    let error = read(&wrong).await[0].decode::<Registered>().unwrap_err().to_string();
    assert!(error.contains("was not wrapped by this master key `m2`, or is damaged\nhelp: "), "{error}");
}

#[tokio::test]
async fn another_process_notices_that_a_key_is_destroyed_within_the_bound() {
    let (raw, keys, store) = in_memory();
    register(&store, "ada").await;
    let other = |within| {
        App::new(Arc::clone(&raw)).with_vault(vault(&keys).noticing_within(within)).with_state_cache::<Student>(10)
    };
    let (late, soon) = (other(Duration::from_secs(3600)), other(Duration::ZERO));
    for app in [&late, &soon] {
        assert_eq!(app.load::<Student>("ada").await.unwrap().state.name.as_deref(), Some(NAME));
    }
    App::new(Arc::clone(&raw)).with_vault(vault(&keys)).forget(student("ada")).await.unwrap();
    // Its key is in memory, and an hour is not over.
    assert_eq!(late.load::<Student>("ada").await.unwrap().state.name.as_deref(), Some(NAME));
    assert_eq!(soon.load::<Student>("ada").await.unwrap().state.name, None);
}

#[tokio::test]
async fn a_subject_is_held_to_the_limits_of_a_tag() {
    let (_, _, store) = in_memory();
    for (kind, id, why) in [
        ("", "ada", "the kind of a subject is empty"),
        ("student", "", "the id of a subject of `student` is empty"),
        ("student", &"x".repeat(257), "257 bytes, but at most 256 are allowed"),
    ] {
        let mut event = registered("ada");
        event.personal.iter_mut().for_each(|value| value.subject = Subject::new(kind.to_owned(), id));
        let refused = store.append(Append::new(vec![event])).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
}
