use std::time::Instant;

use eskit_runtime::execute::{Denied, OutcomeKind};
use tracing::{info, warn};

use super::call::Call;
use super::next::{Middleware, Next};
use super::outcome::Outcome;

/// Writes an event of `tracing` for each command: its name, outcome, attempts, and how long it took. It is a warning for a failure that
/// is no refusal. No text of an error is written, since it may quote a payload; a middleware of your own can, with [`Outcome::text`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Logged;

impl Middleware for Logged {
    async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
        let begun = Instant::now();
        let answer = next.run(call).await;
        let (command, elapsed) = (call.name(), begun.elapsed());
        match &answer {
            Err(_) => info!(target: "eskit", command, outcome = "denied", ?elapsed, "a command was denied"),
            Ok(Outcome { kind, attempts, .. }) if kind.is_success() || *kind == OutcomeKind::Refused => {
                info!(target: "eskit", command, outcome = kind.as_str(), attempts, ?elapsed, "a command was executed");
            }
            Ok(Outcome { kind, attempts, .. }) => {
                warn!(target: "eskit", command, outcome = kind.as_str(), attempts, ?elapsed, "a command failed");
            }
        }
        answer
    }
}
