//! Appends by hand, on states that were loaded.

use eskit::log::ConflictKind;
use eskit::model::Emit;
use eskit::prelude::*;
use eskit_tests::bank::{Account, Deposited, deposit, open_account};
use eskit_tests::campus::{Schedule, Seats, define, defined, enrol, enrolled};
use eskit_tests::scripted::log;

use crate::File;

/// Appends these events, unless one of the states has changed.
async fn append(store: &impl EventStore, conditions: Vec<Condition>, events: impl Emit) -> Result<(), AppendError> {
    store.append(Append { events: NewEvent::encode(&events).unwrap(), conditions }).await.map(drop)
}

fn is_conflict(answer: Result<(), AppendError>) -> bool {
    matches!(answer, Err(AppendError::Conflict(_)))
}

async fn conflicts_with_what_came_after_the_load(store: impl EventStore) {
    let app = App::new(store).with_state_cache::<Account>(9);
    for command in [define("maths", 9), define("art", 9)] {
        app.execute(command).await.unwrap();
    }
    app.execute(open_account("a", "ada")).await.unwrap();
    let (maths, art) = (app.load::<Seats>("maths").await.unwrap(), app.load::<Seats>("art").await.unwrap());
    let (ada, account) = (app.load::<Schedule>("ada").await.unwrap(), app.load::<Account>("a").await.unwrap());
    let both = |seats: &Loaded<Seats>| [seats.conditions(), ada.conditions()].concat();

    // Of art nothing changed, nor of ada.
    app.execute(enrol("maths", "bob")).await.unwrap();
    assert!(is_conflict(append(app.store(), both(&maths), enrolled("maths", "ada")).await));
    append(app.store(), both(&art), enrolled("art", "ada")).await.unwrap();
    // Now ada has changed, and so has art.
    assert!(is_conflict(append(app.store(), ada.conditions(), enrolled("physics", "ada")).await));
    assert!(is_conflict(append(app.store(), art.conditions(), defined("art", 1)).await));

    // A stream by its version, also from a cache.
    app.execute(deposit("a", 5)).await.unwrap();
    assert!(is_conflict(append(app.store(), account.conditions(), Deposited { cents: 5 }).await));
    let account = app.load::<Account>("a").await.unwrap();
    append(app.store(), account.conditions(), Deposited { cents: 5 }).await.unwrap();
}

async fn reads_on_by_the_query_of_the_state(store: impl EventStore) {
    let app = App::new(store);
    app.execute(define("maths", 9)).await.unwrap();
    let maths = app.load::<Seats>("maths").await.unwrap();
    for student in ["ada", "bob"] {
        app.execute(enrol("maths", student)).await.unwrap();
    }
    app.execute(define("art", 9)).await.unwrap();
    app.execute(open_account("a", "ada")).await.unwrap();

    let after = ReadOptions::default().after(maths.head);
    let page = app.store().read(maths.query(), after).await.unwrap();

    let positions: Vec<_> = page.events.iter().map(|event| event.position.get()).collect();
    assert_eq!(positions, [2, 3]);
    let account = app.load::<Account>("a").await.unwrap();
    assert_eq!(account.query(), &Query::stream(StreamId::of::<Account>("a")));
    // Of an instance without events too.
    let none = app.load::<Account>("b").await.unwrap();
    append(app.store(), none.conditions(), enrolled("art", "ada")).await.unwrap();
    assert_eq!(log(app.store()).await.unwrap().len(), 6);
}

#[tokio::test]
async fn conflicts_with_what_came_after_the_load_in_memory() {
    conflicts_with_what_came_after_the_load(MemoryStore::new()).await;
}

#[tokio::test]
async fn conflicts_with_what_came_after_the_load_on_sqlite() {
    let file = File::new();
    conflicts_with_what_came_after_the_load(SqliteStore::open(&file.0).await.unwrap()).await;
}

#[tokio::test]
async fn reads_on_by_the_query_of_the_state_in_memory() {
    reads_on_by_the_query_of_the_state(MemoryStore::new()).await;
}

#[tokio::test]
async fn reads_on_by_the_query_of_the_state_on_sqlite() {
    let file = File::new();
    reads_on_by_the_query_of_the_state(SqliteStore::open(&file.0).await.unwrap()).await;
}

/// A state of a log that was replaced is a state of nothing, though no event came after it.
#[tokio::test]
async fn a_state_of_a_log_that_is_gone_is_refused() {
    let app = App::new(MemoryStore::new());
    app.execute(define("maths", 9)).await.unwrap();
    let backup = app.store().backup();
    app.execute(enrol("maths", "ada")).await.unwrap();
    let maths = app.load::<Seats>("maths").await.unwrap();
    app.store().restore(&backup);

    let refused = append(app.store(), maths.conditions(), enrolled("maths", "bob")).await;

    let Err(AppendError::Conflict(conflict)) = refused else { panic!("{refused:?}") };
    assert!(matches!(conflict.kind, ConflictKind::Replaced { .. }), "{conflict}");
}
