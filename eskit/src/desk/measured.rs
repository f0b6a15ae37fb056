//! Metrics of work.

use std::future::Future;

use eskit_runtime::work::{Outcome, WorkItem};

use crate::clock::Clock;

#[cfg(not(feature = "metrics"))]
pub(super) fn describe() {}

/// Tells the exporter the units and meanings.
#[cfg(feature = "metrics")]
pub(super) fn describe() {
    use metrics::{Unit, describe_gauge, describe_histogram};
    describe_histogram!("eskit_work_duration_seconds", Unit::Seconds, "How long a try of an item took, by outcome");
    describe_histogram!("eskit_work_late_seconds", Unit::Seconds, "How long after an item was due a try began");
    describe_gauge!("eskit_work_claimed", Unit::Count, "Items that this process has claimed and not settled");
}

/// Measures one try of an item.
pub(super) async fn tried(
    list: &'static str,
    item: &WorkItem,
    clock: &Clock,
    outcome: impl Future<Output = Outcome>,
) -> Outcome {
    let _ = (list, item, clock);
    #[cfg(feature = "metrics")]
    {
        let late = clock.now().duration_since(item.due);
        metrics::histogram!("eskit_work_late_seconds", "list" => list).record(late);
        let started = std::time::Instant::now();
        let outcome = outcome.await;
        let name = match &outcome {
            Outcome::Done | Outcome::Again { .. } => "done",
            Outcome::Retry { .. } => "retried",
            Outcome::Park { .. } | Outcome::GiveUp { .. } => "parked",
            Outcome::Release => "released",
        };
        metrics::histogram!("eskit_work_duration_seconds", "list" => list, "outcome" => name).record(started.elapsed());
        outcome
    }
    #[cfg(not(feature = "metrics"))]
    outcome.await
}
