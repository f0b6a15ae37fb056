//! Appends that the conformance suite does not ask for: batches, ids out of order, the most events at once.

use std::time::Duration;

use crate::support::*;
use eskit_postgres::PostgresStore;
use eskit_runtime::EventStore;
use eskit_runtime::log::{Append, AppendError, EventId, QueryItem, StoreErrorKind, StreamId, Tag};

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

/// However long that is.
#[tokio::test]
async fn an_append_may_be_tried_for_ever() {
    let options = PostgresStore::options().retry_for(Duration::MAX).lock_timeout(Some(Duration::MAX));
    let Some(Fixture { store, database: _database }) = fixture_with(options).await else { return };
    let append = one(plain("e").with_id(EventId::from_key("k", 0)));
    for is_repeated in [false, true] {
        assert_eq!(store.append(append.clone()).await.unwrap().repeated, is_repeated);
    }
}

/// Events of which two kinds never meet: `a` and `b`, `f` and `right`, `a` and `right`.
const APART: &str = "
INSERT INTO eskit.events (pos, id, type, stream_type, stream_id, version, part, recorded_at, envelope, payload)
SELECT n, gen_random_uuid(), CASE n % 4 WHEN 2 THEN 'f' ELSE 'e' END, CASE n % 2 WHEN 0 THEN 'left' ELSE 'right' END, '1',
    (n + 1) / 2, 0, 0, '', '' FROM generate_series(1, 40000) n;
INSERT INTO eskit.tags (tag, type, pos)
SELECT CASE n % 4 WHEN 0 THEN 'k:a' ELSE 'k:b' END, 'e', n FROM generate_series(1, 40000) n WHERE n % 4 < 2;
INSERT INTO eskit.tags (tag, type, pos) VALUES ('k:rare', 'e', 1);
";

/// Whoever checks a condition has the turn, so that all others wait meanwhile.
#[tokio::test]
async fn a_condition_that_costs_too_much_is_refused_alone() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    sqlx::raw_sql(APART).execute(store.pool()).await.unwrap();
    let tags = |names: &[&str]| QueryItem::tags(names.iter().map(|name| Tag::new("k", name)));
    let in_type = |mut item: QueryItem, name: &str| {
        item.stream_type = Some(name.into());
        item
    };
    let left = StreamId::new("left", "1");
    let sql = "SELECT id FROM eskit.events WHERE pos <= 6000";
    let ids: Vec<sqlx::types::Uuid> = sqlx::query_scalar(sql).fetch_all(store.pool()).await.unwrap();
    let ids = ids.into_iter().map(EventId::from);
    let costly = [
        tags(&["a", "b"]),
        tags(&["a", "b"]).with_types(["e"]),
        in_type(tags(&["a"]), "right"),
        in_type(QueryItem::types(["f"]), "right"),
        QueryItem::stream(left.clone()).with_types(["none"]),
        QueryItem::ids(ids).with_tag(Tag::new("k", "a")),
    ];
    for (number, item) in costly.into_iter().enumerate() {
        let head = store.head().await.unwrap().position.get();
        let refused = async { store.append(one(plain("e")).with(no_events(item.clone(), 0))).await };
        let beside = async { store.append(one(plain("e"))).await };
        let (refused, beside) = tokio::join!(refused, beside);
        let Err(AppendError::Store(error)) = refused else { panic!("{number}: {refused:?}") };
        assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains("more than 10000 entries of indexes"), "{error}");
        assert!(error.to_string().contains("\nhelp: read with its query first"), "{error}");
        beside.unwrap();
        store.append(one(plain("e")).with(no_events(item, head))).await.unwrap();
    }
    // The cost follows the shortest list.
    for item in [tags(&["a", "rare"]), in_type(tags(&["a"]), "never"), in_type(QueryItem::types(["f"]), "never")] {
        store.append(one(plain("e")).with(no_events(item, 0))).await.unwrap();
    }
    // What is found soon is a conflict, however much lies behind it.
    for item in [tags(&["b", "rare"]), in_type(QueryItem::types(["f"]), "left"), in_type(tags(&["b"]), "right")] {
        let refused = store.append(one(plain("e")).with(no_events(item, 0))).await;
        assert!(matches!(refused, Err(AppendError::Conflict(_))), "{refused:?}");
    }
}
