//! Pages, whole appends, and checkpoints that move without events.

use std::sync::atomic::Ordering;
use std::time::Duration;

use eskit::execute::Sleep;
use eskit::subscription::{Control, FollowOptions, Order, Partition, Subscriber, follow};

use crate::support::{FakeSleep, Log, Notes, Stops, Watched, noted, options, start, start_with};

fn pages_of(page: usize) -> FollowOptions {
    let mut options = options();
    options.page = page;
    options
}

#[tokio::test]
async fn an_append_is_never_divided() {
    for (page, is_unsure_of_more) in [(1, false), (7, false), (10, false), (10, true), (25, true), (3, true)] {
        let log = Log { is_unsure_of_more, ..Log::of(&[1, 25, 3, 10, 1, 12]).await };
        let (views, notes) = (Watched::default(), Notes::<Stops>::new());
        let running = start(&log, &views, &notes, pages_of(page));
        running.reached(52_u64).await;
        running.stop().await;
        let committed = views.take_committed();
        let ends: Vec<u64> = committed.iter().filter_map(|(positions, _)| positions.last().copied()).collect();
        assert!(ends.iter().all(|end| [1, 26, 29, 39, 40, 52].contains(end)), "pages of {page}: {ends:?}");
        let all: Vec<u64> = committed.into_iter().flat_map(|(positions, _)| positions).collect();
        assert_eq!(all, (1..=52).collect::<Vec<_>>(), "pages of {page}");
    }
}

#[tokio::test]
async fn what_was_held_back_is_handled_when_the_next_page_is_empty() {
    // The page ends amid an append whose other events do not concern the subscriber.
    let log = Log { is_unsure_of_more: true, ..Log::default() };
    let (views, notes) = (Watched::default(), Notes::<Stops>::new());
    let events = ["test.Noted", "test.Noted", "test.Other"].map(|name| eskit::log::NewEvent::json(name, "{}"));
    eskit::EventStore::append(&log.store, eskit::log::Append::new(events.to_vec())).await.unwrap();
    let running = start(&log, &views, &notes, pages_of(2));
    running.reached(3_u64).await;
    running.stop().await;
    assert_eq!(notes.take_handed(), [1, 2]);
    assert_eq!(views.take_committed(), [(vec![1, 2], 3)]);
}

#[tokio::test]
async fn the_checkpoint_moves_past_events_that_nobody_handles() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    for _ in 0..40 {
        log.append("test.Other", 50).await;
    }
    let running = start(&log, &views, &notes, pages_of(10));
    running.reached(2001_u64).await;
    let health = running.control.health();
    assert_eq!((health.lag_events(), health.lag()), (0, Duration::ZERO));
    running.stop().await;
    assert_eq!(views.saved().await, 2001);
    log.reads.store(0, Ordering::Relaxed);
    let running = start(&log, &views, &notes, pages_of(10));
    running.reached(2001_u64).await;
    running.stop().await;
    let reads = log.reads.load(Ordering::Relaxed);
    assert!(reads <= 2, "{reads} reads");
}

/// Sleeps on tokio's clock.
struct Clock;

impl Sleep for Clock {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[tokio::test]
async fn the_checkpoint_is_saved_while_other_events_never_cease() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    let control = Control::of::<Notes<Stops>>(Partition::WHOLE);
    let mut options = options();
    options.save_every = Duration::from_millis(40);
    let task = {
        let (log, views, control) = (log.clone(), views.clone(), control.clone());
        tokio::spawn(async move { follow(&log, &notes, &views, &options, &control, &Clock).await })
    };
    for _ in 0..60 {
        log.append("test.Other", 1).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let saved = views.saved().await;
    assert!(saved > 30, "the checkpoint is still at {saved}");
    control.stop();
    task.await.unwrap().unwrap();
    let commits = views.take_committed().len();
    assert!(commits < 40, "{commits} commits");
}

#[tokio::test]
async fn matches_that_lie_far_apart_cost_few_reads() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    for _ in 0..20 {
        log.append("test.Other", 500).await;
    }
    log.note(1).await;
    let running = start(&log, &views, &notes, pages_of(10));
    running.reached(10_002_u64).await;
    running.stop().await;
    assert_eq!(notes.take_handed(), [1, 10_002]);
    let reads = log.reads.load(Ordering::Relaxed);
    assert!(reads <= 3, "{reads} reads");
}

#[tokio::test]
async fn each_part_handles_its_own_keys() {
    let log = Log::default();
    for index in 0..60 {
        let stream = Some(eskit::log::StreamId::new("note", (index % 7).to_string()));
        let event = eskit::log::NewEvent::json("test.Noted", "{}").with_stream(stream);
        eskit::EventStore::append(&log.store, eskit::log::Append::new(vec![event])).await.unwrap();
    }
    assert_eq!(Notes::<Stops>::TYPE.order, Order::Stream);
    let views = Watched::default();
    let (mut all, mut parts) = (Vec::new(), Vec::new());
    for index in 0..3 {
        let notes = Notes::<Stops>::new();
        let mut options = pages_of(4);
        options.partition = Partition { index, count: 3 };
        let control = Control::of::<Notes<Stops>>(options.partition);
        parts.push((start_with(control, FakeSleep::default(), &log, &views, &notes, options), notes));
    }
    // Readers see the version when all parts are ready.
    for (running, _) in &parts {
        running.reached(60_u64).await;
    }
    for (running, notes) in parts {
        running.stop().await;
        let handed = notes.take_handed();
        assert!(handed.is_sorted() && handed.len() < 60, "{handed:?}");
        all.extend(handed);
    }
    all.sort_unstable();
    assert_eq!(all, (1..=60).collect::<Vec<_>>());
    assert_eq!(noted::<Stops>(&views.views), all);
    let places = eskit::subscription::Views::checkpoints(&views).await.unwrap();
    assert!(places.iter().all(|checkpoint| checkpoint.place.position.get() == 60), "{places:?}");
}
