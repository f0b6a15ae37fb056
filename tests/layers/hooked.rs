use std::sync::{Arc, Mutex};

use eskit::layer::Hooked;
use eskit::log::{
    Append, AppendError, ContentType, EventId, NewEvent, SchemaVersion, StoreErrorKind, StreamId, Tag, Tags,
};
use eskit::prelude::*;
use eskit::{Metadata, StoreError, Timestamp};
use eskit_tests::campus::{Seats, define, enrol};
use eskit_tests::scripted::{Scripted, Step, log};

use super::one;

#[tokio::test]
async fn functions_run_in_order_around_the_append() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let [first, second, third, fourth] = [(); 4].map(|()| Arc::clone(&seen));
    let store = Hooked::new(MemoryStore::new())
        .before_append(move |append| {
            first.lock().unwrap().push(format!("before {}", append.events.len()));
            Ok(())
        })
        .before_append(move |_| {
            second.lock().unwrap().push("before".to_owned());
            Ok(())
        })
        .after_append(move |events| third.lock().unwrap().push(format!("{} at {}", events[0].name, events[0].position)))
        .after_append(move |events| fourth.lock().unwrap().push(format!("after {}", events.len())));

    let app = App::new(store);
    app.execute(define("maths", 3)).await.unwrap();

    let expected = ["before 1", "before", "eskit-tests.CourseDefined at 1", "after 1"];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn what_is_recorded_is_what_the_functions_saw() {
    let recorded = Arc::new(Mutex::new(Vec::new()));
    let after = Arc::clone(&recorded);
    let store = Hooked::new(MemoryStore::new())
        .before_append(|append| {
            for event in &mut append.events {
                event.metadata = Metadata::new().with_correlation_id("c-1");
            }
            Ok(())
        })
        .after_append(move |events| after.lock().unwrap().extend(events.to_vec()));

    store.append(one()).await.unwrap();

    let log = log(&store).await.unwrap();
    assert_eq!(log[0].metadata.correlation_id(), Some("c-1"));
    assert_eq!(*recorded.lock().unwrap(), log);
}

#[tokio::test]
async fn a_command_answers_with_the_events_as_a_function_changed_them() {
    let inner = Hooked::new(MemoryStore::new()).before_append(|append| {
        append.events.iter_mut().for_each(|event| event.metadata = Metadata::new().with("host", "h-1"));
        Ok(())
    });
    let announced = Arc::new(Mutex::new(Vec::new()));
    let after = Arc::clone(&announced);
    let store = Hooked::new(inner)
        .before_append(|append| {
            append.events.iter_mut().for_each(|event| event.tags.push("student", "eve"));
            append.events.iter_mut().for_each(|event| event.recorded_at = Some(Timestamp::from_micros(7)));
            Ok(())
        })
        .after_append(move |events| after.lock().unwrap().extend(events.to_vec()));
    let app = App::new(store);

    let executed = app.execute(define("maths", 3)).await.unwrap();

    let log = log(app.store()).await.unwrap();
    let (event, tags) = (&log[0], log[0].tags.values("student").collect::<Vec<_>>());
    assert_eq!((event.metadata.get("host"), event.recorded_at.as_micros(), tags), (Some("h-1"), 7, vec!["eve"]));
    assert_eq!(executed.events, log);
    assert_eq!(*announced.lock().unwrap(), log);
}

#[tokio::test]
async fn a_command_answers_with_the_state_that_a_read_would_find() {
    let store = Hooked::new(MemoryStore::new()).before_append(|append| {
        append.events.iter_mut().for_each(|event| event.tags = Tags::from_iter([Tag::new("course", "art")]));
        Ok(())
    });
    let app = App::new(store);

    let executed = app.execute(define("maths", 3)).await.unwrap();

    assert_eq!(executed.state, Seats::default());
    assert_eq!(executed.state, app.load::<Seats>("maths").await.unwrap().state);
}

#[tokio::test]
async fn what_was_decided_is_not_changed() {
    fn changed(hook: impl Fn(&mut Append) + Send + Sync + 'static) -> Hooked<MemoryStore> {
        Hooked::new(MemoryStore::new()).before_append(move |append| {
            hook(append);
            Ok(())
        })
    }
    let cases = [
        (
            "the number of events from 1 to 2",
            changed(|append| append.events.push(NewEvent::json("test.Audited", "{}"))),
        ),
        ("the number of events from 1 to 0", changed(|append| append.events.clear())),
        ("the id of", changed(|append| append.events[0].id = EventId::new())),
        ("the name of", changed(|append| append.events[0].name = "test.Other".into())),
        ("the schema version of", changed(|append| append.events[0].schema_version = SchemaVersion::new(2).unwrap())),
        ("the stream of", changed(|append| append.events[0].stream = Some(StreamId::new("course", "maths")))),
        ("the content type of", changed(|append| append.events[0].content_type = ContentType::new("text/plain"))),
        ("the payload of", changed(|append| append.events[0].payload.clear())),
    ];
    for (text, store) in cases {
        let app = App::new(store);
        let error = app.execute(define("maths", 3)).await.unwrap_err();
        let ExecuteError::Store(error) = error else { panic!("{error:?}") };
        assert_eq!(error.kind(), StoreErrorKind::Refused);
        assert!(error.to_string().starts_with(&format!("a `before_append` function changed {text}")), "{error}");
        assert!(log(app.store()).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_refusal_writes_nothing_and_reaches_the_caller() {
    let store = Hooked::new(MemoryStore::new())
        .before_append(|append| match append.events.iter().find(|event| event.name.as_str().ends_with("Enrolled")) {
            Some(event) => Err(StoreError::new(StoreErrorKind::Refused, format!("no `{}` today", event.name)).into()),
            None => Ok(()),
        })
        .before_append(|append| {
            assert!(!append.events[0].name.as_str().ends_with("Enrolled"), "called behind a refusal");
            Ok(())
        });
    let app = App::new(store);
    app.execute(define("maths", 3)).await.unwrap();

    let error = app.execute(enrol("maths", "ada")).await.unwrap_err();

    assert_eq!(error.to_string(), "no `eskit-tests.StudentEnrolled` today");
    let ExecuteError::Store(error) = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert_eq!(log(app.store()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_what_was_recorded_is_announced_a_repeat_too() {
    let count = Arc::new(Mutex::new(0));
    let after = Arc::clone(&count);
    let inner = Scripted::new();
    inner.script([Step::Fail(StoreErrorKind::Full), Step::LoseAnswer]);
    let store = Hooked::new(inner).after_append(move |_| *after.lock().unwrap() += 1);
    let append = one();

    assert!(matches!(store.append(append.clone()).await, Err(AppendError::Store(_))));
    assert!(matches!(store.append(append.clone()).await, Err(AppendError::UnknownOutcome(_))));
    assert_eq!(*count.lock().unwrap(), 0);
    assert!(store.append(append).await.unwrap().repeated);
    assert_eq!(*count.lock().unwrap(), 1);
}

/// The key is found by a read: `after_append` says so, and where to listen instead.
#[tokio::test]
async fn a_command_that_is_found_by_its_key_is_not_announced() {
    let count = Arc::new(Mutex::new(0));
    let after = Arc::clone(&count);
    let app = App::new(Hooked::new(MemoryStore::new()).after_append(move |_| *after.lock().unwrap() += 1));
    for repeated in [false, true] {
        let executed = app.execute(define("maths", 3)).idempotency_key("k").await.unwrap();
        assert_eq!((executed.repeated, *count.lock().unwrap()), (repeated, 1));
    }
}
