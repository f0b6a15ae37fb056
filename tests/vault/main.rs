//! Personal data is sealed in the log, opened for whoever reads through a vault, and gone for good once its subject is forgotten.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail their test, and tell the seed"
)]

mod app;
mod forgetting;
mod keys;
mod killed;
mod layer;
mod stores;

use std::sync::Arc;

use eskit::layer::Sealing;
use eskit::log::{Append, NewEvent, Query, Subject};
use eskit::prelude::*;
use eskit::vault::{KeyStore, LocalMasterKey, MemoryKeyStore, Vault};

/// What nobody may find once its subject is forgotten.
const NAME: &str = "Ada Lovelace, the canary";

#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(name = "vault.Registered")]
struct Registered {
    #[tag]
    student: String,
    #[personal(subject = "student")]
    name: Option<String>,
    #[personal(subject = "student", forgotten = "[forgotten]")]
    email: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "vault.Enrolled")]
struct Enrolled {
    #[tag]
    student: String,
}

#[derive(Command)]
struct Register {
    #[tag]
    student: String,
    name: String,
}

#[derive(Command)]
struct Enrol {
    #[tag]
    student: String,
}

#[aggregate(tag = "student", personal = "revealed")]
#[derive(Default, Clone, Serialize, Deserialize, PartialEq, Debug)]
struct Student {
    name: Option<String>,
    email: String,
    courses: u32,
}

#[decider]
impl Student {
    #[evolve]
    fn registered(&mut self, e: &Registered) {
        (self.name, self.email) = (e.name.clone(), e.email.clone());
    }

    #[evolve]
    fn enrolled(&mut self, _: &Enrolled) {
        self.courses += 1;
    }

    #[decide]
    fn register(&self, c: &Register) -> Registered {
        let email = format!("{}@{}", c.student, c.name);
        Registered { student: c.student.clone(), name: Some(c.name.clone()), email }
    }

    #[decide]
    fn enrol(&self, c: &Enrol) -> Enrolled {
        Enrolled { student: c.student.clone() }
    }
}

fn student(id: &str) -> Subject {
    Subject::new("student", id)
}

fn enrol(id: &str) -> Enrol {
    Enrol { student: id.to_owned() }
}

/// An event with two personal values, of which one has a text for when it is forgotten.
fn registered(id: &str) -> NewEvent {
    let event = Registered { student: id.to_owned(), name: Some(NAME.to_owned()), email: format!("{id}@{NAME}") };
    NewEvent::encode(&event).unwrap().pop().unwrap()
}

async fn register(store: &impl EventStore, id: &str) -> Vec<RecordedEvent> {
    let events = vec![registered(id)];
    let appended = store.append(Append::new(events.clone())).await.unwrap();
    appended.record(events)
}

async fn read(store: &impl EventStore) -> Vec<RecordedEvent> {
    eskit_tests::scripted::log(store).await.unwrap()
}

fn decoded(event: &RecordedEvent) -> (Option<String>, String) {
    let Registered { name, email, .. } = event.decode().unwrap();
    (name, email)
}

fn known(id: &str) -> (Option<String>, String) {
    (Some(NAME.to_owned()), format!("{id}@{NAME}"))
}

fn forgotten() -> (Option<String>, String) {
    (None, "[forgotten]".to_owned())
}

fn master() -> LocalMasterKey {
    LocalMasterKey::from_bytes("m1", [1; 32])
}

fn vault(keys: &(impl KeyStore + Clone)) -> Vault {
    Vault::new(keys.clone(), master())
}

/// A log and its keys in memory, and the log with personal data opened.
fn in_memory() -> (Arc<MemoryStore>, MemoryKeyStore, Sealing<Arc<MemoryStore>>) {
    let (store, keys) = (Arc::new(MemoryStore::new()), MemoryKeyStore::new());
    let sealing = Sealing::new(Arc::clone(&store), vault(&keys));
    (store, keys, sealing)
}

/// All of a log as it is stored, as text.
async fn stored(store: &impl EventStore) -> String {
    let page = store.read(&Query::all(), ReadOptions::default()).await.unwrap();
    page.events.iter().map(|event| format!("{event:?}\n")).collect()
}
