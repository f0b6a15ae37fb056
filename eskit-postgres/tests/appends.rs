//! Appends that the conformance suite does not ask for: batches, ids out of order, the most events at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use std::time::Duration;

use eskit_postgres::PostgresStore;
use eskit_runtime::{Append, AppendError, EventId, EventStore, NewEvent, Position, QueryItem};
use support::*;

/// Appends that wait together are committed in one transaction; each must see the ones before it.
#[tokio::test]
async fn appends_of_one_batch_conflict_among_themselves() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    for round in 0..20 {
        let course = format!("c{round}");
        let account = stream(&course);
        let name = format!("batch.Round{round}");
        let contenders: Vec<Append> = (0..5)
            .flat_map(|_| {
                [
                    one(tagged("t", &[("course", &course)])).with(no_events(with_tag("course", &course), 0)),
                    one(on(account.clone(), "s")).with(at_version(account.clone(), 0)),
                    one(plain(&name)).with(no_events(QueryItem::types([name.as_str()]), 0)),
                    one(on(eskit_runtime::StreamId::new(name.as_str(), "1"), "s"))
                        .with(no_events(QueryItem::stream_type(name.as_str()), 0)),
                ]
            })
            .collect();
        let running: Vec<_> = contenders
            .into_iter()
            .map(|append| {
                let store = store.clone();
                tokio::spawn(async move { store.append(append).await })
            })
            .collect();
        let mut won = 0;
        for task in running {
            match task.await.unwrap() {
                Ok(_) => won += 1,
                Err(AppendError::Conflict(conflict)) => assert!(conflict.event.is_some()),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(won, 4, "one winner for each condition in round {round}");
    }
    assert_eq!(numbers(&everything(&store).await), (1..=80).collect::<Vec<_>>());
}

/// Ids need not ascend: version 4 and version 5 UUIDs do not.
#[tokio::test]
async fn ids_may_come_in_any_order() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    let with_key = |key: usize| NewEvent { id: EventId::from_key(&format!("k{key}"), 0), ..plain("e") };
    for key in 0..50 {
        assert!(!store.append(one(with_key(key))).await.unwrap().repeated);
    }
    for key in 0..50 {
        let again = store.append(one(with_key(key))).await.unwrap();
        assert!(again.repeated);
        assert_eq!(again.positions, [Position::new(key as u64 + 1)]);
    }
}

#[tokio::test]
async fn the_largest_append_goes_through() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    let events = (0..10_000).map(|number| on(stream(&format!("{}", number % 100)), "e")).collect();
    let appended = store.append(Append::new(events)).await.unwrap();
    assert_eq!(appended.last(), Position::new(10_000));
    assert_eq!(appended.versions[9_999], Some(100));
    assert_eq!(everything(&store).await.len(), 10_000);
}

/// However long that is.
#[tokio::test]
async fn an_append_may_be_tried_for_ever() {
    let options = PostgresStore::options().retry_for(Duration::MAX).lock_timeout(Some(Duration::MAX));
    let Some(Fixture { store, database: _database }) = fixture_with(options).await else { return };
    let append = one(NewEvent { id: EventId::from_key("k", 0), ..plain("e") });
    for is_repeated in [false, true] {
        assert_eq!(store.append(append.clone()).await.unwrap().repeated, is_repeated);
    }
}
