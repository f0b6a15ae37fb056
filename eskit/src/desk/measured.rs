//! Metrics of work.

use std::future::Future;

use eskit_runtime::work::Outcome;

use super::job::Job;
use crate::clock::Clock;

#[cfg(not(feature = "metrics"))]
pub(super) fn describe() {}

/// Tells the exporter the units and meanings.
#[cfg(feature = "metrics")]
pub(super) fn describe() {
    use metrics::{Unit, describe_gauge, describe_histogram};
    describe_histogram!(
        "eskit_work_duration_seconds",
        Unit::Seconds,
        "How long a try of an item took, or of those done together with it, by outcome"
    );
    describe_histogram!("eskit_work_late_seconds", Unit::Seconds, "How long after an item was due a try began");
    describe_gauge!("eskit_work_claimed", Unit::Count, "Items that this process has claimed and not settled");
}

/// Measures one try of items.
pub(super) async fn tried(
    list: &'static str,
    jobs: &[Job],
    clock: &Clock,
    outcomes: impl Future<Output = Vec<Outcome>>,
) -> Vec<Outcome> {
    let _ = (list, jobs, clock);
    #[cfg(feature = "metrics")]
    {
        let now = clock.now();
        for job in jobs {
            metrics::histogram!("eskit_work_late_seconds", "list" => list).record(now.duration_since(job.item.due));
        }
        let started = std::time::Instant::now();
        let outcomes = outcomes.await;
        for outcome in &outcomes {
            let name = match outcome {
                Outcome::Done | Outcome::Again { .. } => "done",
                Outcome::Retry { .. } => "retried",
                Outcome::Park { .. } | Outcome::GiveUp { .. } => "parked",
                Outcome::Release => "released",
            };
            metrics::histogram!("eskit_work_duration_seconds", "list" => list, "outcome" => name)
                .record(started.elapsed());
        }
        outcomes
    }
    #[cfg(not(feature = "metrics"))]
    outcomes.await
}
