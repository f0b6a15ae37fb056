//! Handlers, views and logs that fail.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eskit::Event;
use eskit::log::StoreErrorKind;
use eskit::subscription::{HandleError, State, SubscriptionError};
use serde::{Deserialize, Serialize};

use crate::support::{Log, Notes, Parks, Skips, Stops, Watched, noted, options, start};

#[tokio::test]
async fn an_event_is_tried_as_often_as_the_policy_says_and_the_subscription_stops_before_it() {
    let (log, views, notes) = (Log::of(&[1, 1, 1, 1, 1]).await, Watched::default(), Notes::<Stops>::new());
    notes.fails_at(3);
    let running = start(&log, &views, &notes, options());
    let (control, sleep) = (running.control.clone(), running.sleep.clone());
    let error = running.failure().await;
    let told = "the handler of `test.Noted` at position 3 failed at each of 5 tries: no seats left";
    assert_eq!(error.to_string(), told);
    assert_eq!(notes.take_handed(), [1, 2, 3, 1, 2, 3, 3, 3, 3]);
    assert_eq!(views.take_committed(), [(vec![1, 2], 2)]);
    let waits = sleep.asked();
    assert_eq!(waits.len(), 4, "{waits:?}");
    for (wait, longest) in waits.iter().zip([100, 200, 400, 800]) {
        assert!(*wait <= Duration::from_millis(longest), "{waits:?}");
    }
    let health = control.health();
    assert_eq!((health.state, health.error.as_deref()), (State::Failed, Some(told)));
    assert_eq!((health.place.position.get(), health.handled), (2, 2));

    // The next start begins with it.
    let running = start(&log, &views, &notes, options());
    assert!(matches!(running.failure().await, SubscriptionError::Handler { attempts: 5, .. }));
    assert_eq!(notes.take_handed(), [3, 3, 3, 3, 3]);
    notes.does(|_| Ok(()));
    let running = start(&log, &views, &notes, options());
    running.reached(5_u64).await;
    running.stop().await;
    assert_eq!(notes.take_handed(), [3, 4, 5]);
    assert_eq!(views.saved().await, 5);
}

#[tokio::test]
async fn an_event_that_is_tried_once_fails_at_its_first_try() {
    let (log, views, notes) = (Log::of(&[1, 1]).await, Watched::default(), Notes::<Stops>::new());
    notes.fails_at(2);
    let mut options = options();
    options.retry.attempts = 1;
    let error = start(&log, &views, &notes, options).failure().await;
    let told = "the handler of `test.Noted` at position 2 failed: no seats left";
    assert_eq!(error.to_string(), told);
    assert_eq!(notes.take_handed(), [1, 2, 1]);
    assert_eq!(views.saved().await, 1);
}

#[tokio::test]
async fn a_failure_that_passes_leaves_no_trace() {
    let (log, views, notes) = (Log::of(&[1, 2, 1]).await, Watched::default(), Notes::<Stops>::new());
    let tries = AtomicU32::new(0);
    notes.does(move |event| match event.position.get() {
        2 if tries.fetch_add(1, Ordering::Relaxed) < 3 => panic!("a handler that panics"),
        _ => Ok(()),
    });
    let running = start(&log, &views, &notes, options());
    running.reached(4_u64).await;
    let health = running.control.health();
    assert_eq!((health.state, health.error, health.handled), (State::Live, None, 4));
    running.stop().await;
    assert_eq!(views.take_committed(), [(vec![1], 1), (vec![2, 3], 3), (vec![4], 4)]);
}

#[derive(Serialize, Deserialize, Event)]
#[event(name = "test.Noted")]
struct WithText {
    text: String,
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_not_tried_again() {
    let (log, views, notes) = (Log::of(&[1, 1]).await, Watched::default(), Notes::<Stops>::new());
    notes.does(|event| match event.decode::<WithText>() {
        Ok(event) => panic!("it was read: {}", event.text),
        Err(error) => Err(HandleError::from(error)),
    });
    let error = start(&log, &views, &notes, options()).failure().await;
    assert!(matches!(error, SubscriptionError::Handler { attempts: 1, .. }), "{error}");
    assert_eq!(notes.take_handed(), [1]);
}

#[tokio::test]
async fn what_fails_is_skipped() {
    let (log, views, notes) = (Log::of(&[1, 3, 1]).await, Watched::default(), Notes::<Skips>::new());
    notes.does(|event| match event.position.get() {
        2 | 4 => Err(HandleError::new("no seats left")),
        _ => Ok(()),
    });
    let running = start(&log, &views, &notes, options());
    running.reached(5_u64).await;
    let health = running.control.health();
    assert_eq!((health.state, health.given_up, health.handled), (State::Live, 2, 3));
    running.stop().await;
    assert_eq!(noted::<Skips>(&views.views), [1, 3, 5]);
    let handed = notes.take_handed();
    let tries = |position| handed.iter().filter(|handed| **handed == position).count();
    assert_eq!((tries(2), tries(4)), (5, 5), "{handed:?}");
}

#[tokio::test]
async fn what_fails_is_parked_and_its_key_waits() {
    // Outside of every stream, all events have one key.
    let (log, views, notes) = (Log::of(&[1, 1, 1]).await, Watched::default(), Notes::<Parks>::new());
    notes.fails_at(2);
    let running = start(&log, &views, &notes, options());
    running.reached(3_u64).await;
    assert_eq!(running.control.health().given_up, 1);
    running.stop().await;
    assert_eq!(noted::<Parks>(&views.views), [1]);
    let parked = eskit::subscription::Views::parked(&views, "notes", 1).await.unwrap();
    let parked: Vec<_> = parked.iter().map(|parked| (parked.position.get(), parked.attempts, &*parked.text)).collect();
    assert_eq!(parked, [(2, 5, "no seats left"), (3, 0, "")]);
}

#[tokio::test]
async fn two_events_of_an_append_that_fail_in_turn_do_not_go_on_for_ever() {
    let (log, views, notes) = (Log::of(&[2]).await, Watched::default(), Notes::<Stops>::new());
    let calls = AtomicU32::new(0);
    notes.does(move |event| match event.position.get() {
        1 if calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => Err(HandleError::new("the first")),
        1 => Ok(()),
        _ => Err(HandleError::new("the second")),
    });
    let error = start(&log, &views, &notes, options()).failure().await;
    assert!(matches!(error, SubscriptionError::Handler { attempts: 5, .. }), "{error}");
}

#[tokio::test]
async fn views_that_fail_are_tried_again_with_waits_that_grow_and_then_go_on() {
    let (log, views, notes) = (Log::of(&[1, 1]).await, Watched::default(), Notes::<Stops>::new());
    *views.failures.lock().unwrap() = vec![StoreErrorKind::Unavailable; 12].into();
    let running = start(&log, &views, &notes, options());
    running.reached(2_u64).await;
    let waits = running.sleep.asked();
    assert_eq!(waits.len(), 12, "{waits:?}");
    // Drawn between nothing and 50 ms, 100 ms, 200 ms and so on.
    assert!(waits.iter().max() > Some(&Duration::from_secs(2)), "the waits do not grow: {waits:?}");
    running.stop().await;
    assert_eq!(views.take_committed(), [(vec![1, 2], 2)]);
}

#[tokio::test]
async fn views_whose_failure_stays_end_the_subscription() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    views.failures.lock().unwrap().push_back(StoreErrorKind::Corrupt);
    let running = start(&log, &views, &notes, options());
    let control = running.control.clone();
    assert_eq!(running.failure().await.to_string(), "no route to the views");
    assert_eq!(control.health().state, State::Failed);
}

#[tokio::test]
async fn a_log_that_cannot_be_watched_for_a_while_is_followed_again() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    log.failing_watches.store(12, Ordering::Relaxed);
    let running = start(&log, &views, &notes, options());
    running.sleep.was_asked(12).await;
    let waits = running.sleep.asked();
    assert!(waits.iter().max() > Some(&Duration::from_secs(2)), "the waits do not grow: {waits:?}");
    log.note(1).await;
    running.reached(2_u64).await;
    assert_eq!(running.sleep.asked().len(), 12);
    running.stop().await;
    assert_eq!(notes.take_handed(), [1, 2]);
}
