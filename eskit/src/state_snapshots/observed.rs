//! Spans and metrics of snapshots.

use std::future::Future;

use super::counts::Outcome;

/// Looks for snapshots in a span.
pub(super) async fn find<T>(
    aggregate: &'static str,
    instances: usize,
    found: impl Future<Output = Option<Vec<T>>>,
) -> Option<Vec<T>> {
    #[cfg(feature = "metrics")]
    let started = std::time::Instant::now();
    #[cfg(feature = "tracing")]
    let found = {
        use tracing::Instrument as _;
        found.instrument(tracing::debug_span!(target: "eskit", "find_snapshots", aggregate, instances))
    };
    let found = found.await;
    #[cfg(feature = "metrics")]
    metrics::histogram!("eskit_snapshot_find_duration_seconds", "aggregate" => aggregate).record(started.elapsed());
    let _ = (aggregate, instances);
    found
}

/// Writes snapshots in a span.
pub(super) async fn write(
    aggregate: &'static str,
    snapshots: usize,
    written: impl Future<Output = Option<u64>>,
) -> Option<u64> {
    #[cfg(feature = "metrics")]
    let started = std::time::Instant::now();
    #[cfg(feature = "tracing")]
    let written = {
        use tracing::Instrument as _;
        written.instrument(tracing::debug_span!(target: "eskit", "write_snapshots", aggregate, snapshots))
    };
    let written = written.await;
    #[cfg(feature = "metrics")]
    metrics::histogram!("eskit_snapshot_write_duration_seconds", "aggregate" => aggregate).record(started.elapsed());
    let _ = (aggregate, snapshots);
    written
}

/// Reports what a program should know, and can do without.
pub(super) fn warn(aggregate: &'static str, text: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "eskit", aggregate, "{text}");
    let _ = (aggregate, text);
}

#[cfg(not(feature = "metrics"))]
pub(super) fn count(_: &'static str, _: Outcome, _: u64) {}

#[cfg(feature = "metrics")]
pub(super) fn count(aggregate: &'static str, outcome: Outcome, count: u64) {
    let name = match outcome {
        Outcome::Hit | Outcome::Miss | Outcome::Unreadable | Outcome::Unanswered => "eskit_snapshot_finds_total",
        Outcome::Written | Outcome::Outdated | Outcome::Unwritten => "eskit_snapshot_writes_total",
    };
    metrics::counter!(name, "aggregate" => aggregate, "outcome" => outcome.name()).increment(count);
}

#[cfg(not(feature = "metrics"))]
pub(super) fn describe() {}

/// Tells the exporter the units and meanings.
#[cfg(feature = "metrics")]
pub(super) fn describe() {
    use metrics::{Unit, describe_counter, describe_histogram};
    describe_counter!("eskit_snapshot_finds_total", Unit::Count, "Instances whose snapshot was looked for, by outcome");
    describe_counter!("eskit_snapshot_writes_total", Unit::Count, "Snapshots that were to be written, by outcome");
    describe_histogram!(
        "eskit_snapshot_find_duration_seconds",
        Unit::Seconds,
        "How long a command waited for the snapshots of an aggregate"
    );
    describe_histogram!(
        "eskit_snapshot_write_duration_seconds",
        Unit::Seconds,
        "How long it took to write snapshots, beside the commands"
    );
}
