//! The spans of the steps of a command. Without the feature `tracing` there are none.

use std::future::Future;

use crate::log::append::{Append, AppendError, Appended};
use crate::log::new_event::NewEvent;

use super::error::ExecuteError;

/// A step of a command in its span.
pub(super) struct StepSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

#[cfg(feature = "tracing")]
impl StepSpan {
    /// Reading so many instances.
    pub(super) fn load(instances: usize) -> StepSpan {
        use tracing::field::Empty;
        StepSpan { span: tracing::debug_span!(target: "eskit", "load", instances, events = Empty, cached = Empty) }
    }

    /// The events that were read, and the instances of which a state was cached.
    pub(super) fn loaded(&self, events: u64, cached: usize) {
        self.span.record("events", events).record("cached", cached);
    }

    /// Makes a decision.
    pub(super) fn decide<E>(
        attempt: u32,
        decide: impl FnOnce() -> Result<Vec<NewEvent>, ExecuteError<E>>,
    ) -> Result<Vec<NewEvent>, ExecuteError<E>> {
        use tracing::field::Empty;
        let span = tracing::debug_span!(target: "eskit", "decide", attempt, events = Empty, outcome = Empty);
        let decided = span.in_scope(decide);
        match &decided {
            Ok(events) => span.record("events", events.len()),
            Err(ExecuteError::Domain(_)) => span.record("outcome", "refused"),
            Err(_) => span.record("outcome", "failed"),
        };
        decided
    }

    /// An append, which is where the trace of a command leads to whatever handles its events.
    pub(super) fn append(append: &Append) -> StepSpan {
        use tracing::field::Empty;
        let span = tracing::debug_span!(
            target: "eskit",
            "append",
            "otel.kind" = "producer",
            events = append.events.len(),
            conditions = append.conditions.len(),
            outcome = Empty,
            position = Empty,
            "otel.status_code" = Empty,
            "error.type" = Empty,
        );
        StepSpan { span }
    }

    /// What came of an append.
    pub(super) fn appended(&self, answer: &Result<Appended, AppendError>) {
        match answer {
            Ok(appended) => {
                let outcome = if appended.repeated { "repeated" } else { "appended" };
                self.span.record("outcome", outcome).record("position", appended.last().get());
            }
            Err(error) => {
                self.span.record("outcome", error.name());
                if !matches!(error, AppendError::Conflict(_)) {
                    self.span.record("otel.status_code", "ERROR").record("error.type", error.name());
                }
            }
        }
    }

    pub(super) fn around<F: Future>(&self, step: F) -> impl Future<Output = F::Output> + use<F> {
        tracing::Instrument::instrument(step, self.span.clone())
    }
}

#[cfg(not(feature = "tracing"))]
impl StepSpan {
    pub(super) fn load(_: usize) -> StepSpan {
        StepSpan {}
    }

    pub(super) fn loaded(&self, _: u64, _: usize) {}

    pub(super) fn decide<E>(
        _: u32,
        decide: impl FnOnce() -> Result<Vec<NewEvent>, ExecuteError<E>>,
    ) -> Result<Vec<NewEvent>, ExecuteError<E>> {
        decide()
    }

    pub(super) fn append(_: &Append) -> StepSpan {
        StepSpan {}
    }

    pub(super) fn appended(&self, _: &Result<Appended, AppendError>) {}

    pub(super) fn around<F: Future>(&self, step: F) -> F {
        step
    }
}
