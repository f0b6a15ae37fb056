//! Appends: conditions, versions, conflicts, repeats and limits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use eskit_runtime::{
    Append, AppendError, Condition, Conflict, ConflictKind, ContentType, EventId, EventStore, ExpectedVersion,
    LimitError, Metadata, NewEvent, Part, Position, Principal, PrincipalKind, Query, QueryItem, ReadOptions,
    SchemaVersion, Timestamp,
};
use eskit_sqlite::SqliteStore;
use support::*;

async fn conflict(store: &SqliteStore, append: Append) -> Conflict {
    match store.append(append).await {
        Err(AppendError::Conflict(conflict)) => conflict,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

#[tokio::test]
async fn an_event_comes_back_as_it_was_appended() {
    let folder = Folder::new("roundtrip");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let event = NewEvent {
        schema_version: SchemaVersion::new(7).unwrap(),
        metadata: Metadata::new().with_correlation_id("c").with_initiator(Principal::new(PrincipalKind::User, "u")),
        content_type: ContentType::new("application/cbor"),
        payload: vec![0, 255, 1],
        recorded_at: Some(Timestamp::from_micros(-5)),
        stream: Some(stream("a")),
        ..tagged("bank.Opened", &[("owner", "o:1"), ("branch", "b")])
    };
    let appended = store.append(Append::new(vec![event.clone(), plain("bank.Noted")])).await.unwrap();
    assert_eq!(appended.positions, [Position::new(1), Position::new(2)]);
    assert_eq!(appended.versions, [Some(1), None]);
    let read = everything(&store).await;
    assert_eq!(read[0], event.into_recorded(Position::new(1), Some(1), Part::WHOLE, appended.recorded_at));
    assert_eq!(read[1].recorded_at, appended.recorded_at);
    assert_eq!(store.head().await.unwrap().position, Position::new(2));
}

#[tokio::test]
async fn stream_conditions_hold_or_conflict() {
    let folder = Folder::new("versions");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let account = || stream("a");
    let no_stream = |stream| Condition::Stream { stream, expected: ExpectedVersion::NoStream };
    let first = Append::new(vec![on(account(), "bank.Opened"), on(account(), "bank.Paid")]).with(no_stream(account()));
    assert_eq!(store.append(first).await.unwrap().versions, [Some(1), Some(2)]);

    let found = conflict(&store, one(on(account(), "bank.Opened")).with(no_stream(account()))).await;
    let kind = ConflictKind::Stream { stream: account(), expected: ExpectedVersion::NoStream, found: 2 };
    assert_eq!(found.kind, kind);
    let event = found.event.unwrap();
    assert_eq!((event.position.get(), event.name.as_str()), (2, "bank.Paid"));

    conflict(&store, one(on(account(), "bank.Paid")).with(at_version(account(), 1))).await;
    let missing = conflict(&store, one(plain("bank.Noted")).with(at_version(stream("missing"), 3))).await;
    assert_eq!(missing.event, None);

    let third = store.append(one(on(account(), "bank.Paid")).with(at_version(account(), 2))).await.unwrap();
    assert_eq!(third.versions, [Some(3)]);
    let any = Condition::Stream { stream: account(), expected: ExpectedVersion::Any };
    assert_eq!(store.append(one(on(account(), "bank.Paid")).with(any)).await.unwrap().versions, [Some(4)]);
    // A type with the other's id in it, or an id with a colon, is another stream.
    for other in [eskit_runtime::StreamId::new("account:a", "x"), eskit_runtime::StreamId::new("accoun", "t:a")] {
        assert_eq!(store.append(one(on(other, "bank.Opened"))).await.unwrap().versions, [Some(1)]);
    }
}

#[tokio::test]
async fn query_conditions_see_only_what_lies_behind_their_position() {
    let folder = Folder::new("queries");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    store.append(one(tagged("campus.Defined", &[("course", "c1")]))).await.unwrap();
    store.append(one(tagged("campus.Enrolled", &[("course", "c1"), ("student", "s1")]))).await.unwrap();

    let queries: Vec<Query> = vec![
        with_tag("course", "c1").into(),
        with_tag("course", "c1").with_types(["campus.Enrolled"]).into(),
        with_tag("course", "c1").with_tag(eskit_runtime::Tag::new("student", "s1")).into(),
        QueryItem::types(["campus.Missing", "campus.Enrolled"]).into(),
        Query::all(),
        Query::from(with_tag("course", "c9")).or(with_tag("student", "s1")),
    ];
    for query in &queries {
        let found = conflict(&store, one(plain("campus.Noted")).with(no_events(query.clone(), 1))).await;
        assert_eq!(found.kind, ConflictKind::Query { after: Position::new(1) });
        let event = found.event.unwrap();
        assert_eq!((event.position.get(), event.name.as_str()), (2, "campus.Enrolled"), "{query:?}");
    }
    for query in queries {
        store.append(one(tagged("x.Y", &[("k", "v")])).with(no_events(query, u64::MAX))).await.unwrap();
    }
    let absent = [
        Query::from(with_tag("course", "c2")),
        Query::from(with_tag("course", "c1").with_tag(eskit_runtime::Tag::new("student", "s2"))),
        Query::from(with_tag("course", "c1").with_types(["campus.Left"])),
        Query::from(QueryItem::types(["campus.Left"])),
        Query::from(QueryItem::stream_type("account")),
        Query::default(),
    ];
    for query in absent {
        store.append(one(plain("campus.Noted")).with(no_events(query, 0))).await.unwrap();
    }
}

#[tokio::test]
async fn all_conditions_must_hold() {
    let folder = Folder::new("and");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    store.append(one(on(stream("a"), "bank.Opened"))).await.unwrap();
    let append = one(plain("bank.Noted")).with(at_version(stream("a"), 1)).with(no_events(Query::all(), 0));
    assert!(matches!(conflict(&store, append).await.kind, ConflictKind::Query { .. }));
    assert_eq!(store.head().await.unwrap().position, Position::new(1));
}

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

#[tokio::test]
async fn a_repeat_returns_the_original_positions() {
    let folder = Folder::new("repeat");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let append = Append::new(vec![on(stream("a"), "e"), tagged("f", &[("k", "v")]), on(stream("a"), "g")])
        .with(at_version(stream("a"), 0))
        .with(no_events(with_tag("k", "v"), 0));
    let first = store.append(append.clone()).await.unwrap();
    store.append(one(plain("h"))).await.unwrap();
    // The conditions do not hold any more.
    let again = store.append(append.clone()).await.unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!((&again.positions, &again.versions), (&first.positions, &first.versions));
    assert_eq!(again.recorded_at, first.recorded_at);
    assert_eq!(store.head().await.unwrap().position, Position::new(4));

    // Two at once, in one batch.
    let twice = one(plain("twice"));
    let (left, right) = tokio::join!(store.append(twice.clone()), store.append(twice));
    let (left, right) = (left.unwrap(), right.unwrap());
    assert_eq!(left.positions, right.positions);
    assert!(left.repeated != right.repeated);
}

#[tokio::test]
async fn ids_of_another_append_are_refused() {
    let folder = Folder::new("reused");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let [a, b, c, d] = std::array::from_fn(|_| plain("e"));
    store.append(Append::new(vec![a.clone(), b.clone(), c.clone()])).await.unwrap();
    store.append(one(d.clone())).await.unwrap();
    let other_way: Vec<(Vec<NewEvent>, EventId, u64)> = vec![
        (vec![a.clone()], a.id, 1),
        (vec![a.clone(), b.clone()], a.id, 1),
        (vec![b.clone(), c.clone()], b.id, 2),
        (vec![b.clone(), a.clone(), c.clone()], b.id, 2),
        (vec![plain("new"), b.clone()], b.id, 2),
        (vec![a.clone(), b.clone(), c.clone(), d.clone()], a.id, 1),
        (vec![a.clone(), b.clone(), c.clone(), plain("new")], a.id, 1),
        (vec![c.clone(), d.clone()], c.id, 3),
    ];
    for (events, reused, at) in other_way {
        match store.append(Append::new(events)).await {
            Err(AppendError::IdReused { id, position }) => assert_eq!((id, position.get()), (reused, at)),
            other => panic!("expected a reused id, got {other:?}"),
        }
    }
    assert_eq!(store.head().await.unwrap().position, Position::new(4));
    assert!(store.append(one(d)).await.unwrap().repeated);
}

/// Ids need not ascend: version 4 and version 5 UUIDs do not.
#[tokio::test]
async fn ids_may_come_in_any_order() {
    let folder = Folder::new("ids");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
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
async fn limits_refuse_before_anything_is_written() {
    let folder = Folder::new("limits");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let nul = Append::new(vec![plain("ok"), on(stream("a\0b"), "e")]);
    assert!(matches!(store.append(nul).await, Err(AppendError::Limit(LimitError::Nul { .. }))));
    assert!(matches!(store.append(Append::default()).await, Err(AppendError::Limit(LimitError::Empty { .. }))));
    let event = plain("e");
    let twice = Append::new(vec![event.clone(), event]);
    assert!(matches!(store.append(twice).await, Err(AppendError::Limit(LimitError::RepeatedId { .. }))));
    let long = Query::from(with_tag("k", &"v".repeat(300)));
    let error = store.read(&long, ReadOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), eskit_runtime::StoreErrorKind::Invalid);
    assert_eq!(store.head().await.unwrap().position, Position::START);
}

#[tokio::test]
async fn the_largest_append_goes_through() {
    let folder = Folder::new("largest");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let events = (0..10_000).map(|number| on(stream(&format!("{}", number % 100)), "e")).collect();
    let appended = store.append(Append::new(events)).await.unwrap();
    assert_eq!(appended.last(), Position::new(10_000));
    assert_eq!(appended.versions[9_999], Some(100));
    assert_eq!(everything(&store).await.len(), 10_000);
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
