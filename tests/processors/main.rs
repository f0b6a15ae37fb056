//! Processors: what they execute for events, how often, and what is left of it after a failure or a crash.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail their test, and tell the seed"
)]

mod failures;
mod killed;
mod killed_steps;
mod lists;
mod methods;
mod rolling;
mod shop;
mod soak;

use std::time::Duration;

use eskit::MemoryViews;
use eskit::log::PrincipalKind;
use eskit::prelude::*;
use eskit::subscription::{State, Views as _};

use shop::{Paid, Pay, Ship, Shipping, Shop, shipped, shop};

#[tokio::test]
async fn a_command_follows_an_event_and_is_caused_by_it() {
    let app = shop().with_processor(Shipping::default(), MemoryViews::new()).start().await.unwrap();
    let metadata = Metadata::new().with_correlation_id("request-17");
    let paid = app.execute(Pay { order: 17 }).metadata(metadata).await.unwrap();
    app.caught_up::<Shipping>(&paid).await.unwrap();

    let shipped = shipped(&app).await;
    assert_eq!(shipped.len(), 1);
    let no_todos = app.todos::<Shipping>().unwrap_err().to_string();
    assert!(no_todos.starts_with("`shipping` has no to-dos\nhelp: "), "{no_todos}");
    let metadata = &shipped[0].metadata;
    assert_eq!(metadata.causation_id(), Some(paid.events[0].id.to_string().as_str()));
    assert_eq!(metadata.correlation_id(), Some("request-17"));
    let initiator = metadata.initiator().unwrap();
    assert_eq!((&initiator.kind, initiator.id.as_str()), (&PrincipalKind::Automation, "shipping"));
    assert_eq!(metadata.originator(), paid.events[0].metadata.originator());
    app.stop().await.unwrap();
}

/// The keys of the commands are those of the first time.
#[tokio::test]
async fn a_lost_checkpoint_repeats_no_command() {
    let store = MemoryStore::new();
    for _ in 0..3 {
        let app = App::new(store.clone()).with_processor(Shipping::default(), MemoryViews::new());
        let app = app.start().await.unwrap();
        if app.store().head().await.unwrap() == Place::START {
            for order in 1..=5 {
                app.execute(Pay { order }).await.unwrap();
            }
        }
        let head = app.store().head().await.unwrap();
        app.caught_up::<Shipping>(head).await.unwrap();
        assert_eq!(shipped(&app).await.len(), 5);
        app.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_processor_from_now_leaves_out_what_has_happened() {
    struct FromNow;

    #[processor(name = "from-now", from = "now")]
    impl FromNow {
        #[on(refused = "fail")]
        fn paid(&self, event: &Paid) -> Ship {
            Ship { order: event.order }
        }
    }

    let app = shop();
    app.execute(Pay { order: 1 }).await.unwrap();
    let app = app.with_processor(FromNow, MemoryViews::new()).start().await.unwrap();
    let paid = app.execute(Pay { order: 2 }).await.unwrap();
    app.caught_up::<FromNow>(&paid).await.unwrap();
    let orders: Vec<u64> = shipped(&app).await.iter().map(shop::order_of).collect();
    assert_eq!(orders, [2]);
    app.stop().await.unwrap();
}

/// A method that only returns commands keeps its checkpoint behind the last one that was executed.
#[tokio::test]
async fn the_checkpoint_follows_each_command() {
    static PLACES: std::sync::Mutex<Vec<u64>> = std::sync::Mutex::new(Vec::new());
    struct Watched {
        views: MemoryViews,
    }

    #[processor(name = "watched", from = "beginning")]
    impl Watched {
        #[on(refused = "fail")]
        fn paid(&self, event: &Paid) -> Option<Ship> {
            // What reads memory is ready at once.
            let mut checkpoints = std::pin::pin!(self.views.checkpoints());
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            let std::task::Poll::Ready(checkpoints) = checkpoints.as_mut().poll(&mut context) else {
                panic!("views in memory wait");
            };
            PLACES.lock().unwrap().push(checkpoints.unwrap()[0].place.position.get());
            (event.order != 2).then_some(Ship { order: event.order })
        }
    }

    let views = MemoryViews::new();
    let app = shop();
    for order in 1..=4 {
        app.execute(Pay { order }).await.unwrap();
    }
    let app = app.with_processor(Watched { views: views.clone() }, views).start().await.unwrap();
    app.caught_up::<Watched>(eskit::log::Position::new(4)).await.unwrap();
    // For order 2 nothing is executed, so the checkpoint waits for order 3.
    assert_eq!(*PLACES.lock().unwrap(), [0, 1, 1, 3]);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn stopping_waits_for_the_event_and_not_for_the_page() {
    let slow = Shipping { takes: Duration::from_millis(50) };
    let views = MemoryViews::new();
    let app: Shop = shop();
    for order in 1..=100 {
        app.execute(Pay { order }).await.unwrap();
    }
    let running = app.clone().with_processor(slow, views.clone()).start().await.unwrap();
    while shipped(&running).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.stop().within(Duration::from_secs(2)).await.unwrap();
    let before = shipped(&running).await.len();
    assert!((1..50).contains(&before), "{before}");
    assert_eq!(running.health()[0].state, State::Stopped);
    // It goes on where it stood: the checkpoint is that of the last event.
    let at = running.health()[0].place.position;
    assert_eq!(at.get() as usize, before);

    let running = app.with_processor(Shipping::default(), views).start().await.unwrap();
    running.caught_up::<Shipping>(running.store().head().await.unwrap()).await.unwrap();
    assert_eq!(shipped(&running).await.len(), 100);
    running.stop().await.unwrap();
}
