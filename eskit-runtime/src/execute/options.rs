use std::future::Future;
use std::time::Duration;

use crate::log::append::ExpectedVersion;
use crate::log::id::EventId;
use crate::log::metadata::Metadata;
use crate::log::time::Timestamp;

use super::decision::DecisionNote;
use super::error::ExecuteError;
use super::fold::Plan;

/// How to sleep: the only thing that executing a command needs from an async runtime.
pub trait Sleep: Send + Sync {
    /// Completes after this long.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// How often and how soon a command is tried again after a conflict.
///
/// The wait before try `n + 1` is drawn evenly from zero to `min(delay_max, delay_base * 2^(n - 1))`: exponential
/// backoff with full jitter (Marc Brooker, "Exponential Backoff And Jitter").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The most tries, the first included; at least 1.
    pub attempts: u32,
    /// The longest wait before the second try.
    pub delay_base: Duration,
    /// The longest wait before any try.
    pub delay_max: Duration,
}

impl Default for RetryPolicy {
    /// 10 tries, 1 ms at first, 100 ms at most.
    fn default() -> RetryPolicy {
        RetryPolicy { attempts: 10, delay_base: Duration::from_millis(1), delay_max: Duration::from_millis(100) }
    }
}

impl RetryPolicy {
    /// One try: a conflict is the caller's to handle.
    pub fn never() -> RetryPolicy {
        RetryPolicy::attempts(1)
    }

    /// At most this many tries, the first included; 0 counts as 1.
    pub fn attempts(attempts: u32) -> RetryPolicy {
        RetryPolicy { attempts: attempts.max(1), ..RetryPolicy::default() }
    }

    /// Sets the longest wait before the second try and before any try.
    #[must_use]
    pub fn with_delays(mut self, base: Duration, max: Duration) -> RetryPolicy {
        (self.delay_base, self.delay_max) = (base, max);
        self
    }

    /// The wait after try number `attempt`, drawn anew on each call.
    pub fn delay(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(20);
        let longest = self.delay_base.saturating_mul(1 << doublings).min(self.delay_max);
        longest.mul_f64(random_fraction())
    }
}

/// An even draw from 0 to 1, out of the random bits of a fresh UUIDv7.
fn random_fraction() -> f64 {
    let id = EventId::new();
    let bytes = id.as_bytes();
    let draw = u32::from_le_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]);
    f64::from(draw) / f64::from(u32::MAX)
}

/// How to execute one command.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct ExecuteOptions {
    /// How often a conflict is tried again.
    pub retry: RetryPolicy,
    /// Makes the call idempotent: a second call with the same key appends nothing and returns the events of the first.
    ///
    /// A key is unique in the whole log: for another command, or for the same command with other tag values, it fails with
    /// [`ExecuteError::KeyReused`]. The event ids are UUIDv5s of the key, and the extra `eskit.command` in the events' metadata
    /// tells calls apart. A call whose decider returns no event does not record its key. Events that were deleted since are
    /// missing from the answer; if all of them were, the second call fails with [`ExecuteError::Store`].
    pub idempotency_key: Option<String>,
    /// The event that leads to the command: with an idempotency key, the ids of the events are
    /// [near](EventId::from_key_near) its id.
    pub cause: Option<EventId>,
    /// The metadata of every event.
    pub metadata: Metadata,
    /// The version of the command's stream that the caller saw. Any other version is a conflict that is not tried again. A deleted
    /// stream fails with [`ExecuteError::StreamClosed`].
    pub expected_version: Option<ExpectedVersion>,
    /// Appends without a condition: events since the state was read are ignored.
    pub without_condition: bool,
    /// When the events happened; `None` for the time of the append.
    pub recorded_at: Option<Timestamp>,
    /// Where to note what was decided on; `None` costs nothing.
    pub note: Option<DecisionNote>,
}

impl ExecuteOptions {
    /// Whether the caller's decision hangs on one version of the stream, so that trying again cannot help.
    pub(super) fn expects_a_version(&self) -> bool {
        self.expected_version.is_some_and(|expected| expected != ExpectedVersion::Any)
    }

    pub(super) fn check<M: crate::model::models::Models<N>, N, E>(
        &self,
        plan: &Plan<M, N>,
        command: &str,
    ) -> Result<(), ExecuteError<E>> {
        let streams = plan.stream_count();
        let refusal = if self.expected_version.is_some() && streams != 1 {
            format!(
                "`expected_version` needs exactly one stream, but `{command}` is decided on {streams}\nhelp: leave it \
                 out: the append is under conditions on all that the decision read"
            )
        } else if self.expected_version.is_some() && self.without_condition {
            "`expected_version` and `without_condition` exclude each other\nhelp: leave one of them out".to_owned()
        } else if self.idempotency_key.as_deref() == Some("") {
            "the idempotency key is empty\nhelp: pass what names this one call, such as the id of a request".to_owned()
        } else {
            return Ok(());
        };
        Err(ExecuteError::Options(refusal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_bound_and_differ() {
        let policy = RetryPolicy::default();
        for attempt in 1..64 {
            let longest = Duration::from_millis(1 << (attempt - 1).min(20)).min(Duration::from_millis(100));
            assert!(policy.delay(attempt) <= longest, "attempt {attempt}");
        }
        let waits: std::collections::BTreeSet<Duration> = (0..64).map(|_| policy.delay(20)).collect();
        assert!(waits.len() > 32, "{waits:?}");
    }
}
