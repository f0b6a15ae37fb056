//! What a subscription tells about itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use eskit::log::StoreErrorKind;
use eskit::subscription::{Control, Health, Partition, State};

use crate::support::{FakeSleep, Log, Notes, Stops, Watched, options, start_with};

/// Follows a log, and returns the health as each handler saw it, and at the end.
async fn followed(log: &Log, views: &Watched) -> (Vec<Health>, Health) {
    let (notes, seen) = (Notes::<Stops>::new(), Arc::new(Mutex::new(Vec::new())));
    let control = Control::of::<Notes<Stops>>(Partition::WHOLE);
    notes.does({
        let (control, seen) = (control.clone(), Arc::clone(&seen));
        move |_| {
            seen.lock().unwrap().push(control.health());
            Ok(())
        }
    });
    let running = start_with(control, FakeSleep::default(), log, views, &notes, options());
    running.reached(log.head().await.get()).await;
    let health = running.control.health();
    running.stop().await;
    let seen = seen.lock().unwrap().clone();
    (seen, health)
}

#[tokio::test]
async fn a_handler_at_work_is_not_live() {
    let (log, views) = (Log::of(&[1, 1]).await, Watched::default());
    let (seen, end) = followed(&log, &views).await;
    for health in seen {
        assert_eq!((health.state, health.lag_events()), (State::CatchingUp, 2));
        assert!(health.lag() > Duration::ZERO);
        // A handler that gets stuck is noticed, once it has had its time.
        assert!(health.is_healthy(Duration::from_secs(60)) && !health.is_healthy(Duration::ZERO));
    }
    assert_eq!((end.state, end.lag_events(), end.lag(), end.handled), (State::Live, 0, Duration::ZERO, 2));
    assert!(end.is_healthy(Duration::ZERO), "who waits for new events need not make progress");
}

#[tokio::test]
async fn views_that_fail_on_and_on_are_no_progress() {
    let (log, views, notes) = (Log::of(&[1]).await, Watched::default(), Notes::<Stops>::new());
    *views.failures.lock().unwrap() = vec![StoreErrorKind::Unavailable; 1000].into();
    let control = Control::of::<Notes<Stops>>(Partition::WHOLE);
    let running = start_with(control, FakeSleep::default(), &log, &views, &notes, options());
    running.sleep.was_asked(20).await;
    let health = running.control.health();
    assert_eq!((health.state, health.error.as_deref()), (State::Retrying, Some("no route to the views")));
    assert_eq!(health.last_progress, None);
    assert!(!health.is_healthy(Duration::ZERO) && health.is_healthy(Duration::from_secs(60)));
    running.stop().await;
}

#[tokio::test]
async fn what_has_not_started_has_its_time() {
    let health = Control::of::<Notes<Stops>>(Partition::WHOLE).health();
    assert_eq!(health.state, State::Starting);
    assert!(health.is_healthy(Duration::from_secs(60)) && !health.is_healthy(Duration::ZERO));
}
