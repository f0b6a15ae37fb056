//! Reading a log page by page.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use eskit::log::{Append, NewEvent, Pages, Query, ReadOptions, StoreErrorKind};
use eskit::{EventStore, MemoryStore};

async fn store_of(events: usize) -> MemoryStore {
    let store = MemoryStore::new();
    for _ in 0..events {
        store.append(Append::new(vec![NewEvent::json("test.Happened", "{}")])).await.unwrap();
    }
    store
}

async fn positions(store: &MemoryStore, options: ReadOptions) -> Vec<u64> {
    let mut pages = Pages::new(store, Query::all(), options);
    let mut all = Vec::new();
    while let Some(events) = pages.next().await.unwrap() {
        assert!(events.len() <= options.page_len(), "a page of {} events", events.len());
        all.extend(events.iter().map(|event| event.position.get()));
    }
    all
}

#[tokio::test]
async fn every_event_comes_once_in_order_whatever_the_page_length() {
    let store = store_of(25).await;
    for limit in [1, 2, 5, 24, 25, 26, 1000] {
        let options = ReadOptions::default().limit(limit);
        assert_eq!(positions(&store, options).await, (1..=25).collect::<Vec<_>>(), "limit {limit}");
        assert_eq!(positions(&store, options.backward()).await, (1..=25).rev().collect::<Vec<_>>(), "limit {limit}");
    }
}

#[tokio::test]
async fn bounds_hold_across_pages_and_an_empty_log_has_none() {
    let store = store_of(10).await;
    let options =
        ReadOptions::default().limit(3).after(eskit::log::Position::new(2)).until(eskit::log::Position::new(9));
    assert_eq!(positions(&store, options).await, (3..=9).collect::<Vec<_>>());
    assert_eq!(positions(&store, options.backward()).await, (3..=9).rev().collect::<Vec<_>>());
    let from_the_start = ReadOptions::default().until(eskit::log::Position::new(9));
    assert_eq!(positions(&MemoryStore::new(), from_the_start).await, Vec::<u64>::new());
    // A log that does not reach to where a reader had come is another one.
    let error = Pages::new(&MemoryStore::new(), Query::all(), options).next().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Replaced);
}
