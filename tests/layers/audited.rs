//! Who read and who wrote what, in a log of its own; and what happens when that log fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use eskit::layer::{Audited, IfAuditFails};
use eskit::log::{
    AddedTags, Append, AppendError, Appended, ListStreams, NewEvent, Principal, PrincipalKind, Query, QueryItem,
    ReadOptions, StoreErrorKind, StreamChange, StreamId, Tag,
};
use eskit::prelude::*;
use eskit::{StoreError, delegate_store};
use eskit_tests::bank::{Account, deposit, open_account};
use serde_json::{Value, json};

/// An audit log that can be told to fail or to hang.
#[derive(Clone, Default)]
struct Sink {
    store: MemoryStore,
    mood: Arc<AtomicU8>,
}

const FAILS: u8 = 1;
const HANGS: u8 = 2;
const LOSES_ANSWERS: u8 = 3;

impl EventStore for Sink {
    delegate_store!(|sink| &sink.store, except append);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        match self.mood.load(Ordering::Relaxed) {
            FAILS => Err(StoreError::new(StoreErrorKind::Full, "the disk is full").into()),
            HANGS => std::future::pending().await,
            LOSES_ANSWERS => {
                self.mood.store(0, Ordering::Relaxed);
                self.store.append(append).await?;
                Err(AppendError::UnknownOutcome(StoreError::new(StoreErrorKind::Unavailable, "no answer")))
            }
            _ => self.store.append(append).await,
        }
    }
}

impl Sink {
    /// What was noted, the oldest first: who, and the entry.
    async fn noted(&self) -> Vec<(Option<String>, Value)> {
        let page = self.store.read(&Query::all(), ReadOptions::default()).await.unwrap();
        let entry = |event: &eskit::RecordedEvent| {
            assert_eq!(event.name.as_str(), "eskit.audit.Accessed");
            let who = event.metadata.initiator().map(|who| who.id.clone());
            (who, serde_json::from_slice(&event.payload).unwrap())
        };
        page.events.iter().map(entry).collect()
    }
}

fn ada() -> Principal {
    Principal::new(PrincipalKind::User, "ada")
}

fn opened(stream: &StreamId) -> NewEvent {
    NewEvent::json("bank.AccountOpened", "{}").with_stream(stream.clone())
}

/// Each call that gives content away or changes some, once.
async fn call_all(store: &impl EventStore) -> Vec<&'static str> {
    let stream = StreamId::new("account", "a");
    let event = opened(&stream);
    let appended = store.append(Append::new(vec![event.clone()])).await.unwrap();
    store.read(&Query::stream(stream.clone()), ReadOptions::default()).await.unwrap();
    store.stream_info(&stream).await.unwrap();
    store.list_streams(&ListStreams::of_type("account")).await.unwrap();
    let tag = Tag::new("branch", "b");
    store.add_tags(vec![AddedTags::new(appended.last(), event.id, [tag].into_iter().collect())]).await.unwrap();
    store.change_stream(&stream, StreamChange::Archive).await.unwrap();
    store.head().await.unwrap();
    store.log_id().await.unwrap();
    vec!["append", "read", "stream_info", "list_streams", "add_tags", "change_stream"]
}

#[tokio::test]
async fn each_access_is_noted_once_with_who_and_why() {
    for (if_it_fails, of_writes) in [(IfAuditFails::Refuse, "attempted"), (IfAuditFails::GoOn, "done")] {
        let sink = Sink::default();
        let audited = Audited::new(MemoryStore::new(), sink.clone(), if_it_fails);
        let calls = call_all(&audited.by(ada()).purpose("complaint 17")).await;
        audited.written().await;
        let noted = sink.noted().await;
        let found: Vec<&str> = noted.iter().map(|(_, entry)| entry["call"].as_str().unwrap()).collect();
        assert_eq!(found, calls);
        for (who, entry) in &noted {
            assert_eq!((who.as_deref(), &entry["purpose"]), (Some("ada"), &json!("complaint 17")), "{entry}");
            let is_write = ["append", "add_tags", "change_stream"].contains(&entry["call"].as_str().unwrap());
            assert_eq!(entry["outcome"], if is_write { of_writes } else { "done" }, "{entry}");
        }
        let (read, append) = (&noted[1].1, &noted[0].1);
        assert_eq!((&read["streams"], &read["events"]), (&json!(["account:a"]), &json!(1)));
        assert_eq!((&read["first"], &read["last"]), (&json!(1), &json!(1)));
        assert_eq!((&append["types"], &append["ids"].as_array().unwrap().len()), (&json!(["bank.AccountOpened"]), &1));
        assert_eq!(noted[5].1["change"], "archive");
        assert_eq!(audited.health().written, 6);
        // Found by who, and by what.
        for tag in [Tag::new("audit.who", "user:ada"), Tag::new("audit.stream", "account:a")] {
            let found = sink.read(&QueryItem::tags([tag.clone()]).into(), ReadOptions::default()).await.unwrap();
            assert!(found.events.len() >= 4, "{tag}: {}", found.events.len());
        }
    }
}

#[tokio::test]
async fn a_command_is_noted_under_its_initiator() {
    let sink = Sink::default();
    let app = App::new(Audited::new(MemoryStore::new(), sink.clone(), IfAuditFails::Refuse));
    app.execute(open_account("a", "ada")).metadata(Metadata::new().with_initiator(ada())).await.unwrap();
    let noted = sink.noted().await;
    let appended = noted.iter().find(|(_, entry)| entry["call"] == "append").unwrap();
    assert_eq!(appended.0.as_deref(), Some("ada"));
    assert!(noted.iter().all(|(_, entry)| !entry.to_string().contains("payload")));
}

#[tokio::test]
async fn without_an_entry_nothing_is_read_or_written() {
    let (sink, log) = (Sink::default(), MemoryStore::new());
    let app = App::new(Audited::new(log.clone(), sink.clone(), IfAuditFails::Refuse));
    app.execute(open_account("a", "ada")).await.unwrap();
    let head = log.head().await.unwrap();
    sink.mood.store(FAILS, Ordering::Relaxed);
    let store = app.store();
    let refused = store.read(&Query::all(), ReadOptions::default()).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Refused);
    assert!(refused.to_string().contains("without one the call is refused: the disk is full"), "{refused}");
    app.load::<Account>("a").await.unwrap_err();
    app.execute(deposit("a", 5)).await.unwrap_err();
    store.change_stream(&StreamId::new("account", "a"), StreamChange::Archive).await.unwrap_err();
    let append = Append::new(vec![opened(&StreamId::new("account", "b"))]);
    let Err(AppendError::Store(refused)) = store.append(append).await else { panic!("it was appended") };
    assert_eq!(refused.kind(), StoreErrorKind::Refused);
    assert_eq!(log.head().await.unwrap(), head, "something was written");
    assert!(log.stream_info(&StreamId::new("account", "a")).await.unwrap().status.is_open());
    assert_eq!(store.health().refused, 5);
    // A lost answer is asked for again, and nothing is noted twice.
    sink.mood.store(LOSES_ANSWERS, Ordering::Relaxed);
    let before = sink.noted().await.len();
    store.read(&Query::all(), ReadOptions::default()).await.unwrap();
    assert_eq!(sink.noted().await.len(), before + 1);
    assert_eq!(store.health().error, None);
}

#[tokio::test]
async fn a_dead_audit_log_holds_nobody_up() {
    let (sink, log) = (Sink::default(), MemoryStore::new());
    sink.mood.store(HANGS, Ordering::Relaxed);
    let audited = Audited::new(log.clone(), sink.clone(), IfAuditFails::GoOn);
    let app = App::new(audited.clone());
    let all = async {
        app.execute(open_account("a", "ada")).await.unwrap();
        for _ in 0..5_000 {
            audited.read(&Query::all(), ReadOptions::default()).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(5), all).await.unwrap();
    let health = audited.health();
    assert_eq!((health.written, health.refused), (0, 0));
    assert!(health.waiting <= 4_096 && health.dropped > 500, "{health:?}");
    assert_eq!(health.error.as_deref(), Some("too many entries wait to be written"));
}
