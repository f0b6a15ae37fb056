//! A model changes between the decision and the append.

use eskit::RetryPolicy;
use eskit::log::{ConflictKind, ExpectedVersion, Position};
use eskit::prelude::*;
use eskit_tests::bank::{Account, BankError, Deposited, deposit, open_account, opened, send};
use eskit_tests::campus::{CampusError, Seats, define, defined, enrol, enrolled};
use eskit_tests::scripted::{Step, encode, log, names, rival};

use crate::scripted;

#[tokio::test]
async fn the_decision_is_made_again_on_the_new_state() {
    let app = scripted();
    app.execute(define("maths", 2)).await.unwrap();
    app.store().script([rival(enrolled("maths", "bob"))]);

    let executed = app.execute(enrol("maths", "ada")).await.unwrap();

    assert_eq!(executed.attempts, 2);
    assert!(!executed.repeated);
    assert_eq!(executed.positions().collect::<Vec<_>>(), [Position::new(3)]);
    assert_eq!(executed.state.0, Seats { capacity: 2, taken: 2 });
    assert_eq!(names(&log(app.store()).await.unwrap()), ["CourseDefined", "StudentEnrolled", "StudentEnrolled"]);
}

#[tokio::test]
async fn the_new_state_may_lead_to_a_refusal() {
    let app = scripted();
    app.execute(define("maths", 1)).await.unwrap();
    app.store().script([rival(enrolled("maths", "bob"))]);

    let error = app.execute(enrol("maths", "ada")).await.unwrap_err();

    assert_eq!(error.domain(), Some(&CampusError::CourseFull));
    assert_eq!(app.load::<Seats>("maths").await.unwrap().taken, 1);
}

#[tokio::test]
async fn each_model_of_a_decision_guards_its_append() {
    // The rival takes a seat, or fills the student's schedule elsewhere, or enrols the same student: one model each.
    for (rival_event, attempts) in
        [(enrolled("maths", "bob"), 2), (enrolled("art", "ada"), 2), (enrolled("art", "bob"), 1)]
    {
        let app = scripted();
        app.execute(define("maths", 5)).await.unwrap();
        app.store().script([rival(rival_event.clone())]);
        let executed = app.execute(enrol("maths", "ada")).await.unwrap();
        assert_eq!(executed.attempts, attempts, "{rival_event:?}");
    }
}

#[tokio::test]
async fn an_event_type_that_no_model_evolves_is_no_conflict() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    // It carries the student's tag, but `Schedule` does not evolve it.
    let mut unrelated = encode(defined("art", 1));
    unrelated[0].tags.push("student", "ada");
    app.store().script([Step::Rival(eskit::log::Append::new(unrelated))]);

    assert_eq!(app.execute(enrol("maths", "ada")).await.unwrap().attempts, 1);
}

#[tokio::test]
async fn retries_are_bounded_and_the_error_names_the_event() {
    let app = scripted();
    app.execute(define("maths", 50)).await.unwrap();
    app.store().script((0..4).map(|n| rival(enrolled("maths", &format!("rival-{n}")))));

    let error = app.execute(enrol("maths", "ada")).await.unwrap_err();

    let ExecuteError::Conflict { conflict, attempts } = &error else { panic!("{error:?}") };
    assert_eq!(*attempts, 4);
    assert_eq!(conflict.kind, ConflictKind::Query { after: Position::new(4) });
    let event = conflict.event.as_ref().unwrap();
    assert_eq!((event.position, event.name.as_str()), (Position::new(5), "eskit-tests.StudentEnrolled"));
    assert_eq!(
        error.to_string(),
        "conflict after 4 attempts: an event after position 4 matches the append condition: \
         `eskit-tests.StudentEnrolled` at position 5"
    );
    assert_eq!(app.load::<Seats>("maths").await.unwrap().taken, 4);
}

#[tokio::test]
async fn one_try_leaves_the_conflict_to_the_caller() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    app.store().script([rival(enrolled("maths", "bob"))]);

    let error = app.execute(enrol("maths", "ada")).retry(RetryPolicy::never()).await.unwrap_err();

    assert!(matches!(error, ExecuteError::Conflict { attempts: 1, .. }), "{error:?}");
}

#[tokio::test]
async fn without_condition_the_decision_stands() {
    let app = scripted();
    app.execute(define("maths", 1)).await.unwrap();
    app.store().script([rival(enrolled("maths", "bob"))]);

    let executed = app.execute(enrol("maths", "ada")).without_condition().await.unwrap();

    assert_eq!(executed.attempts, 1);
    assert_eq!(app.load::<Seats>("maths").await.unwrap().taken, 2);
    assert!(app.store().take_appends().last().unwrap().conditions.is_empty());
}

#[tokio::test]
async fn a_stream_conflict_names_the_stream_and_both_versions() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    let mut event = encode(Deposited { cents: 5 });
    event[0].stream = Some(eskit::log::StreamId::new("account", "a"));
    app.store().script([Step::Rival(eskit::log::Append::new(event))]);

    let error = app.execute(deposit("a", 7)).retry(RetryPolicy::never()).await.unwrap_err();

    let ExecuteError::Conflict { conflict, .. } = &error else { panic!("{error:?}") };
    let ConflictKind::Stream { stream, expected, found } = &conflict.kind else { panic!("{conflict:?}") };
    assert_eq!((stream.to_string().as_str(), *expected, *found), ("account:a", ExpectedVersion::Exact(1), 2));
    assert_eq!(
        error.to_string(),
        "conflict: stream `account:a` is at version 2, expected version 1: `eskit-tests.Deposited` at position 2"
    );
}

#[tokio::test]
async fn both_streams_of_a_transfer_are_guarded() {
    for account in ["a", "b"] {
        let app = scripted();
        app.execute(open_account("a", "ada")).await.unwrap();
        app.execute(open_account("b", "bob")).await.unwrap();
        app.execute(deposit("a", 100)).await.unwrap();
        let mut event = encode(Deposited { cents: 5 });
        event[0].stream = Some(eskit::log::StreamId::new("account", account));
        app.store().script([Step::Rival(eskit::log::Append::new(event))]);

        let executed = app.execute(send("a", "b", 60)).await.unwrap();

        assert_eq!(executed.attempts, 2, "{account}");
        let total = app.load::<Account>("a").await.unwrap().cents + app.load::<Account>("b").await.unwrap().cents;
        assert_eq!(total, 105, "{account}");
    }
}

#[tokio::test]
async fn a_stream_and_a_tag_guard_one_append_together() {
    // Ada opens two other accounts while the decision on a third is made: the portfolio is a model by tag.
    let app = scripted();
    let mut others = encode((opened("x", "ada"), opened("y", "ada")));
    for event in &mut others {
        let account = event.tags.values("account").next().unwrap().to_owned();
        event.stream = Some(eskit::log::StreamId::new("account", account));
    }
    app.store().script([Step::Rival(eskit::log::Append::new(others))]);

    let error = app.execute(open_account("a", "ada")).await.unwrap_err();

    assert_eq!(error.domain(), Some(&BankError::TooMany));
    assert_eq!(app.store().steps_left(), 0);
}
