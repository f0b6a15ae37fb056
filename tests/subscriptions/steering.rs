//! Pause, resume, rebuild, stop, and futures that are dropped.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use eskit::log::Position;
use eskit::subscription::{Control, HandleError, Partition, State};

use crate::support::{FakeSleep, Log, Notes, Running, Stops, Watched, noted, options, settle, start, start_with};

async fn is(running: &Running, state: State) {
    running.control.watch(|health| (health.state == state).then_some(())).await;
}

#[tokio::test]
async fn a_paused_subscription_handles_nothing_and_keeps_its_claim() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    let running = start(&log, &views, &notes, options());
    running.reached(1_u64).await;
    running.control.pause();
    is(&running, State::Paused).await;
    log.note(2).await;
    settle().await;
    assert_eq!(notes.take_handed(), [1]);
    assert_eq!(running.control.health().state, State::Paused);
    let second = start(&log, &views, &notes, options());
    is(&second, State::Standby).await;
    second.stop().await;
    running.control.resume();
    running.reached(3_u64).await;
    assert_eq!(notes.take_handed(), [2, 3]);
    running.control.pause();
    running.stop().await;
}

#[tokio::test]
async fn a_subscription_that_was_paused_before_it_starts_handles_nothing() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    let control = Control::of::<Notes<Stops>>(Partition::WHOLE);
    control.pause();
    let running = start_with(control, FakeSleep::default(), &log, &views, &notes, options());
    is(&running, State::Paused).await;
    settle().await;
    assert!(notes.take_handed().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn a_rebuild_handles_everything_again_also_during_a_pause() {
    let (log, views, notes) = (Log::of(&[1, 2]).await, Watched::default(), Notes::<Stops>::new());
    let running = start(&log, &views, &notes, options());
    running.reached(3_u64).await;
    running.control.pause();
    is(&running, State::Paused).await;
    running.control.rebuild();
    settle().await;
    assert_eq!(
        (running.control.health().state, running.control.health().place.position),
        (State::Paused, Position::START)
    );
    assert!(noted::<Stops>(&views.views).is_empty());
    running.control.resume();
    running.reached(3_u64).await;
    running.stop().await;
    assert_eq!(notes.take_handed(), [1, 2, 3, 1, 2, 3]);
    assert_eq!(noted::<Stops>(&views.views), [1, 2, 3]);
}

/// A subscription that sleeps for ever after its first failure at an event.
async fn stuck() -> (Log, Watched, Arc<Notes<Stops>>, Running) {
    let (log, views, notes) = (Log::of(&[1, 1, 1]).await, Watched::default(), Notes::<Stops>::new());
    notes.fails_at(2);
    let sleep = FakeSleep::default();
    sleep.is_for_ever.store(true, Ordering::Relaxed);
    let control = Control::of::<Notes<Stops>>(Partition::WHOLE);
    let running = start_with(control, sleep, &log, &views, &notes, options());
    running.sleep.was_asked(1).await;
    (log, views, notes, running)
}

#[tokio::test]
async fn a_stop_ends_a_long_wait() {
    let (_, views, notes, running) = stuck().await;
    running.stop().await;
    assert_eq!(views.saved().await, 1);
    assert_eq!(notes.take_handed(), [1, 2, 1]);
}

#[tokio::test]
async fn a_rebuild_ends_a_long_wait() {
    let (_, views, notes, running) = stuck().await;
    notes.does(|_| Ok(()));
    notes.take_handed();
    running.control.rebuild();
    running.reached(3_u64).await;
    running.stop().await;
    assert_eq!(notes.take_handed(), [1, 2, 3]);
    assert_eq!(noted::<Stops>(&views.views), [1, 2, 3]);
}

#[tokio::test]
async fn a_pause_ends_a_long_wait_and_the_event_is_tried_again_afterwards() {
    let (_, _, notes, running) = stuck().await;
    running.control.pause();
    is(&running, State::Paused).await;
    notes.does(|_| Ok(()));
    notes.take_handed();
    running.control.resume();
    running.reached(3_u64).await;
    running.stop().await;
    assert_eq!(notes.take_handed(), [2, 3]);
}

#[tokio::test]
async fn a_stop_ends_the_wait_after_a_failure_of_the_log() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    log.failing_watches.store(1, Ordering::Relaxed);
    let sleep = FakeSleep::default();
    sleep.is_for_ever.store(true, Ordering::Relaxed);
    let control = Control::of::<Notes<Stops>>(Partition::WHOLE);
    let running = start_with(control, sleep, &log, &views, &notes, options());
    running.sleep.was_asked(1).await;
    running.stop().await;
}

#[tokio::test]
async fn a_future_that_is_dropped_is_told_and_leaves_the_claim_free() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    let running = start(&log, &views, &notes, options());
    running.reached(1_u64).await;
    running.task.abort();
    assert!(running.task.await.unwrap_err().is_cancelled());
    assert_eq!(running.control.health().state, State::Stopped);
    assert!(running.control.reached(Position::new(2)).await.is_err());
    let next = start(&log, &views, &notes, options());
    next.reached(1_u64).await;
    next.stop().await;
}

#[tokio::test]
async fn it_says_when_it_has_caught_up() {
    let (log, views, notes) = (Log::of(&[1, 1, 1, 1, 1]).await, Watched::default(), Notes::<Stops>::new());
    let mut options = options();
    options.page = 2;
    let calls = || notes.caught_up.load(Ordering::Relaxed);
    let running = start(&log, &views, &notes, options);
    running.reached(5_u64).await;
    settle().await;
    assert_eq!(calls(), 1);
    // Not behind by more than a page.
    log.note(1).await;
    running.reached(6_u64).await;
    settle().await;
    assert_eq!(calls(), 1);
    running.control.pause();
    is(&running, State::Paused).await;
    for _ in 0..5 {
        log.note(1).await;
    }
    running.control.resume();
    running.reached(11_u64).await;
    settle().await;
    assert_eq!(calls(), 2);
    running.control.rebuild();
    settle().await;
    running.reached(11_u64).await;
    settle().await;
    assert_eq!(calls(), 3);
    running.stop().await;
}

#[tokio::test]
async fn a_panic_when_it_has_caught_up_ends_it_with_its_text_and_frees_the_claim() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    notes.panics_when_caught_up.store(true, Ordering::Relaxed);
    let error = start(&log, &views, &notes, options()).failure().await;
    assert_eq!(error.to_string(), "the subscription panicked: caught up with a panic");
    notes.panics_when_caught_up.store(false, Ordering::Relaxed);
    let next = start(&log, &views, &notes, options());
    is(&next, State::Live).await;
    next.stop().await;
}

#[tokio::test]
async fn of_two_one_handles_and_the_other_takes_over() {
    let (log, views) = (Log::of(&[1]).await, Watched::default());
    let (first_notes, second_notes) = (Notes::<Stops>::new(), Notes::<Stops>::new());
    let first = start(&log, &views, &first_notes, options());
    first.reached(1_u64).await;
    let second = start(&log, &views, &second_notes, options());
    is(&second, State::Standby).await;
    log.note(1).await;
    second.reached(2_u64).await;
    first.stop().await;
    log.note(1).await;
    second.reached(3_u64).await;
    second.stop().await;
    assert_eq!((first_notes.take_handed(), second_notes.take_handed()), (vec![1, 2], vec![3]));
}

#[tokio::test]
async fn after_a_failure_of_the_whole_page_the_claim_is_free() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    notes.does(|_| Err(HandleError::new("no seats left")));
    let error = start(&log, &views, &notes, options()).failure().await;
    assert!(error.to_string().contains("no seats left"));
    let second = start(&log, &views, &Notes::<Stops>::new(), options());
    second.reached(1_u64).await;
    assert_ne!(second.control.health().state, State::Standby);
    second.stop().await;
}
