//! The span of a command.

use std::future::Future;

use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::{ExecuteError, Executed};
use tracing::{Instrument, debug_span, field};

/// Runs a command in its span.
pub(crate) async fn in_span<S, E>(
    command: &'static str,
    executed: impl Future<Output = Result<Executed<S>, ExecuteError<E>>>,
) -> Result<Executed<S>, ExecuteError<E>> {
    let span = debug_span!(target: "eskit", "execute", command, outcome = field::Empty, attempts = field::Empty);
    let answer = executed.instrument(span.clone()).await;
    span.record("outcome", outcome(&answer));
    if let Ok(Executed { attempts, .. }) | Err(ExecuteError::Conflict { attempts, .. }) = &answer {
        span.record("attempts", attempts);
    }
    answer
}

/// Which of its outcomes a command had.
fn outcome<S, E>(answer: &Result<Executed<S>, ExecuteError<E>>) -> &'static str {
    match answer {
        Ok(executed) if executed.repeated => "repeated",
        Ok(executed) if executed.events.is_empty() => "nothing",
        Ok(_) => "appended",
        Err(ExecuteError::Domain(_)) => "refused",
        Err(ExecuteError::Denied(_)) => "denied",
        Err(ExecuteError::Conflict { .. }) => "conflict",
        Err(ExecuteError::UnknownOutcome(_)) => "unknown",
        Err(ExecuteError::Undecodable(_)) => "undecodable",
        Err(ExecuteError::Encode(_)) => "unencodable",
        Err(ExecuteError::Limit(_)) => "limit",
        Err(ExecuteError::IdReused { .. }) => "id_reused",
        Err(ExecuteError::KeyReused(_)) => "key_reused",
        Err(ExecuteError::StreamClosed(_)) => "closed",
        Err(ExecuteError::Store(error)) if error.kind() == StoreErrorKind::Invalid => "invalid",
        Err(ExecuteError::Options(_) | ExecuteError::Key(_) | ExecuteError::Registry(_)) => "invalid",
        Err(_) => "failed",
    }
}
