use eskit_runtime::RetryPolicy;
use eskit_runtime::execute::{Denied, OutcomeKind, Sleep};

use super::call::Call;
use super::next::{Middleware, Next};
use super::outcome::Outcome;
use crate::sleep::Timer;

/// Executes a command again while the log is unavailable; with an idempotency key, also while its outcome is unknown.
///
/// Conflicts are not its affair: [`App::with_retry`](crate::App::with_retry) and [`Execute::retry`](crate::Execute::retry) say how often a decision is
/// made again.
#[derive(Clone, Copy, Debug)]
pub struct Retrying {
    policy: RetryPolicy,
}

impl Retrying {
    /// Tries as often as this policy allows, with its waits.
    pub fn new(policy: RetryPolicy) -> Retrying {
        Retrying { policy }
    }
}

impl Middleware for Retrying {
    async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
        let is_keyed = call.options().idempotency_key.is_some();
        let mut attempt = 1;
        loop {
            let outcome = next.run(call).await?;
            let may_help = match outcome.kind {
                OutcomeKind::Unavailable => true,
                OutcomeKind::Unknown => is_keyed,
                _ => false,
            };
            if !may_help || attempt >= self.policy.attempts {
                return Ok(outcome);
            }
            Timer.sleep(self.policy.delay(attempt)).await;
            attempt += 1;
        }
    }
}
