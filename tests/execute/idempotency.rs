//! Calls with an idempotency key.

use std::sync::Arc;

use eskit::log::{Append, EventId, ExpectedVersion, NewEvent, Page, Position, StoreErrorKind, StreamChange, StreamId};
use eskit::prelude::*;
use eskit::{Import, delegate_store};
use eskit_tests::bank::{Account, Deposited, deposit, open_account};
use eskit_tests::campus::{EnrollClass, Leave, Seats, StudentLeft, define, enrol, enrolled};
use eskit_tests::scripted::{Step, encode, log};
use tokio::sync::Barrier;

use crate::scripted;

fn class(size: usize) -> EnrollClass {
    EnrollClass { course: "maths".into(), students: (0..size).map(|n| format!("s{n}")).collect() }
}

#[tokio::test]
async fn the_second_call_returns_the_events_of_the_first() {
    let app = scripted();
    app.execute(define("maths", 1)).await.unwrap();
    let first = app.execute(enrol("maths", "ada")).idempotency_key("k").await.unwrap();
    app.store().take_appends();
    assert!(!app.store().take_reads().iter().any(|read| read.confirmed));

    // The course is full by now: a new decision would be a refusal.
    let second = app.execute(enrol("maths", "ada")).idempotency_key("k").await.unwrap();

    assert!(second.repeated && !first.repeated);
    assert_eq!(second.events, first.events);
    assert_eq!(second.state, first.state);
    assert!(app.store().take_appends().is_empty());
    assert_eq!(log(app.store()).await.unwrap().len(), 2);
}

/// A store that cannot tell whether what is read is safe, as PostgreSQL without its standby.
#[derive(Debug)]
struct Unconfirmed(MemoryStore);

impl EventStore for Unconfirmed {
    delegate_store!(|store| &store.0, except read);

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        if options.confirmed {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "no standby"));
        }
        self.0.read(query, options).await
    }
}

#[tokio::test]
async fn what_is_not_confirmed_is_not_called_done() {
    let app = App::new(Unconfirmed(MemoryStore::new()));
    app.execute(define("maths", 9)).idempotency_key("k").await.unwrap();
    let error = app.execute(define("maths", 9)).idempotency_key("k").await.unwrap_err();
    assert!(matches!(&error, ExecuteError::UnknownOutcome(error) if error.to_string() == "no standby"), "{error:?}");

    let mut import = Import::resume(app.store(), "a").await.unwrap();
    import.push(1, NewEvent::json("old.Happened", "{}")).await.unwrap();
    import.finish().await.unwrap();
    let error = Import::resume(app.store(), "a").await.unwrap_err();
    assert_eq!(error.to_string(), "no standby");
}

#[tokio::test]
async fn another_key_is_another_call() {
    let app = scripted();
    app.execute(define("maths", 9)).await.unwrap();
    for key in ["k1", "k2"] {
        let executed = app.execute(enrol("maths", key)).idempotency_key(key).await.unwrap();
        assert!(!executed.repeated);
    }
    assert_eq!(app.load::<Seats>("maths").await.unwrap().taken, 2);
}

#[tokio::test]
async fn a_call_of_many_events_is_repeated_whole() {
    // Ids are looked up 32 at once; the sizes lie around the bounds of a page of ids.
    for size in [1, 31, 32, 33, 64, 100] {
        let app = scripted();
        app.execute(define("maths", 1000)).await.unwrap();
        let first = app.execute(class(size)).idempotency_key("k").await.unwrap();
        let second = app.execute(class(size)).idempotency_key("k").await.unwrap();
        assert_eq!(first.events.len(), size);
        assert!(second.repeated);
        assert_eq!(second.events, first.events, "{size}");
        assert_eq!(second.state.taken as usize, size);
    }
}

#[tokio::test]
async fn a_rival_with_the_same_key_wins_and_both_see_its_events() {
    let app = scripted();
    app.execute(define("maths", 9)).await.unwrap();
    let mut event = encode(enrolled("maths", "ada"));
    event[0].id = EventId::from_key("k", 0);
    app.store().script([Step::Rival(Append::new(event))]);

    let executed = app.execute(enrol("maths", "ada")).idempotency_key("k").await.unwrap();

    assert!(executed.repeated);
    assert_eq!(executed.positions().collect::<Vec<_>>(), [Position::new(2)]);
    assert_eq!(log(app.store()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_rival_that_decided_otherwise_still_wins() {
    // The rival saw three free seats and this call sees four: the same key, another number of events.
    for (rivals, size) in [(3, 4), (4, 3)] {
        let app = scripted();
        app.execute(define("maths", 9)).await.unwrap();
        let students: Vec<_> = (0..rivals).map(|n| enrolled("maths", &format!("s{n}"))).collect();
        let mut events = encode(students);
        for (index, event) in events.iter_mut().enumerate() {
            event.id = EventId::from_key("k", index);
        }
        app.store().script([Step::Rival(Append::new(events))]);

        let executed = app.execute(class(size)).idempotency_key("k").await.unwrap();

        assert!(executed.repeated);
        assert_eq!(executed.events.len(), rivals);
        assert_eq!(log(app.store()).await.unwrap().len(), rivals + 1);
    }
}

#[tokio::test]
async fn a_rival_between_look_up_and_decision_is_no_reason_to_refuse() {
    // The rival with the same key takes the last seat after this call looked the key up and before it reads the course.
    let app = scripted();
    app.execute(define("maths", 1)).await.unwrap();
    let mut event = encode(enrolled("maths", "ada"));
    event[0].id = EventId::from_key("k", 0);
    app.store().script_reads([None, Some(Append::new(event))]);

    let executed = app.execute(enrol("maths", "ada")).idempotency_key("k").await.unwrap();

    assert!(executed.repeated);
    assert_eq!(executed.positions().collect::<Vec<_>>(), [Position::new(2)]);
    assert_eq!(app.store().steps_left(), 0);
}

#[tokio::test]
async fn a_rival_between_look_up_and_decision_that_leaves_nothing_to_do_is_found() {
    let app = scripted();
    app.execute(define("maths", 1)).await.unwrap();
    app.execute(enrol("maths", "ada")).await.unwrap();
    let leave = Leave { course: "maths".into(), student: "ada".into() };
    let mut event = encode(StudentLeft { course: "maths".into(), student: "ada".into() });
    event[0].id = EventId::from_key("k", 0);
    app.store().script_reads([None, Some(Append::new(event))]);

    let executed = app.execute(leave).idempotency_key("k").await.unwrap();

    assert_eq!((executed.repeated, executed.events.len()), (true, 1));
}

#[tokio::test]
async fn a_rival_between_look_up_and_decision_is_found_behind_an_expected_version() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    let mut event = encode(Deposited { cents: 5 });
    event[0].id = EventId::from_key("k", 0);
    event[0].stream = Some(StreamId::new("account", "a"));
    app.store().script_reads([None, Some(Append::new(event))]);

    let call = app.execute(deposit("a", 5)).idempotency_key("k").expected_version(ExpectedVersion::Exact(1));

    assert!(call.await.unwrap().repeated);
    assert_eq!(app.load::<Account>("a").await.unwrap().cents, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_callers_with_one_key_append_once() {
    for _ in 0..50 {
        let app = App::new(MemoryStore::new());
        app.execute(define("maths", 50)).await.unwrap();
        let barrier = Arc::new(Barrier::new(8));
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let (app, barrier) = (app.clone(), Arc::clone(&barrier));
                tokio::spawn(async move {
                    barrier.wait().await;
                    app.execute(class(2)).idempotency_key("k").await.unwrap()
                })
            })
            .collect();
        let mut fresh = 0;
        for caller in callers {
            let executed = caller.await.unwrap();
            assert_eq!(executed.positions().collect::<Vec<_>>(), [Position::new(2), Position::new(3)]);
            fresh += u32::from(!executed.repeated);
        }
        assert_eq!(fresh, 1);
        assert_eq!(log(app.store()).await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn a_call_without_events_leaves_no_trace_of_its_key() {
    let app = scripted();
    app.execute(define("maths", 9)).await.unwrap();
    let leave = Leave { course: "maths".into(), student: "ada".into() };
    assert!(app.execute(leave.clone()).idempotency_key("k").await.unwrap().events.is_empty());
    app.execute(enrol("maths", "ada")).await.unwrap();

    let executed = app.execute(leave).idempotency_key("k").await.unwrap();

    assert_eq!((executed.events.len(), executed.repeated), (1, false));
}

#[tokio::test]
async fn an_empty_key_is_refused() {
    let error = scripted().execute(define("maths", 9)).idempotency_key("").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the idempotency key is empty\nhelp: pass what names this one call, such as the id of a request"
    );
}

#[tokio::test]
async fn a_call_whose_events_were_deleted_is_not_made_again() {
    let app = scripted();
    let stream = StreamId::new("account", "a");
    app.execute(open_account("a", "ada")).idempotency_key("k").await.unwrap();
    app.store().change_stream(&stream, StreamChange::delete("asked for")).await.unwrap();
    app.store().take_appends();
    let again = app.execute(open_account("a", "ada")).idempotency_key("k").await.unwrap_err();
    assert_eq!(app.store().take_appends().len(), 1, "trying again cannot help");
    assert!(
        matches!(&again, ExecuteError::Store(error) if error.to_string().contains("their stream was deleted")),
        "{again}"
    );
    assert_eq!(app.store().head().await.unwrap().position, Position::new(1));
}

/// Pages were put into a box, or taken out of it.
#[derive(Event, Serialize, Deserialize)]
struct PagesMoved {
    #[tag("box")]
    id: String,
    page: usize,
}

/// Deals pages into two boxes, of which the first gets those before a page.
#[derive(Command, Clone)]
struct Deal {
    #[tag("box")]
    first: String,
    #[tag("box")]
    second: String,
    from: fn(usize) -> bool,
    pages: usize,
}

#[aggregate(stream = "box")]
#[derive(Default, Clone, Debug, PartialEq)]
struct PaperBox {
    pages: usize,
}

#[decider]
impl PaperBox {
    #[evolve]
    fn moved(&mut self, _: &PagesMoved) {
        self.pages += 1;
    }
}

#[decider]
fn deal(command: &Deal, #[key(first)] first: &PaperBox, #[key(second)] second: &PaperBox) -> Vec<PagesMoved> {
    if first.pages + second.pages > 0 {
        return Vec::new();
    }
    let owner = |page| if (command.from)(page) { &command.first } else { &command.second };
    (0..command.pages).map(|page| PagesMoved { id: owner(page).clone(), page }).collect()
}

/// Ids are looked up 32 at once: what was deleted may fill some of these, or take the end of each.
#[tokio::test]
async fn a_repeated_call_finds_every_event_that_was_not_deleted() {
    let deleted: [fn(usize) -> bool; 7] = [
        |page| page % 2 == 0,
        |page| page == 0,
        |page| page < 40,
        |page| (10..64).contains(&page),
        |page| (32..64).contains(&page),
        |page| (20..69).contains(&page),
        |page| page >= 40,
    ];
    for (case, from) in deleted.into_iter().enumerate() {
        let app = scripted();
        let command = Deal { first: "a".into(), second: "b".into(), from, pages: 70 };
        let first = app.execute(command.clone()).idempotency_key("k").await.unwrap();
        app.store().change_stream(&StreamId::new("box", "a"), StreamChange::delete("asked for")).await.unwrap();

        let second = app.execute(command).idempotency_key("k").await.unwrap();

        let left: Vec<_> = first.events.into_iter().enumerate().filter(|(page, _)| !from(*page)).collect();
        assert!(second.repeated);
        assert_eq!(second.events, left.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), "case {case}");
    }
}

/// The end of an append is looked for only where a stream was deleted.
#[tokio::test]
async fn a_repeated_call_reads_no_more_than_the_ids_and_the_state() {
    let app = scripted();
    let command = Deal { first: "a".into(), second: "b".into(), from: |page| page < 5, pages: 20 };
    app.execute(command.clone()).idempotency_key("k").await.unwrap();
    app.store().take_reads();
    assert!(app.execute(command).idempotency_key("k").await.unwrap().repeated);
    // One more waits until the first event is confirmed.
    assert_eq!(app.store().take_reads().len(), 3);
}
