use std::sync::{Mutex, MutexGuard, PoisonError};

/// How a log of commands is doing. Returned by [`CommandLog::health`](super::CommandLog::health).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct CommandLogHealth {
    /// Entries that were written.
    pub written: u64,
    /// Entries that wait to be written.
    pub waiting: u64,
    /// Entries that were dropped, since too many waited or the views failed.
    pub dropped: u64,
    /// Why entries were last dropped, or not removed, until something is written again.
    pub error: Option<String>,
}

impl CommandLogHealth {
    /// What to warn of.
    pub(super) fn warning(&self) -> Option<String> {
        let CommandLogHealth { dropped, error, .. } = self;
        match error {
            Some(error) => Some(format!("the log of commands lacks {dropped} entries: {error}")),
            None if *dropped > 0 => Some(format!("the log of commands lacks {dropped} entries")),
            None => None,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<CommandLogHealth>);

impl Counts {
    pub(super) fn get(&self) -> CommandLogHealth {
        self.lock().clone()
    }

    pub(super) fn were_written(&self, count: usize) {
        count_metric("written", count);
        let mut counts = self.lock();
        counts.written += count as u64;
        counts.error = None;
    }

    pub(super) fn were_dropped(&self, count: usize, why: &str) {
        count_metric("dropped", count);
        self.lock().dropped += count as u64;
        self.has_failed(why);
    }

    /// Takes note of a failure, and reports the first one after a success.
    pub(super) fn has_failed(&self, why: &str) {
        let before = self.lock().error.replace(why.to_owned());
        if before.is_none() {
            warn(why);
        }
    }

    fn lock(&self) -> MutexGuard<'_, CommandLogHealth> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn warn(why: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "eskit", "the log of commands lacks entries: {why}");
    let _ = why;
}

#[cfg(not(feature = "metrics"))]
pub(super) fn describe() {}

/// Tells the exporter the meaning.
#[cfg(feature = "metrics")]
pub(super) fn describe() {
    use metrics::{Unit, describe_counter};
    describe_counter!(
        "eskit_command_log_entries_total",
        Unit::Count,
        "Entries of the log of commands, written and dropped"
    );
}

#[cfg(not(feature = "metrics"))]
fn count_metric(_: &'static str, _: usize) {}

#[cfg(feature = "metrics")]
fn count_metric(outcome: &'static str, count: usize) {
    metrics::counter!("eskit_command_log_entries_total", "outcome" => outcome).increment(count as u64);
}
