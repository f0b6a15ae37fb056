//! The spans of a command, of a processor that acts on an event, and of an item of work.

use std::future::Future;

use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::{ExecuteError, Executed, Metadata, RecordedEvent};
use tracing::{Instrument, debug_span, field};

use crate::trace;

/// Runs a command in its span.
pub(crate) async fn in_span<S, E>(
    command: &'static str,
    metadata: &Metadata,
    executed: impl Future<Output = Result<Executed<S>, ExecuteError<E>>>,
) -> Result<Executed<S>, ExecuteError<E>> {
    let span = debug_span!(
        target: "eskit",
        "execute",
        "otel.name" = field::Empty,
        command,
        outcome = field::Empty,
        attempts = field::Empty,
        "otel.status_code" = field::Empty,
        "error.type" = field::Empty,
    );
    trace::name(&span, format_args!("execute {command}"));
    trace::parent_of_root(&span, metadata);
    let answer = executed.instrument(span.clone()).await;
    let outcome = outcome(&answer);
    span.record("outcome", outcome);
    if let Ok(Executed { attempts, .. }) | Err(ExecuteError::Conflict { attempts, .. }) = &answer {
        span.record("attempts", attempts);
    }
    // A refusal is an answer.
    if !matches!(answer, Ok(_) | Err(ExecuteError::Domain(_) | ExecuteError::Denied(_))) {
        span.record("otel.status_code", "ERROR").record("error.type", outcome);
    }
    answer
}

/// Lets a processor act on an event in a span, which goes on with the trace of the event.
pub(crate) async fn acting<T>(
    processor: &'static str,
    event: &RecordedEvent,
    attempt: u32,
    acted: impl Future<Output = T>,
) -> T {
    let span = debug_span!(
        target: "eskit",
        "act",
        "otel.name" = field::Empty,
        "otel.kind" = "consumer",
        processor,
        event = event.name.as_str(),
        position = event.position.get(),
        attempt,
    );
    trace::name(&span, format_args!("act {processor}"));
    trace::parent(&span, &event.metadata);
    acted.instrument(span).await
}

/// Does items of work in a span. That of one goes on with the trace of what led to it; that of several is linked to those traces.
pub(crate) async fn working<T, E>(
    list: &'static str,
    kind: &str,
    attempt: u32,
    causes: &[Metadata],
    worked: impl Future<Output = Vec<Result<T, E>>>,
) -> Vec<Result<T, E>> {
    let span = debug_span!(
        target: "eskit",
        parent: None,
        "work",
        "otel.name" = field::Empty,
        "otel.kind" = "consumer",
        list,
        kind,
        attempt,
        items = field::Empty,
        "otel.status_code" = field::Empty,
    );
    trace::name(&span, format_args!("work {list}"));
    match causes {
        [cause] => trace::parent(&span, cause),
        causes => {
            span.record("items", causes.len());
            trace::links(&span, causes);
        }
    }
    let worked = worked.instrument(span.clone()).await;
    if worked.iter().any(Result::is_err) {
        span.record("otel.status_code", "ERROR");
    }
    worked
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
