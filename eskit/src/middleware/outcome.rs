use eskit_runtime::execute::OutcomeKind;
use eskit_runtime::log::{Place, StoreErrorKind};
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
        match answer {
            Ok(executed) => {
                let kind = match executed {
                    _ if executed.repeated => OutcomeKind::Repeated,
                    _ if executed.events.is_empty() => OutcomeKind::Nothing,
                    _ => OutcomeKind::Appended,
                };
                let events = executed.events.iter().map(RecordedEvent::place).collect();
                Outcome { kind, events, attempts: executed.attempts, text: None }
            }
            Err(error) => Outcome::failed(kind_of(error), error, refusal),
        }
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

fn kind_of<E>(error: &ExecuteError<E>) -> OutcomeKind {
    match error {
        ExecuteError::Domain(_) => OutcomeKind::Refused,
        ExecuteError::Denied(_) => OutcomeKind::Denied,
        ExecuteError::Conflict { .. } => OutcomeKind::Conflict,
        ExecuteError::UnknownOutcome(_) => OutcomeKind::Unknown,
        ExecuteError::Store(error) if error.is_transient() => OutcomeKind::Unavailable,
        ExecuteError::Store(error) if error.kind() == StoreErrorKind::Invalid => OutcomeKind::Invalid,
        ExecuteError::Limit(_)
        | ExecuteError::IdReused { .. }
        | ExecuteError::KeyReused(_)
        | ExecuteError::StreamClosed(_)
        | ExecuteError::Options(_)
        | ExecuteError::Key(_) => OutcomeKind::Invalid,
        _ => OutcomeKind::Failed,
    }
}
