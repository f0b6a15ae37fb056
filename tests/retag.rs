//! Stored events that are given the tags of a newer type.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

use eskit::execute::{RetagError, Retagged};
use eskit::log::{Append, NewEvent, Position, Query, ReadOptions, SchemaVersion, Tags};
use eskit::prelude::*;
use eskit::retag;

/// Version 1 had no tag by the sender, who stood in `from`.
#[derive(Event, Serialize, Deserialize)]
#[event(name = "mail.Sent", version = 2, upcast(1 = from_v1))]
struct Sent {
    #[tag]
    mail: u32,
    #[tag]
    sender: String,
}

fn from_v1(mut old: serde_json::Value) -> Result<serde_json::Value, UpcastError> {
    let from = old["from"].as_str().ok_or_else(|| UpcastError::new("`from` is missing"))?.to_owned();
    old["sender"] = from.into();
    Ok(old)
}

#[derive(Event)]
enum Mail {
    Sent(Sent),
    #[event(name = "mail.Read")]
    Read {
        #[tag]
        reader: String,
    },
}

#[derive(Default)]
#[aggregate(tag = "sender")]
struct SentBy(usize);

#[decider]
impl SentBy {
    #[evolve]
    fn sent(&mut self, _: &Sent) {
        self.0 += 1;
    }
}

fn old(mail: u32, from: &str) -> NewEvent {
    let mut tags = Tags::new();
    tags.push("mail", mail);
    NewEvent::json("mail.Sent", format!(r#"{{"mail":{mail},"from":"{from}"}}"#)).with_tags(tags)
}

/// A log of two pages of old events, and what came between.
async fn filled() -> MemoryStore {
    let store = MemoryStore::new();
    for mail in 0..1500 {
        let read = NewEvent::json("mail.Read", r#"{"reader":"bob"}"#);
        let from = if mail % 3 == 0 { "ada" } else { "eve" };
        store.append(Append::new(vec![old(mail, from), read])).await.unwrap();
    }
    store
}

async fn by_ada(store: &MemoryStore) -> usize {
    App::new(store.clone()).load::<SentBy>("ada").await.unwrap().state.0
}

#[tokio::test]
async fn a_model_by_a_new_tag_sees_what_was_stored_before() {
    let store = filled().await;
    assert_eq!(by_ada(&store).await, 0);
    let mut seen = Vec::new();
    let done = retag::<Sent, _>(&store, |so_far: &Retagged| seen.push(*so_far)).await.unwrap();
    assert_eq!((done.events, done.tagged, done.position, done.head), (1500, 1500, done.head, Position::new(3000)));
    assert!(seen.len() > 1 && seen.windows(2).all(|pair| pair[0].position < pair[1].position), "{seen:?}");
    assert_eq!(
        seen[0].to_string(),
        format!(
            "position {} of 3000: {} events, {} of them with new tags",
            seen[0].position, seen[0].events, seen[0].tagged
        )
    );
    assert_eq!(by_ada(&store).await, 500);
    let event = &store.read(&Query::all(), ReadOptions::default().limit(1)).await.unwrap().events[0];
    assert_eq!(
        (event.schema_version, format!("{:?}", event.tags)),
        (SchemaVersion::FIRST, r#"["mail:0", "sender:ada"]"#.to_owned())
    );
    // Of an enum it is each of its events; those that carry their tags are passed over.
    let done = retag::<Mail, _>(&store, |_| {}).await.unwrap();
    assert_eq!((done.events, done.tagged), (3000, 1500));
    assert_eq!(retag::<Mail, _>(&store, |_| {}).await.unwrap().tagged, 0);
}

#[tokio::test]
async fn what_was_stopped_goes_on() {
    let store = filled().await;
    // A process that ends in the middle.
    let stopped = store.clone();
    let run = async move { retag::<Sent, _>(&stopped, |_| panic!("stopped")).await.map(drop) };
    assert!(tokio::spawn(run).await.is_err());
    let found = by_ada(&store).await;
    assert!(found > 0 && found < 500, "{found}");
    let done = retag::<Sent, _>(&store, |_| {}).await.unwrap();
    assert!(done.tagged > 0 && done.tagged < 1500, "{done}");
    assert_eq!(by_ada(&store).await, 500);
}

#[tokio::test]
async fn an_event_that_cannot_be_decoded_is_named() {
    let store = filled().await;
    store.append(Append::new(vec![NewEvent::json("mail.Sent", r#"{"mail":1500}"#)])).await.unwrap();
    let error = retag::<Sent, _>(&store, |_| {}).await.unwrap_err();
    let RetagError::Decode(decode) = &error else { panic!("{error:?}") };
    assert_eq!(decode.position, Position::new(3001));
    assert!(error.to_string().contains("`mail.Sent`") && error.to_string().contains("3001"), "{error}");
    // The pages before it are done.
    assert!(by_ada(&store).await > 0);
}
