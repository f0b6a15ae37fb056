//! The options of a call.

use eskit::Timestamp;
use eskit::log::{ConflictKind, ExpectedVersion, Principal, PrincipalKind, StreamChange, StreamId};
use eskit::prelude::*;
use eskit_tests::bank::{Account, Deposited, deposit, open_account, send};
use eskit_tests::campus::{define, enrol};
use eskit_tests::scripted::{Step, encode, log};

use crate::scripted;

#[tokio::test]
async fn an_expected_version_that_holds_goes_through() {
    let app = scripted();
    for (command, version) in [
        (open_account("a", "ada"), ExpectedVersion::NoStream),
        (open_account("b", "ada"), ExpectedVersion::Exact(0)),
        (open_account("c", "bob"), ExpectedVersion::Any),
    ] {
        app.execute(command).expected_version(version).await.unwrap();
    }
    let executed = app.execute(deposit("a", 5)).expected_version(ExpectedVersion::Exact(1)).await.unwrap();
    assert_eq!(executed.events[0].stream.as_ref().unwrap().version, 2);
    app.execute(deposit("a", 5)).expected_version(ExpectedVersion::Any).await.unwrap();
}

#[tokio::test]
async fn another_version_than_expected_is_a_conflict() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.store().take_appends();
    for version in [ExpectedVersion::NoStream, ExpectedVersion::Exact(0), ExpectedVersion::Exact(2)] {
        let error = app.execute(deposit("a", 5)).expected_version(version).await.unwrap_err();
        let ExecuteError::Conflict { conflict, attempts: 1 } = &error else { panic!("{error:?}") };
        let ConflictKind::Stream { stream, expected, found } = &conflict.kind else { panic!("{conflict:?}") };
        assert_eq!((stream, *expected, *found), (&StreamId::new("account", "a"), version, 1));
    }
    assert!(app.store().take_appends().is_empty());
}

#[tokio::test]
async fn an_expected_version_is_not_tried_again() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    let mut event = encode(Deposited { cents: 5 });
    event[0].stream = Some(StreamId::new("account", "a"));
    app.store().script([Step::Rival(eskit::log::Append::new(event))]);
    app.store().take_appends();

    let error = app.execute(deposit("a", 7)).expected_version(ExpectedVersion::Exact(1)).await.unwrap_err();

    let ExecuteError::Conflict { conflict, attempts: 1 } = &error else { panic!("{error:?}") };
    // It is the append that failed, not a second look at the stream: the store names the event.
    assert_eq!(conflict.event.as_ref().unwrap().position.get(), 2);
    assert_eq!(app.store().take_appends().len(), 1);
}

/// To the decider the stream holds no event, while its version is still 1: neither can be expected.
#[tokio::test]
async fn no_version_of_a_deleted_stream_is_as_expected() {
    for app in [scripted(), scripted().with_state_cache::<Account>(9)] {
        let stream = StreamId::new("account", "a");
        app.execute(open_account("a", "ada")).await.unwrap();
        app.store().change_stream(&stream, StreamChange::delete("asked for")).await.unwrap();
        for version in [ExpectedVersion::Exact(1), ExpectedVersion::Exact(2), ExpectedVersion::NoStream] {
            let error = app.execute(open_account("a", "ada")).expected_version(version).await.unwrap_err();
            let ExecuteError::StreamClosed(closed) = &error else { panic!("{version}: {error:?}") };
            assert_eq!((&closed.stream, closed.status.is_deleted()), (&stream, true));
            let keyed = app.execute(open_account("a", "ada")).expected_version(version).idempotency_key("k");
            assert!(matches!(keyed.await.unwrap_err(), ExecuteError::StreamClosed(_)), "{version}");
        }
    }
}

#[tokio::test]
async fn a_version_of_a_stream_that_never_was_is_a_conflict() {
    let app = scripted();
    let error = app.execute(deposit("a", 5)).expected_version(ExpectedVersion::Exact(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "conflict: stream `account:a` is at version 0, expected version 1");
}

#[tokio::test]
async fn an_expected_version_needs_exactly_one_stream() {
    let app = scripted();
    let text = |command, streams| {
        format!(
            "`expected_version` needs exactly one stream, but `{command}` is decided on {streams}\nhelp: leave it out: \
             the append is under conditions on all that the decision read"
        )
    };
    let tags = app.execute(define("maths", 1)).expected_version(ExpectedVersion::NoStream).await.unwrap_err();
    assert_eq!(tags.to_string(), text("DefineCourse", 0));
    let streams = app.execute(send("a", "b", 1)).expected_version(ExpectedVersion::NoStream).await.unwrap_err();
    assert_eq!(streams.to_string(), text("Transfer", 2));
    let both = app.execute(deposit("a", 1)).expected_version(ExpectedVersion::Any).without_condition();
    assert_eq!(
        both.await.unwrap_err().to_string(),
        "`expected_version` and `without_condition` exclude each other\nhelp: leave one of them out"
    );
}

#[tokio::test]
async fn metadata_and_time_reach_every_event() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.execute(open_account("b", "bob")).await.unwrap();
    app.execute(deposit("a", 9)).await.unwrap();
    let metadata = Metadata::new()
        .with_correlation_id("request-1")
        .with_causation_id("click-1")
        .with_initiator(Principal::new(PrincipalKind::User, "ada"))
        .with_originator(Principal::new(PrincipalKind::Api, "web"))
        .with("tenant", "t1");
    let time = Timestamp::from_micros(1_317_422_324_546_000);

    let executed = app.execute(send("a", "b", 4)).metadata(metadata.clone()).recorded_at(time).await.unwrap();

    let recorded = log(app.store()).await.unwrap().split_off(3);
    assert_eq!(executed.events, recorded);
    assert_eq!(recorded.len(), 2);
    for event in &recorded {
        assert_eq!(event.metadata, metadata);
        assert_eq!(event.recorded_at, time);
    }
}

#[tokio::test]
async fn an_event_without_a_time_gets_that_of_the_append() {
    let app = scripted();
    let before = Timestamp::now();
    app.execute(define("maths", 3)).await.unwrap();
    let executed = app.execute(enrol("maths", "ada")).await.unwrap();
    let recorded = log(app.store()).await.unwrap();
    assert!(executed.events[0].metadata.is_empty());
    assert_eq!(executed.events[0].recorded_at, recorded[1].recorded_at);
    assert!(recorded.iter().all(|event| (before..=Timestamp::now()).contains(&event.recorded_at)));
}
