//! Tenants of one log never see each other, and each sees what it would see alone; a log for each tenant is opened once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod all;
mod alone;
mod logs;
mod partitions;

use std::sync::Arc;

use eskit::log::{
    AddTagsError, AddedTags, Append, EventId, NewEvent, Query, QueryItem, ReadOptions, StreamId, Tag, Tags,
};
use eskit::prelude::*;
use eskit::tenant::{TenantId, Tenanted};
use eskit::{EventStore, Metadata, RecordedEvent};
use eskit_tests::campus::{Seats, define, enrol};
use eskit_tests::scripted::log;

fn tenant<S>(store: S, id: &str) -> Tenanted<S> {
    Tenanted::new(store, TenantId::new(id).unwrap())
}

fn two() -> (Arc<MemoryStore>, [Tenanted<Arc<MemoryStore>>; 2]) {
    let store = Arc::new(MemoryStore::new());
    let tenants = ["acme", "globex"].map(|id| tenant(Arc::clone(&store), id));
    (store, tenants)
}

#[tokio::test]
async fn the_same_command_on_the_same_names_is_each_tenants_own() {
    let (store, [acme, globex]) = two();
    let (acme, globex) = (App::new(acme), App::new(globex));
    for app in [&acme, &globex] {
        let first = app.execute(define("maths", 2)).idempotency_key("define-1").await.unwrap();
        assert!(!first.repeated);
        assert!(app.execute(define("maths", 2)).idempotency_key("define-1").await.unwrap().repeated);
    }
    acme.execute(enrol("maths", "ada")).await.unwrap();
    acme.execute(enrol("maths", "bob")).await.unwrap();
    assert!(acme.execute(enrol("maths", "eve")).await.is_err());
    globex.execute(enrol("maths", "eve")).await.unwrap();
    assert_eq!(acme.load::<Seats>("maths").await.unwrap().state.taken, 2);
    assert_eq!(globex.load::<Seats>("maths").await.unwrap().state.taken, 1);

    let all = log(&*store).await.unwrap();
    let tenants: Vec<_> = all.iter().map(|event| TenantId::of(event).unwrap().to_string()).collect();
    assert_eq!(tenants, ["acme", "globex", "acme", "acme", "globex"]);
    assert!(log(acme.store()).await.unwrap().iter().all(|event| event.tags.values("tenant").next().is_none()));
}

#[tokio::test]
async fn a_stream_is_each_tenants_own() {
    let (store, [acme, globex]) = two();
    let stream = StreamId::new("account", "a-17");
    let event = || NewEvent::json("bank.Opened", "{}").with_stream(stream.clone());
    for (tenant, count) in [(&acme, 3), (&globex, 1)] {
        for _ in 0..count {
            tenant.append(Append::new(vec![event()])).await.unwrap();
        }
    }
    globex.change_stream(&stream, eskit::log::StreamChange::tombstone("closed")).await.unwrap();

    assert_eq!(acme.stream_info(&stream).await.unwrap().version, 3);
    assert!(acme.stream_info(&stream).await.unwrap().status.is_open());
    let refused = globex.append(Append::new(vec![event()])).await.unwrap_err();
    assert!(refused.to_string().starts_with("stream `account:a-17` takes no events"), "{refused}");
    let listed = acme.list_streams(&eskit::log::ListStreams::of_type("account")).await.unwrap();
    assert_eq!(listed.streams.iter().map(|listed| listed.stream.id()).collect::<Vec<_>>(), ["a-17"]);
    let raw = log(&*store).await.unwrap();
    assert_eq!(raw[3].stream.as_ref().unwrap().stream.to_string(), "account:globex/a-17");
    assert_eq!(log(&acme).await.unwrap()[2].stream.as_ref().unwrap().stream, stream);
}

#[tokio::test]
async fn a_list_of_streams_ends_with_those_of_the_tenant() {
    let store = Arc::new(MemoryStore::new());
    let tenants = ["a", "a-b", "b"].map(|id| tenant(Arc::clone(&store), id));
    for tenant in &tenants {
        for id in ["1", "2", "3"] {
            let stream = Some(StreamId::new("account", id));
            tenant.append(Append::new(vec![NewEvent::json("bank.Opened", "{}").with_stream(stream)])).await.unwrap();
        }
    }
    for tenant in &tenants {
        let (mut ids, mut next) = (Vec::new(), Some(eskit::log::ListStreams::of_type("account").limit(2)));
        while let Some(list) = next {
            let page = tenant.list_streams(&list).await.unwrap();
            ids.extend(page.streams.iter().map(|listed| listed.stream.id().to_owned()));
            next = list.following(&page);
        }
        assert_eq!(ids, ["1", "2", "3"], "{}", tenant.tenant());
    }
}

#[tokio::test]
async fn an_event_of_another_tenant_cannot_be_found_or_changed() {
    let (_, [acme, globex]) = two();
    let keyed = NewEvent::json("x.Y", "{}").with_id(EventId::from_key("k", 0));
    acme.append(Append::new(vec![NewEvent::json("x.Y", "{}"), keyed])).await.unwrap();
    let own = log(&acme).await.unwrap();
    for RecordedEvent { id, position, .. } in own {
        for query in [
            Query::from(QueryItem::ids([id])),
            Query::all(),
            Query::from(QueryItem::types(["x.Y"])),
            Query::from(QueryItem::tags([Tag::new("tenant", "acme")])),
            Query::from(QueryItem::default()).or(QueryItem::tags([Tag::new("tenant", "globex")])),
        ] {
            assert!(globex.read(&query, ReadOptions::default()).await.unwrap().events.is_empty(), "{query:?}");
        }
        let mut tags = Tags::new();
        tags.push("seen", 1);
        let added = AddedTags::new(position, id, tags);
        let refused = globex.add_tags(vec![added.clone()]).await.unwrap_err();
        assert!(matches!(refused, AddTagsError::NotThere { .. }), "{refused}");
        assert_eq!(acme.add_tags(vec![added]).await.unwrap(), 1);
    }
    assert_eq!(
        acme.read(&Query::from(QueryItem::tags([Tag::new("tenant", "acme")])), ReadOptions::default())
            .await
            .unwrap()
            .events,
        []
    );
}

#[tokio::test]
async fn nobody_says_whose_an_event_is() {
    let (store, [acme, _]) = two();
    let mut event = NewEvent::json("x.Y", "{}");
    event.tags.push("tenant", "globex");
    let refused = acme.append(Append::new(vec![event])).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "`x.Y` has the tag `tenant:globex`, and the store of a tenant says itself whose its events are\nhelp: leave that tag out, or \
         give it another key"
    );
    acme.append(Append::new(vec![NewEvent::json("x.Y", "{}")])).await.unwrap();
    let raw = log(&*store).await.unwrap().remove(0);
    let mut tags = Tags::new();
    tags.push("tenant", "globex");
    let refused = acme.add_tags(vec![AddedTags::new(raw.position, raw.id, tags)]).await.unwrap_err().to_string();
    assert!(refused.contains("has the tag `tenant:globex`"), "{refused}");
}

#[tokio::test]
async fn a_cause_is_the_event_that_the_tenant_knows() {
    let (store, [acme, _]) = two();
    let cause = EventId::from_key("order-1", 0);
    let first = NewEvent::json("x.Y", "{}").with_id(cause);
    let metadata = Metadata::new().with_causation_id(cause.to_string()).with_correlation_id("c");
    let second = NewEvent::json("x.Z", "{}").with_metadata(metadata);
    acme.append(Append::new(vec![first, second])).await.unwrap();
    let (seen, raw) = (log(&acme).await.unwrap(), log(&*store).await.unwrap());
    assert_eq!(seen[0].id, cause);
    assert_ne!(raw[0].id, cause);
    for log in [seen, raw] {
        assert_eq!(log[1].metadata.causation_id(), Some(log[0].id.to_string().as_str()));
    }
}

#[tokio::test]
async fn each_tenant_has_a_log_id_of_its_own_that_stays() {
    let (store, [acme, globex]) = two();
    let ids = [store.log_id().await, acme.log_id().await, globex.log_id().await].map(Result::unwrap);
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    assert_eq!(tenant(store, "acme").log_id().await.unwrap(), ids[1]);
}

#[test]
fn an_id_is_short_and_plain() {
    let longest = "a".repeat(64);
    for id in ["a", "7", "acme-inc_2", longest.as_str()] {
        assert_eq!(TenantId::new(id).unwrap().as_str(), id);
    }
    let too_long = "a".repeat(65);
    for id in ["", "Acme", "a/b", "-a", "a b", "ä", "a\0", too_long.as_str()] {
        assert!(TenantId::new(id).is_err(), "{id}");
    }
    let refused = TenantId::new("Acme Inc.").unwrap_err().to_string();
    assert!(refused.starts_with("`Acme Inc.` is no id of a tenant\nhelp: use 1 to 64 lower case letters"), "{refused}");
}
