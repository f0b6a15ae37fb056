use std::time::Instant;

use eskit_runtime::execute::{Denied, OutcomeKind};
use tracing::{info, warn};

use super::call::Call;
use super::next::{Middleware, Next};
use super::outcome::Outcome;

/// Writes an event of `tracing` for each command: its name, outcome, attempts, and how long it took. It is a warning for a failure that
/// is no refusal. Neither payloads nor tags are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Logged;

impl Middleware for Logged {
    async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
        let begun = Instant::now();
        let answer = next.run(call).await;
        let (command, elapsed) = (call.name(), begun.elapsed());
        match &answer {
            Err(denied) => {
                info!(target: "eskit", command, outcome = "denied", %denied, ?elapsed, "a command was denied")
            }
            Ok(Outcome { kind, attempts, text, .. }) if kind.is_success() || *kind == OutcomeKind::Refused => {
                info!(target: "eskit", command, outcome = kind.as_str(), attempts, text, ?elapsed, "a command was executed");
            }
            Ok(Outcome { kind, attempts, text, .. }) => {
                warn!(target: "eskit", command, outcome = kind.as_str(), attempts, text, ?elapsed, "a command failed");
            }
        }
        answer
    }
}
