use eskit_runtime::execute::OutcomeKind;
use eskit_runtime::log::Place;
use eskit_runtime::{ExecuteError, Executed, RecordedEvent};

/// What came of a command, without its types.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// Which one of its outcomes.
    pub kind: OutcomeKind,
    /// The places of its events, in order; also of a repeated call.
    pub events: Vec<Place>,
    /// How many times the decision was made.
    pub attempts: u32,
    /// Why it failed, or was refused. `None` for the refusal of a decider whose error does not implement `Display`.
    pub text: Option<String>,
}

impl Outcome {
    /// The outcome of an execution; `refusal` gives the text of the decider's error.
    pub(crate) fn of<M, E>(
        answer: &Result<Executed<M>, ExecuteError<E>>,
        refusal: impl FnOnce(&E) -> Option<String>,
    ) -> Outcome {
        let kind = OutcomeKind::of(answer);
        match answer {
            Ok(executed) => {
                let events = executed.events.iter().map(RecordedEvent::place).collect();
                Outcome { kind, events, attempts: executed.attempts, text: None }
            }
            Err(error) => Outcome::failed(kind, error, refusal),
        }
    }

    /// That of a command of which it is not known how it ended.
    pub(crate) fn unfinished(text: &str) -> Outcome {
        Outcome { kind: OutcomeKind::Unknown, events: Vec::new(), attempts: 0, text: Some(text.to_owned()) }
    }

    fn failed<E>(kind: OutcomeKind, error: &ExecuteError<E>, refusal: impl FnOnce(&E) -> Option<String>) -> Outcome {
        let (attempts, text) = match error {
            ExecuteError::Domain(error) => (1, refusal(error)),
            ExecuteError::Conflict { attempts, .. } => (*attempts, text_of(error)),
            _ => (0, text_of(error)),
        };
        Outcome { kind, events: Vec::new(), attempts, text }
    }
}

/// The text of an error that is no refusal.
fn text_of<E>(error: &ExecuteError<E>) -> Option<String> {
    error.failure()
}
