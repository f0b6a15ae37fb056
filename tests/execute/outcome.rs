//! The store fails, or loses sight of a commit.

use eskit::prelude::*;
use eskit::{EventId, Position, StoreErrorKind};
use eskit_tests::campus::{CampusError, Seats, define, enrol, enrolled};
use eskit_tests::scripted::{Scripted, Step, log, rival};

use crate::scripted;

fn ids(app: &App<Scripted>) -> Vec<Vec<EventId>> {
    let appends = app.store().take_appends();
    appends.iter().map(|append| append.events.iter().map(|event| event.id).collect()).collect()
}

#[tokio::test]
async fn a_lost_answer_is_found_again_by_the_same_ids() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    app.store().take_appends();
    app.store().script([Step::LoseAnswer]);

    let executed = app.execute(enrol("maths", "ada")).await.unwrap();

    // The decision was made once, and appended twice with the same ids; the log holds it once.
    assert_eq!((executed.attempts, executed.repeated), (1, false));
    let ids = ids(&app);
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    let log = log(app.store()).await.unwrap();
    assert_eq!(log.len(), 2);
    assert_eq!(executed.events, [log[1].clone()]);
    assert_eq!(executed.state.0, Seats { capacity: 5, taken: 1 });
}

#[tokio::test]
async fn a_lost_request_is_sent_again() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    app.store().script([Step::LoseRequest, Step::LoseRequest]);

    let executed = app.execute(enrol("maths", "ada")).await.unwrap();

    assert_eq!(executed.positions().collect::<Vec<_>>(), [Position::new(2)]);
    assert_eq!(executed.events, [log(app.store()).await.unwrap()[1].clone()]);
}

#[tokio::test]
async fn a_lost_request_that_a_rival_overtakes_is_decided_again() {
    let app = scripted();
    app.execute(define("maths", 1)).await.unwrap();
    app.store().take_appends();
    app.store().script([Step::LoseRequest, rival(enrolled("maths", "bob"))]);

    let error = app.execute(enrol("maths", "ada")).await.unwrap_err();

    assert_eq!(error.domain(), Some(&CampusError::CourseFull));
    assert_eq!(app.store().take_appends().len(), 2);
}

#[tokio::test]
async fn an_outcome_that_stays_unknown_is_an_error_of_its_own() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    app.store().script([Step::LoseAnswer, Step::LoseRequest, Step::LoseRequest, Step::LoseRequest]);

    let error = app.execute(enrol("maths", "ada")).idempotency_key("ada-1").await.unwrap_err();
    let ExecuteError::UnknownOutcome(_) = &error else { panic!("{error:?}") };
    assert_eq!(error.to_string(), "the outcome of the append is unknown: the connection broke");

    // The same key tells what became of it.
    let executed = app.execute(enrol("maths", "ada")).idempotency_key("ada-1").await.unwrap();
    assert!(executed.repeated);
    assert_eq!(executed.positions().collect::<Vec<_>>(), [Position::new(2)]);
    assert_eq!(log(app.store()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_failure_behind_a_lost_answer_leaves_the_outcome_unknown() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    app.store().script([
        Step::LoseAnswer,
        Step::Fail(StoreErrorKind::Busy),
        Step::Fail(StoreErrorKind::Busy),
        Step::Fail(StoreErrorKind::Busy),
    ]);

    let error = app.execute(enrol("maths", "ada")).await.unwrap_err();

    // The events are in the log: "the store failed, nothing was appended" would be a lie.
    assert_eq!(log(app.store()).await.unwrap().len(), 2);
    assert!(matches!(error, ExecuteError::UnknownOutcome(_)), "{error:?}");
}

#[tokio::test]
async fn a_failure_of_the_store_is_passed_on() {
    let app = scripted();
    app.store().script([Step::Fail(StoreErrorKind::Full)]);

    let error = app.execute(define("maths", 5)).await.unwrap_err();

    let ExecuteError::Store(error) = &error else { panic!("{error:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Full);
    assert!(log(app.store()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_decision_without_events_appends_nothing() {
    let app = scripted();
    let leave = eskit_tests::campus::Leave { course: "maths".into(), student: "ada".into() };

    let executed = app.execute(leave).await.unwrap();

    assert!(executed.events.is_empty());
    assert!(app.store().take_appends().is_empty());
}
