//! What a query costs: by steps of SQLite, which are the same on each machine.

use crate::support::*;
use eskit_runtime::EventStore;
use eskit_runtime::log::{
    Append, AppendError, NewEvent, Position, Query, QueryItem, ReadOptions, StoreErrorKind, StreamId, Tag,
};
use eskit_sqlite::SqliteStore;

const EVENTS: u64 = 4000;

/// Even events are placed in carts, odd ones paid in orders; tags and one stream hold both.
fn event(number: u64) -> NewEvent {
    let is_even = number.is_multiple_of(2);
    let half = if is_even { "even" } else { "odd" };
    let stream = match number % 4 {
        0 => StreamId::new("cart", "all"),
        1 => StreamId::new("order", "all"),
        2 => StreamId::new("cart", number.to_string()),
        _ => StreamId::new("order", number.to_string()),
    };
    tagged(
        if is_even { "shop.Placed" } else { "shop.Paid" },
        &[("half", half), ("third", ["0", "1", "2"][number as usize % 3]), ("all", "x")],
    )
    .with_stream(stream)
}

/// A log whose writer may take few steps for its conditions.
async fn log(folder: &Folder) -> SqliteStore {
    let options = SqliteStore::options().settle_after(3000).condition_steps(2500);
    let store = options.open(folder.file("log.db")).await.unwrap();
    for start in (0..EVENTS).step_by(400) {
        store.append(Append::new((start..start + 400).map(event).collect())).await.unwrap();
    }
    store
}

fn in_streams(mut item: QueryItem, stream_type: &str) -> QueryItem {
    item.stream_type = Some(stream_type.into());
    item
}

fn in_stream(mut item: QueryItem, stream: StreamId) -> QueryItem {
    item.stream = Some(stream);
    item
}

#[tokio::test]
async fn a_condition_that_looks_at_too_many_events_is_refused_by_name() {
    let folder = Folder::new("costs-conditions");
    let store = log(&folder).await;
    let placed = || QueryItem::types(["shop.Placed"]);
    let never_met = [
        in_streams(placed(), "order"),
        in_streams(with_tag("half", "even"), "order"),
        in_streams(with_tag("all", "x"), "never"),
        in_stream(placed(), StreamId::new("order", "all")),
        in_stream(with_tag("half", "even"), StreamId::new("order", "all")),
        with_tag("third", "0").with_tag(Tag::new("third", "1")),
    ];
    for item in never_met {
        let of_all = one(plain("e")).with(no_events(item.clone(), 0));
        // The others of the batch are served.
        let (refused, served) = tokio::join!(store.append(of_all), store.append(one(plain("e"))));
        served.unwrap();
        let Err(AppendError::Store(error)) = refused else { panic!("{item:?}: {refused:?}") };
        assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains("help: read first, and give the head"), "{error}");
        let head = store.head().await.unwrap();
        store.append(one(plain("e")).with(no_events(item.clone(), head.position.get() - 100))).await.unwrap();
        let read = store.read(&item.into(), ReadOptions::default()).await.unwrap();
        assert_eq!(read.events, [], "a read may look at all of them");
    }
}

/// One that an index answers is never refused, however long the log is.
#[tokio::test]
async fn a_condition_that_an_index_answers_is_checked_from_the_beginning() {
    let folder = Folder::new("costs-index");
    let store = log(&folder).await;
    let never = [
        QueryItem::types(["shop.Never"]),
        QueryItem::types(["shop.Never", "shop.Neither"]),
        with_tag("half", "never"),
        with_tag("half", "even").with_types(["shop.Paid"]),
        in_streams(QueryItem::types(["shop.Never"]), "order"),
        in_stream(placed_never(), StreamId::new("order", "never")),
    ];
    for item in never {
        store.append(one(plain("e")).with(no_events(item, 0))).await.unwrap();
    }
    for (item, at) in [
        (QueryItem::types(["shop.Placed"]), EVENTS - 1),
        (QueryItem::types(["shop.Paid"]), EVENTS),
        (QueryItem::types(["shop.Placed", "shop.Paid"]), EVENTS),
        (in_streams(QueryItem::types(["shop.Paid"]), "order"), EVENTS),
        (QueryItem::stream_type("cart"), EVENTS - 1),
    ] {
        match store.append(one(plain("e")).with(no_events(item, 0))).await {
            Err(AppendError::Conflict(conflict)) => assert_eq!(conflict.event.unwrap().position, Position::new(at)),
            other => panic!("{other:?}"),
        }
    }
}

fn placed_never() -> QueryItem {
    QueryItem::types(["shop.Placed"])
}

/// The only event of a type, and the newest ones, among many, settled and recent.
#[tokio::test]
async fn events_are_found_by_type_in_each_direction() {
    let folder = Folder::new("costs-types");
    let store = SqliteStore::options().settle_after(700).open(folder.file("log.db")).await.unwrap();
    for number in 0..2000_u64 {
        let rare = ["shop.Early", "shop.Middle", "shop.Late"];
        let name = match number {
            5 => rare[0],
            900 => rare[1],
            1990 => rare[2],
            number if number % 10 == 0 => "shop.Tenth",
            _ => "shop.Other",
        };
        store.append(one(plain(name))).await.unwrap();
        if number == 1000 {
            // An import, whose entries are settled at once.
            store.append(Append::new((0..600).map(|_| plain("shop.Imported")).collect())).await.unwrap();
        }
    }
    let log = everything(&store).await;
    for names in [
        vec!["shop.Early"],
        vec!["shop.Late"],
        vec!["shop.Early", "shop.Middle", "shop.Late", "shop.Never"],
        vec!["shop.Tenth", "shop.Middle"],
        vec!["shop.Imported"],
        vec!["shop.Imported", "shop.Other"],
        vec!["shop.Other", "shop.Other"],
    ] {
        let query = Query::from(QueryItem::types(names.clone()));
        let mut expected: Vec<u64> =
            log.iter().filter(|event| query.matches(event)).map(|event| event.position.get()).collect();
        for limit in [1, 7, 1000] {
            let forward = all_of(&store, &query, ReadOptions::default().limit(limit)).await;
            assert_eq!(numbers(&forward), expected, "{names:?}, pages of {limit}");
            expected.reverse();
            let backward = all_of(&store, &query, ReadOptions::default().backward().limit(limit)).await;
            assert_eq!(numbers(&backward), expected, "{names:?} backward, pages of {limit}");
            expected.reverse();
        }
    }
}
