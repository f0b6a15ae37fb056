//! Gauges that tell how an app is doing at the moment at which they are fetched.

use std::time::Duration;

use eskit_runtime::__private::{First, first};
use eskit_runtime::EventStore;
use eskit_runtime::execute::Sleep as _;
use eskit_runtime::subscription::Health;
use metrics::gauge;

use crate::desk::WorkHealth;
use crate::observed;
use crate::sleep::Timer;

/// How long the log may take to tell its head.
const WITHIN: Duration = Duration::from_secs(1);

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and exact up to 2^53")]
pub(super) async fn measure(store: &impl EventStore, subscriptions: &[Health], works: &[WorkHealth]) {
    let head = match first(store.head(), Timer.sleep(WITHIN)).await {
        First::A(Ok(head)) => Some(head.position),
        First::A(Err(_)) | First::B(()) => None,
    };
    if let Some(head) = head {
        gauge!("eskit_head_position").set(head.get() as f64);
    }
    for health in subscriptions {
        observed::lag(health, head.unwrap_or_default().max(health.head));
    }
    for work in works {
        gauge!("eskit_work_claimed", "list" => work.list.clone()).set(work.claimed as f64);
    }
}
