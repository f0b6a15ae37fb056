//! An app with a vault.

use super::*;
use eskit::snapshots::{Fingerprint, Snapshots, SnapshotsOf};
use eskit::vault::SubjectForgotten;
use eskit::{InMemory, MemoryViews, SnapshotOptions};
use std::collections::HashMap;
use std::time::Duration;

/// A read model in the clear, which removes what is forgotten.
#[derive(Default, Clone, Serialize, Deserialize, Shape)]
struct Names(HashMap<String, Option<String>>);

#[projection(name = "names", memory, personal = "revealed")]
impl Names {
    #[on]
    fn registered(&mut self, e: &Registered) {
        self.0.insert(e.student.clone(), e.name.clone());
    }

    #[on]
    fn forgotten(&mut self, e: &SubjectForgotten) {
        self.0.remove(&e.id);
    }
}

/// All that an app does with personal data, on any store and with any key store.
pub(crate) async fn story(store: impl EventStore + Clone + 'static, keys: impl KeyStore + Clone) {
    let names = InMemory::new(Names::default);
    let snapshots = MemoryViews::new();
    let options = || SnapshotOptions::every(1);
    let app = App::new(store.clone())
        .with_vault(vault(&keys))
        .with_state_cache::<Student>(100)
        .with_snapshots::<Student>(snapshots.clone(), options())
        .with_memory_snapshots(&names, snapshots.clone(), options());
    let app = app.start().await.unwrap();
    let import = Sealing::new(store.clone(), vault(&keys).noticing_within(Duration::ZERO));
    register(&import, "bob").await;
    let register_ada = || Register { student: "ada".to_owned(), name: NAME.to_owned() };
    let registered = app.execute(register_ada()).idempotency_key("register ada").await.unwrap();
    assert_eq!((registered.state.name.as_deref(), decoded(&registered.events[0])), (Some(NAME), known("ada")));
    let again = app.execute(register_ada()).idempotency_key("register ada").await.unwrap();
    assert!(again.repeated && again.events == registered.events);
    let last = app.execute(enrol("ada")).await.unwrap();
    app.snapshots_written().await;
    app.caught_up::<Names>(&last).await.unwrap();
    let loaded = app.load::<Student>("ada").await.unwrap();
    assert_eq!((loaded.state.name.clone(), loaded.state.courses), (Some(NAME.to_owned()), 1));
    assert_eq!(names.read().0.len(), 2);

    let forgot = app.forget(student("ada")).await.unwrap();
    assert_eq!((forgot.keys, forgot.repeated), (1, false));
    let again = app.forget(student("ada")).await.unwrap();
    assert_eq!((again.position, again.keys, again.repeated), (forgot.position, 1, true));

    let loaded = app.load::<Student>("ada").await.unwrap();
    assert_eq!((loaded.state.name.clone(), loaded.state.email.as_str()), (None, "[forgotten]"));
    let enrolled = app.execute(enrol("ada")).await.unwrap();
    assert_eq!(app.load::<Student>("ada").await.unwrap().state.courses, 2);
    assert_eq!(app.load::<Student>("bob").await.unwrap().state.name.as_deref(), Some(NAME));
    app.caught_up::<Names>(&enrolled).await.unwrap();
    assert_eq!(names.read().0.keys().collect::<Vec<_>>(), ["bob"]);
    app.stop().await.unwrap();

    // Snapshots of before would bring the name back.
    let fresh = App::new(store.clone()).with_vault(vault(&keys)).with_snapshots::<Student>(snapshots, options());
    assert_eq!(fresh.load::<Student>("ada").await.unwrap().state.name, None);

    // A subject that comes back is new.
    register(&import, "ada").await;
    assert_eq!(fresh.load::<Student>("ada").await.unwrap().state.name.as_deref(), Some(NAME));
    let once_more = fresh.forget(student("ada")).await.unwrap();
    assert_eq!((once_more.keys, once_more.repeated), (2, false));
    assert_eq!(fresh.load::<Student>("ada").await.unwrap().state.name, None);
    let events = read(&Sealing::new(store, vault(&keys))).await;
    let registered = events.iter().filter(|event| event.name.as_str() == "vault.Registered");
    let names: Vec<_> = registered.map(|event| decoded(event).0.is_some()).collect();
    assert_eq!(names, [true, false, false]);
}

/// It is kept in the clear, by a process that hears of it later than the snapshots of the app that forgets are removed.
#[tokio::test]
async fn a_snapshot_of_a_projection_is_replaced_when_it_hears_that_a_subject_is_forgotten() {
    let (store, keys) = (Arc::new(MemoryStore::new()), MemoryKeyStore::new());
    let (names, snapshots) = (InMemory::new(Names::default), MemoryViews::new());
    let app = App::new(store.clone()).with_vault(vault(&keys));
    let other = app.clone().with_memory_snapshots(&names, snapshots.clone(), SnapshotOptions::every(2));
    let other = other.start().await.unwrap();
    for student in ["bob", "ada"] {
        let register = Register { student: student.to_owned(), name: NAME.to_owned() };
        let registered = other.execute(register).await.unwrap();
        other.caught_up::<Names>(&registered).await.unwrap();
    }
    other.snapshots_written().await;
    let fingerprint = Fingerprint::of_projection::<Names>();
    let of = SnapshotsOf { log: store.log_id().await.unwrap(), name: "names", fingerprint };
    let kept = async || snapshots.find_snapshots(of, vec![String::new()]).await.unwrap()[0].state.clone();
    assert!(kept().await.contains("ada"));

    let forgot = app.forget(student("ada")).await.unwrap();
    other.caught_up::<Names>(forgot.position).await.unwrap();
    other.snapshots_written().await;
    let kept = kept().await;
    assert!(kept.contains("bob") && !kept.contains("ada"), "{kept}");
    other.stop().await.unwrap();
}

#[tokio::test]
async fn a_subject_is_forgotten_in_memory() {
    story(Arc::new(MemoryStore::new()), MemoryKeyStore::new()).await;
}

#[tokio::test]
async fn an_app_without_a_vault_cannot_forget() {
    let refused = App::new(MemoryStore::new()).forget(student("ada")).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the app has no vault, so it cannot forget\nhelp: give it one with `App::with_vault(vault)`"
    );
}
