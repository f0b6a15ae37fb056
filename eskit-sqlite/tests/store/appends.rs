//! What the writer does with many appends: its batches, and what it remembers of streams.

use crate::support::*;
use eskit_runtime::EventStore;
use eskit_runtime::log::{Append, AppendError, QueryItem};
use eskit_sqlite::SqliteStore;

/// Appends that wait together are committed in one transaction; each must see the ones before it.
#[tokio::test]
async fn appends_of_one_batch_conflict_among_themselves() {
    let folder = Folder::new("batch");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
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
                    one(on(eskit_runtime::log::StreamId::new(name.as_str(), "1"), "s"))
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

/// The writer remembers the versions of a few thousand streams.
#[tokio::test]
async fn versions_are_right_for_any_number_of_streams() {
    let folder = Folder::new("streams");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    for version in 0..3 {
        let events: Vec<_> = (0..6_000).map(|number| on(stream(&format!("{number}")), "e")).collect();
        let append =
            Append::new(events).with(at_version(stream("0"), version)).with(at_version(stream("4999"), version));
        let appended = store.append(append).await.unwrap();
        assert!(appended.versions.iter().all(|found| *found == Some(version + 1)));
    }
}
