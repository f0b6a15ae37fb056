//! Where a subscription begins, and logs that are not the one of the checkpoint.

use eskit::MemoryStore;
use eskit::log::{Place, Position};
use eskit::subscription::{Control, Partition, Start, SubscriptionError};

use crate::support::{FakeSleep, Log, Notes, Stops, TakesAll, TakesMore, Watched, noted, options, start, start_with};

/// A log of four events, all of which were handled, and one with the same id and another history of so many events.
async fn handled(others: usize) -> (Log, Watched, MemoryStore) {
    let (log, views, notes) = (Log::default(), Watched::default(), Notes::<Stops>::new());
    let other = Log { store: log.store.backup(), ..Log::default() };
    for _ in 0..others {
        other.note(1).await;
    }
    for count in [1, 1, 2] {
        log.note(count).await;
    }
    let running = start(&log, &views, &notes, options());
    running.reached(4_u64).await;
    running.stop().await;
    (log, views, other.store)
}

/// Builds the read model anew, from this log.
async fn rebuilt(log: &Log, views: &Watched) {
    let control = Control::of::<Notes<Stops>>(Partition::WHOLE);
    control.rebuild();
    let notes = Notes::<Stops>::new();
    let running = start_with(control, FakeSleep::default(), log, views, &notes, options());
    let head = log.head().await.get();
    running.control.watch(|health| (health.handled >= head).then_some(())).await;
    running.stop().await;
    assert_eq!(notes.take_handed(), (1..=head).collect::<Vec<_>>());
    assert_eq!(noted::<Stops>(&views.views), (1..=head).collect::<Vec<_>>());
    assert_eq!(views.saved().await, head);
}

#[tokio::test]
async fn a_log_that_ends_before_the_checkpoint_is_named() {
    let (log, views, other) = handled(1).await;
    log.store.restore(&other);
    let notes = Notes::<Stops>::new();
    let error = start(&log, &views, &notes, options()).failure().await;
    assert!(matches!(error, SubscriptionError::CheckpointAhead { .. }), "{error:?}");
    let told = "the checkpoint is at position 4, but the log ends at 1\nhelp: most likely a backup of the log was restored; build \
                the read model anew: with `with_rebuild` before `start`, or `rebuild` while the app runs";
    assert_eq!(error.to_string(), told);
    assert!(notes.take_handed().is_empty());
    assert_eq!(views.saved().await, 4);
    rebuilt(&log, &views).await;
}

#[tokio::test]
async fn a_log_with_another_event_at_the_checkpoint_is_named() {
    let (log, views, other) = handled(6).await;
    log.store.restore(&other);
    let notes = Notes::<Stops>::new();
    let error = start(&log, &views, &notes, options()).failure().await;
    assert!(matches!(error, SubscriptionError::LogReplaced { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with("the log no longer holds the event of the checkpoint, 4@"), "{text}");
    assert!(
        text.ends_with(
            "\nhelp: most likely a backup of the log was restored; build the read model anew: with `with_rebuild` before `start`, or `rebuild` while the app runs"
        )
    );
    assert!(notes.take_handed().is_empty());
    rebuilt(&log, &views).await;
}

#[tokio::test]
async fn a_log_that_is_replaced_while_it_is_followed_is_named() {
    let (log, views, other) = handled(2).await;
    let notes = Notes::<Stops>::new();
    let running = start(&log, &views, &notes, options());
    running.reached(4_u64).await;
    log.store.restore(&other);
    let error = running.failure().await;
    assert!(matches!(error, SubscriptionError::CheckpointAhead { .. }), "{error:?}");
    assert!(notes.take_handed().is_empty());
}

#[tokio::test]
async fn a_log_that_loses_events_that_were_not_saved_is_followed_on() {
    // The checkpoint is at 1; up to 3, nothing concerned the subscriber.
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    let running = start_asleep(&log, &views, &notes);
    running.reached(1_u64).await;
    let backup = log.store.backup();
    log.append("test.Other", 2).await;
    running.reached(3_u64).await;
    assert_eq!(views.saved().await, 1);
    running.sleep.is_for_ever.store(false, std::sync::atomic::Ordering::Relaxed);
    log.store.restore(&backup);
    log.note(1).await;
    running.control.watch(|health| (health.handled == 2).then_some(())).await;
    running.stop().await;
    assert_eq!(notes.take_handed(), [1, 2]);
    assert_eq!(views.saved().await, 2);
}

/// Follows with a clock on which no time passes.
fn start_asleep(log: &Log, views: &Watched, notes: &std::sync::Arc<Notes<Stops>>) -> crate::support::Running {
    let sleep = FakeSleep::default();
    sleep.is_for_ever.store(true, std::sync::atomic::Ordering::Relaxed);
    start_with(Control::of::<Notes<Stops>>(Partition::WHOLE), sleep, log, views, notes, options())
}

#[tokio::test]
async fn another_log_is_named() {
    let (_, views, _) = handled(0).await;
    let (other, notes) = (Log::of(&[1, 1, 1, 1, 1]).await, Notes::<Stops>::new());
    let error = start(&other, &views, &notes, options()).failure().await;
    assert!(matches!(error, SubscriptionError::OtherLog { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with("the checkpoint is of the log "), "{text}");
    assert!(text.contains("which was to be followed\nhelp: open the views that belong to this log"), "{text}");
    assert!(notes.take_handed().is_empty());
    rebuilt(&other, &views).await;
}

#[tokio::test]
async fn events_that_a_new_handler_has_missed_are_named() {
    let (log, views, _) = handled(0).await;
    // No such event lies before the checkpoint: nothing is missed.
    let notes = Notes::<TakesMore>::new();
    let running = start(&log, &views, &notes, options());
    running.reached(4_u64).await;
    running.stop().await;

    let (log, views) = (Log::of(&[1]).await, Watched::default());
    log.append("test.Added", 1).await;
    let running = start(&log, &views, &Notes::<Stops>::new(), options());
    running.reached(2_u64).await;
    running.stop().await;
    let notes = Notes::<TakesMore>::new();
    let error = start(&log, &views, &notes, options()).failure().await;
    let told = "it now takes `test.Added`, which the log already holds before the checkpoint; the read model would miss them\nhelp: \
                write `version = 2`, so that it is built anew beside the old one";
    assert_eq!(error.to_string(), told);
    assert!(notes.take_handed().is_empty());
    let error = start(&log, &views, &Notes::<TakesAll>::new(), options()).failure().await;
    assert!(matches!(error, SubscriptionError::MissedEvents { .. }), "{error:?}");
}

#[tokio::test]
async fn a_handler_that_took_everything_has_missed_nothing() {
    let (log, views) = (Log::of(&[1]).await, Watched::default());
    log.append("test.Added", 1).await;
    let running = start(&log, &views, &Notes::<TakesAll>::new(), options());
    running.reached(2_u64).await;
    running.stop().await;
    let running = start(&log, &views, &Notes::<TakesMore>::new(), options());
    running.control.started().await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn now_is_resolved_once_and_stored() {
    let (log, views, notes) = (Log::of(&[1, 1, 1]).await, Watched::default(), Notes::<Stops>::new());
    let mut options = options();
    options.start = Start::Now;
    let running = start(&log, &views, &notes, options.clone());
    running.reached(3_u64).await;
    running.stop().await;
    log.note(2).await;
    let running = start(&log, &views, &notes, options);
    running.reached(5_u64).await;
    running.stop().await;
    assert_eq!(notes.take_handed(), [4, 5]);
}

#[tokio::test]
async fn a_place_is_where_it_begins_and_begins_anew() {
    let (log, views, notes) = (Log::of(&[1, 1, 1, 1]).await, Watched::default(), Notes::<Stops>::new());
    let mut options = options();
    options.start = Start::After(Place { position: Position::new(2), id: None });
    let running = start(&log, &views, &notes, options);
    running.reached(4_u64).await;
    assert_eq!(notes.take_handed(), [3, 4]);
    running.control.rebuild();
    running.control.watch(|health| (health.handled == 4).then_some(())).await;
    running.stop().await;
    assert_eq!(notes.take_handed(), [3, 4]);
    assert_eq!(noted::<Stops>(&views.views), [3, 4]);
}
