//! An idempotency key that was used for another call is no repeated call.

use eskit::Import;
use eskit::execute::KeyReused;
use eskit::log::{Append, EventId, NewEvent};
use eskit::model::Emit;
use eskit::prelude::*;
use eskit_tests::campus::{EnrollClass, define, enrol, enrolled, leave};
use eskit_tests::scripted::{Step, encode, log};
use eskit_tests::shop::{ItemSold, Line, PlaceOrder, order, stocked};

use crate::{File, scripted};

fn reused<T: std::fmt::Debug, E: std::fmt::Debug>(answer: Result<T, ExecuteError<E>>) -> KeyReused {
    match answer {
        Err(ExecuteError::KeyReused(reused)) => reused,
        other => panic!("not refused: {other:?}"),
    }
}

/// Appends these events under the ids of a key, as a program does that appends by hand.
async fn by_hand(store: &impl EventStore, key: &str, events: impl Emit) {
    let mut events = encode(events);
    for (index, event) in events.iter_mut().enumerate() {
        event.id = EventId::from_key(key, index);
    }
    store.append(Append::new(events)).await.unwrap();
}

async fn another_command_is_refused(store: impl EventStore) {
    let app = App::new(store);
    app.execute(define("maths", 9)).await.unwrap();
    app.execute(enrol("maths", "ada")).idempotency_key("k").await.unwrap();

    let error = app.execute(leave("maths", "ada")).idempotency_key("k").await.unwrap_err();

    assert_eq!(
        error.to_string(),
        "the idempotency key `k` was used before by the command `Enroll`, whose event `eskit-tests.StudentEnrolled` is at position 2, \
         so `Leave` was not executed\nhelp: a key names one call; give this one a key of its own, such as `Leave:k`"
    );
    // By its events alone, a class of one would be the same call.
    let class = || EnrollClass { course: "maths".into(), students: vec!["bob".into()] };
    app.execute(class()).idempotency_key("l").await.unwrap();
    let refused = reused(app.execute(enrol("maths", "bob")).idempotency_key("l").await);
    assert_eq!(
        (refused.key.as_str(), refused.command, refused.used_by.as_deref()),
        ("l", "Enroll", Some("EnrollClass"))
    );
    assert_eq!(refused.event.position.get(), 3);
    assert_eq!(log(app.store()).await.unwrap().len(), 3);
    // The calls themselves may be repeated.
    assert!(app.execute(enrol("maths", "ada")).idempotency_key("k").await.unwrap().repeated);
    assert!(app.execute(class()).idempotency_key("l").await.unwrap().repeated);
}

async fn the_same_command_for_another_instance_is_refused(store: impl EventStore) {
    let app = App::new(store);
    app.execute(define("maths", 9)).await.unwrap();
    app.execute(enrol("maths", "ada")).idempotency_key("k").await.unwrap();

    let error = app.execute(enrol("maths", "bob")).idempotency_key("k").await.unwrap_err();

    assert_eq!(
        error.to_string(),
        "the idempotency key `k` was used before by the command `Enroll` with other tag values, whose event \
         `eskit-tests.StudentEnrolled` is at position 2, so this `Enroll` was not executed\nhelp: a key names one call; give this one a \
         key of its own, such as the id of its request"
    );
    assert_eq!(log(app.store()).await.unwrap().len(), 2);
}

async fn events_that_the_command_cannot_emit_are_refused(store: impl EventStore) {
    let app = App::new(store);
    app.execute(define("maths", 9)).await.unwrap();
    by_hand(app.store(), "k", enrolled("maths", "ada")).await;

    let error = app.execute(leave("maths", "ada")).idempotency_key("k").await.unwrap_err();

    assert_eq!(
        error.to_string(),
        "the idempotency key `k` was used before for the event `eskit-tests.StudentEnrolled` at position 2, which `Leave` does not emit, \
         so `Leave` was not executed\nhelp: a key names one call; give this one a key of its own, such as `Leave:k`"
    );
}

async fn other_lines_are_another_order(store: impl EventStore) {
    let app = App::new(store);
    app.store().append(Append::new(NewEvent::encode(&(stocked("pen", 9), stocked("ink", 9))).unwrap())).await.unwrap();
    let first = order(1, &[("pen", 1), ("ink", 1)]);
    app.execute(first.clone()).idempotency_key("k").await.unwrap();

    for lines in [&[("pen", 1)][..], &[("pen", 1), ("ink", 1), ("ink", 1)], &[]] {
        let refused = reused(app.execute(order(1, lines)).idempotency_key("k").await);
        assert_eq!(refused.used_by.as_deref(), Some("PlaceOrder"));
    }
    reused(app.execute(order(2, &[("pen", 1), ("ink", 1)])).idempotency_key("k").await);

    assert!(app.execute(first.clone()).idempotency_key("k").await.unwrap().repeated);
    // Sets and maps have another order each time that they are built.
    let lines: Vec<Line> = first.lines.into_iter().rev().collect();
    assert!(app.execute(PlaceOrder { order: 1, lines }).idempotency_key("k").await.unwrap().repeated);
}

/// What a log was exported with says nothing of the log that it is imported into.
async fn imported_events_use_no_key(store: impl EventStore) {
    let exported = App::new(MemoryStore::new());
    exported.execute(define("maths", 9)).idempotency_key("k").await.unwrap();
    let app = App::new(store);
    let mut import = Import::resume(app.store(), "backup").await.unwrap();
    for (number, event) in (1..).zip(log(exported.store()).await.unwrap()) {
        let new = NewEvent::json(event.name, event.payload).with_tags(event.tags).with_metadata(event.metadata);
        import.push(number, new).await.unwrap();
    }
    import.finish().await.unwrap();

    assert!(!app.execute(enrol("maths", "ada")).idempotency_key("k").await.unwrap().repeated);
    // Metadata that is taken over from such an event does not pass for that of the call.
    let metadata = log(app.store()).await.unwrap()[0].metadata.clone();
    app.execute(enrol("maths", "bob")).idempotency_key("l").metadata(metadata).await.unwrap();
    assert!(app.execute(enrol("maths", "bob")).idempotency_key("l").await.unwrap().repeated);
}

macro_rules! on_stores {
    ($($case:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::MemoryStore::new()).await;
            })*
        }

        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                let file = super::File::new();
                super::$case(super::SqliteStore::open(&file.0).await.unwrap()).await;
            })*
        }
    };
}

on_stores!(
    another_command_is_refused,
    the_same_command_for_another_instance_is_refused,
    events_that_the_command_cannot_emit_are_refused,
    other_lines_are_another_order,
    imported_events_use_no_key,
);

/// Another command was faster with the key: after the look-up, and before the append or the read.
#[tokio::test]
async fn a_rival_with_the_key_of_another_command_is_no_repeated_call() {
    let rival = || {
        let mut events = encode(ItemSold { order: 1, sku: "pen".into(), quantity: 1, cents: 1 });
        events[0].id = EventId::from_key("k", 0);
        Append::new(events)
    };
    let app = scripted();
    app.execute(define("maths", 1)).await.unwrap();
    app.store().script([Step::Rival(rival())]);
    let refused = reused(app.execute(enrol("maths", "ada")).idempotency_key("k").await);
    assert_eq!((refused.command, refused.used_by), ("Enroll", None));

    let app = scripted();
    app.store().script_reads([None, Some(rival())]);
    // The decider itself refuses: there is no course.
    reused(app.execute(enrol("maths", "ada")).idempotency_key("k").await);
}

/// Whether an earlier try of the call went through is told by its own events.
#[tokio::test]
async fn an_answer_that_got_lost_is_found_again() {
    let app = scripted();
    app.execute(define("maths", 9)).await.unwrap();
    app.store().script([Step::LoseAnswer]);
    let executed = app.execute(enrol("maths", "ada")).idempotency_key("k").await.unwrap();
    assert!(executed.repeated);
}
