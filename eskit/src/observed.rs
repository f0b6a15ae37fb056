//! Spans and metrics of subscriptions: views around the views of a subscriber.

use std::sync::Arc;

use eskit_runtime::RecordedEvent;
use eskit_runtime::subscription::{Apply, ApplyError, Batch, Claim, Control, Subscriber, Views};

use crate::delegate_views::delegate_views;

/// Views that report each batch.
#[derive(Clone)]
pub(crate) struct Observed<V> {
    views: V,
    #[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "only metrics tell how far it has come"))]
    control: Control,
}

impl<V> Observed<V> {
    pub(crate) fn new(views: V, control: Control) -> Observed<V> {
        #[cfg(feature = "metrics")]
        measure::describe();
        Observed { views, control }
    }
}

impl<V: Views> Views for Observed<V> {
    delegate_views!(views);
}

impl<P: Subscriber, V: Apply<P>> Apply<P> for Observed<V> {
    async fn apply(&self, claim: &Claim<V::Guard>, subscriber: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        self.views.apply(claim, subscriber, batch).await
    }

    async fn advance(&self, claim: &mut Claim<V::Guard>, subscriber: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        #[cfg(feature = "metrics")]
        let (started, before) = (std::time::Instant::now(), claim.checkpoint.place.position);
        let advanced = self.views.advance(claim, subscriber, batch);
        #[cfg(feature = "tracing")]
        let advanced = trace::in_span::<P>(batch, advanced);
        let advanced = advanced.await;
        #[cfg(feature = "metrics")]
        measure::batch::<P>(
            &self.control,
            batch,
            before..claim.checkpoint.place.position,
            started.elapsed(),
            &advanced,
        );
        advanced
    }

    async fn replay(&self, subscriber: &Arc<P>, event: &RecordedEvent) -> Result<bool, ApplyError> {
        self.views.replay(subscriber, event).await
    }
}

/// Which outcome a batch had.
#[cfg(any(feature = "metrics", feature = "tracing"))]
fn outcome(applied: &Result<(), ApplyError>) -> &'static str {
    match applied {
        Ok(()) => "handled",
        Err(ApplyError::Handler { .. }) => "failed",
        Err(ApplyError::Deposed) => "deposed",
        Err(_) => "views",
    }
}

#[cfg(feature = "tracing")]
mod trace {
    use std::future::Future;

    use eskit_runtime::subscription::{ApplyError, Batch, Subscriber};
    use tracing::{Instrument, debug_span, field};

    use crate::trace;

    /// Handles a batch in its span.
    pub(super) async fn in_span<P: Subscriber>(
        batch: &Batch,
        applied: impl Future<Output = Result<(), ApplyError>>,
    ) -> Result<(), ApplyError> {
        let span = debug_span!(
            target: "eskit",
            parent: None,
            "handle",
            "otel.name" = field::Empty,
            "otel.kind" = "consumer",
            subscription = P::TYPE.name,
            version = P::TYPE.version,
            events = batch.events().len(),
            position = batch.to.position.get(),
            outcome = field::Empty,
            "otel.status_code" = field::Empty,
            "error.type" = field::Empty,
        );
        trace::name(&span, format_args!("handle {}", P::TYPE.name));
        trace::links(&span, batch.events().iter().map(|event| &event.metadata));
        let answer = applied.instrument(span.clone()).await;
        let outcome = super::outcome(&answer);
        span.record("outcome", outcome);
        if answer.is_err() {
            span.record("otel.status_code", "ERROR").record("error.type", outcome);
        }
        answer
    }
}

#[cfg(feature = "metrics")]
pub(crate) use measure::lag;

#[cfg(feature = "metrics")]
mod measure {
    use std::time::Duration;

    use eskit_runtime::log::Position;
    use eskit_runtime::subscription::{ApplyError, Batch, Control, Health, Subscriber};
    use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

    /// Tells the exporter the units and meanings.
    pub(super) fn describe() {
        describe_histogram!(
            "eskit_subscription_batch_duration_seconds",
            Unit::Seconds,
            "How long a batch of events took, from the first handler to the commit, by outcome"
        );
        describe_histogram!("eskit_subscription_batch_events", Unit::Count, "Events in a batch");
        describe_counter!("eskit_subscription_events_total", Unit::Count, "Events that were handled");
        describe_counter!("eskit_subscription_given_up_total", Unit::Count, "Events that were parked or skipped");
        describe_gauge!("eskit_subscription_position", Unit::Count, "Everything up to this position was handled");
        describe_gauge!(
            "eskit_subscription_lag_events",
            Unit::Count,
            "Positions of the log between the last batch and the last event"
        );
        describe_gauge!(
            "eskit_subscription_lag_seconds",
            Unit::Seconds,
            "How long ago the subscription had handled everything"
        );
        describe_gauge!(
            "eskit_subscription_last_progress_timestamp_seconds",
            Unit::Seconds,
            "When the checkpoint was moved last, or nothing was found to handle, as Unix time"
        );
    }

    /// Measures how far a subscription is behind a log that ends at `head`.
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and exact up to 2^53")]
    pub(crate) fn lag(health: &Health, head: Position) {
        let (name, at) = (health.name, health.place.position.get());
        gauge!("eskit_subscription_position", "subscription" => name).set(at as f64);
        gauge!("eskit_subscription_lag_events", "subscription" => name).set(head.get().saturating_sub(at) as f64);
        gauge!("eskit_subscription_lag_seconds", "subscription" => name).set(health.lag().as_secs_f64());
        if let Some(at) = health.last_progress {
            let seconds = at.as_micros() as f64 / 1e6;
            gauge!("eskit_subscription_last_progress_timestamp_seconds", "subscription" => name).set(seconds);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a count of events is small")]
    pub(super) fn batch<P: Subscriber>(
        control: &Control,
        batch: &Batch,
        moved: std::ops::Range<Position>,
        elapsed: Duration,
        applied: &Result<(), ApplyError>,
    ) {
        let name = P::TYPE.name;
        histogram!(
            "eskit_subscription_batch_duration_seconds",
            "subscription" => name, "outcome" => super::outcome(applied)
        )
        .record(elapsed);
        histogram!("eskit_subscription_batch_events", "subscription" => name).record(batch.events().len() as f64);
        let done = batch.events().iter().filter(|event| moved.start < event.position && event.position <= moved.end);
        let (given_up, handled): (Vec<_>, Vec<_>) = done.partition(|event| batch.reason(event.position).is_some());
        counter!("eskit_subscription_events_total", "subscription" => name).increment(handled.len() as u64);
        counter!("eskit_subscription_given_up_total", "subscription" => name).increment(given_up.len() as u64);
        let mut health = control.health();
        health.place.position = moved.end;
        lag(&health, batch.head);
    }
}
