use std::time::Instant;

use eskit_runtime::execute::{Denied, OutcomeKind};
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

use super::call::Call;
use super::next::{Middleware, Next};
use super::outcome::Outcome;

/// Counts and times commands through the [`metrics`] facade; the program chooses the exporter.
///
/// | name | kind | unit | labels |
/// |---|---|---|---|
/// | `eskit_command_duration_seconds` | histogram | seconds | `command`: the name of its type; `outcome`: see [`OutcomeKind::as_str`] |
/// | `eskit_command_conflicts_total` | counter | decisions that were made again after a conflict | `command` |
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Metered;

impl Metered {
    /// Describes the metrics to the recorder that is installed by now.
    #[allow(clippy::new_without_default, reason = "it has an effect")]
    pub fn new() -> Metered {
        describe_histogram!("eskit_command_duration_seconds", Unit::Seconds, "How long a command took, by outcome");
        describe_counter!(
            "eskit_command_conflicts_total",
            Unit::Count,
            "Decisions that were made again after a conflict"
        );
        Metered
    }
}

impl Middleware for Metered {
    async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
        let begun = Instant::now();
        let answer = next.run(call).await;
        let (kind, attempts) =
            answer.as_ref().map_or((OutcomeKind::Denied, 0), |outcome| (outcome.kind, outcome.attempts));
        let command = call.name();
        histogram!("eskit_command_duration_seconds", "command" => command, "outcome" => kind.as_str())
            .record(begun.elapsed());
        if attempts > 1 {
            counter!("eskit_command_conflicts_total", "command" => command).increment(u64::from(attempts - 1));
        }
        answer
    }
}
