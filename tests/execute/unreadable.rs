//! Events in the log that this program cannot read: never passed over in silence.

use eskit::codec::DecodeReason;
use eskit::log::{Append, ContentType, NewEvent, SchemaVersion, StreamId, Tags};
use eskit::prelude::*;
use eskit_tests::bank::{Account, BankError, DepositCount, Deposited, deposit, open_account};
use eskit_tests::campus::{Seats, define, defined};
use eskit_tests::scripted::{Scripted, Step, encode, log};

use crate::scripted;

fn in_account(event: NewEvent) -> NewEvent {
    event.with_stream(StreamId::new("account", "a"))
}

fn deposited() -> NewEvent {
    in_account(encode(Deposited { cents: 5 }).remove(0))
}

/// The error of a deposit into an account whose stream holds this event second.
async fn refusal(event: NewEvent) -> (App<Scripted>, ExecuteError<BankError>) {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.store().append(Append::new(vec![event])).await.unwrap();
    app.store().take_appends();
    let error = app.execute(deposit("a", 1)).await.unwrap_err();
    assert!(app.store().take_appends().is_empty(), "{error}");
    assert!(matches!(error, ExecuteError::Undecodable(_)), "{error:?}");
    (app, error)
}

#[tokio::test]
async fn an_unknown_event_in_a_stream_is_named() {
    let (app, error) = refusal(in_account(NewEvent::json("other.Surprise", "{}"))).await;
    let text = "event `other.Surprise` version 1 at position 2 is in a stream of `Account`, which does not evolve \
                it\nhelp: add an `#[evolve]` method, or skip such events with `#[aggregate(stream = \"..\", partial)]`";
    assert_eq!(error.to_string(), text);
    assert_eq!(app.load::<Account>("a").await.unwrap_err().to_string(), text);
    // The stated way to pass it over.
    assert_eq!(app.load::<DepositCount>("a").await.unwrap().version, 2);
}

#[tokio::test]
async fn an_event_of_the_program_that_the_aggregate_does_not_evolve_is_named() {
    let (_, error) = refusal(in_account(encode(defined("maths", 1)).remove(0))).await;
    assert!(error.to_string().starts_with("event `eskit-tests.CourseDefined` version 1 at position 2 is in a stream"));
}

#[tokio::test]
async fn a_version_newer_than_the_program_is_named() {
    let newer = deposited().with_schema_version(SchemaVersion::new(7).unwrap());
    let (_, error) = refusal(newer).await;
    assert_eq!(
        error.to_string(),
        "event `eskit-tests.Deposited` version 7 at position 2 is newer than version 1, the newest that this program \
         knows\nhelp: update the program"
    );
}

#[tokio::test]
async fn a_payload_that_does_not_fit_is_named() {
    let text = "event `eskit-tests.Deposited` version 1 at position 2 has a payload";
    for (payload, what) in [
        (&b"{\"cents\":-1}"[..], " that does not fit its type: invalid value: integer `-1`, expected u64"),
        (b"{}", " that does not fit its type: missing field `cents`"),
        (b"{\"cents\":1", " that does not fit its type: EOF"),
        (b"{\"cents\":1} x", " that does not fit its type: trailing characters"),
        (b"{\"cents\":\xff}", " that does not fit its type: invalid utf-8 sequence"),
    ] {
        let (_, error) = refusal(deposited().with_payload(payload.to_vec())).await;
        assert!(error.to_string().starts_with(&format!("{text}{what}")), "{error}");
    }
}

#[tokio::test]
async fn a_payload_of_another_format_is_named() {
    let (_, error) = refusal(deposited().with_content_type(ContentType::new("application/avro"))).await;
    assert_eq!(
        error.to_string(),
        "event `eskit-tests.Deposited` version 1 at position 2 has a payload of type `application/avro`, which this \
         program cannot decode"
    );
}

#[tokio::test]
async fn a_model_by_tag_reads_only_the_types_that_it_evolves() {
    let app = scripted();
    app.execute(define("maths", 3)).await.unwrap();
    let mut tags = Tags::new();
    tags.push("course", "maths");
    let unknown = NewEvent::json("other.Surprise", "{}").with_tags(tags.clone());
    app.store().append(Append::new(vec![unknown])).await.unwrap();
    assert_eq!(app.load::<Seats>("maths").await.unwrap().capacity, 3);

    // One of its own types that cannot be read is an error all the same.
    let newer = encode(defined("maths", 9)).remove(0).with_schema_version(SchemaVersion::new(2).unwrap());
    app.store().append(Append::new(vec![newer])).await.unwrap();
    let error = app.load::<Seats>("maths").await.unwrap_err();
    let eskit::LoadError::Undecodable(error) = error else { panic!("{error:?}") };
    assert!(matches!(error.reason, DecodeReason::NewerVersion { newest } if newest.get() == 1));
    assert_eq!((error.name.as_str(), error.position.get()), ("eskit-tests.CourseDefined", 3));
}

#[tokio::test]
async fn behind_a_lost_answer_it_leaves_the_outcome_unknown() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.store().script([Step::LoseAnswer]);
    // Appended by another program while the answer was on its way, before the events of the key are looked up again.
    let foreign = Append::new(vec![in_account(NewEvent::json("other.Surprise", "{}"))]);
    app.store().script_reads([None, None, Some(foreign)]);

    let text = "the outcome of the append is unknown: the new state cannot be read: event `other.Surprise` version 1 \
                at position 3 is in a stream of `Account`";
    // The first call appended, so neither it nor a later one may say that nothing was.
    for _ in 0..2 {
        let error = app.execute(deposit("a", 5)).idempotency_key("k").await.unwrap_err();
        assert!(matches!(error, ExecuteError::UnknownOutcome(_)), "{error:?}");
        assert!(error.to_string().starts_with(text), "{error}");
        assert_eq!((app.store().steps_left(), log(app.store()).await.unwrap().len()), (0, 3));
    }
}
