use std::time::Instant;

use eskit_runtime::log::{
    Append, AppendError, Appended, Page, Place, Position, Query, ReadOptions, StreamChange, StreamError, StreamId,
    StreamStatus,
};
use eskit_runtime::{EventStore, StoreError, delegate_store};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use super::outcome::append_outcome;

/// A store that counts and times its calls through the [`metrics`] facade; the program chooses the exporter.
///
/// | name | kind | unit | labels |
/// |---|---|---|---|
/// | `eskit_append_duration_seconds` | histogram | seconds | `outcome`: `appended`, `repeated`, `conflict`, `limit`, `id_reused`, `closed`, `unknown`, `failed` |
/// | `eskit_appended_events_total` | counter | events; a repeat counts none | |
/// | `eskit_read_duration_seconds` | histogram | seconds, of one page | `outcome`: `read`, `failed` |
/// | `eskit_read_events_total` | counter | events | |
/// | `eskit_head_duration_seconds` | histogram | seconds | `outcome`: `read`, `failed` |
/// | `eskit_change_stream_duration_seconds` | histogram | seconds | `change`: `archive`, `restore`, `tombstone`, `delete`; `outcome`: `changed`, `failed` |
/// | `eskit_head_position` | gauge | the position of the last event that the store reported | |
///
/// `watch` is not timed: how long it waits says nothing about the store.
#[derive(Clone, Debug)]
pub struct Metered<S> {
    store: S,
}

impl<S> Metered<S> {
    /// The store, with its calls counted and timed. Describes the metrics to the recorder that is installed by now.
    pub fn new(store: S) -> Metered<S> {
        describe();
        Metered { store }
    }
}

/// Tells the exporter the units and meanings of the table above.
fn describe() {
    describe_histogram!("eskit_append_duration_seconds", Unit::Seconds, "How long an append took, by outcome");
    describe_counter!("eskit_appended_events_total", Unit::Count, "Events that were appended; a repeat counts none");
    describe_histogram!("eskit_read_duration_seconds", Unit::Seconds, "How long the read of one page took, by outcome");
    describe_counter!("eskit_read_events_total", Unit::Count, "Events that were read");
    describe_histogram!(
        "eskit_head_duration_seconds",
        Unit::Seconds,
        "How long reading the head of the log took, by outcome"
    );
    describe_histogram!(
        "eskit_change_stream_duration_seconds",
        Unit::Seconds,
        "How long a change of a stream took, by change and outcome"
    );
    describe_gauge!("eskit_head_position", Unit::Count, "Position of the last event that the store reported");
}

fn read_outcome<T>(answer: &Result<T, StoreError>) -> &'static str {
    if answer.is_ok() { "read" } else { "failed" }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and exact up to 2^53")]
fn set_head(position: Position) {
    gauge!("eskit_head_position").set(position.get() as f64);
}

impl<S: EventStore> EventStore for Metered<S> {
    delegate_store!(|layer| &layer.store, except append, read, head, watch, change_stream);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let started = Instant::now();
        let answer = self.store.append(append).await;
        let outcome = append_outcome(&answer);
        histogram!("eskit_append_duration_seconds", "outcome" => outcome).record(started.elapsed());
        if let Ok(appended) = &answer
            && !appended.repeated
        {
            counter!("eskit_appended_events_total").increment(appended.positions.len() as u64);
            set_head(appended.last());
        }
        answer
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        let started = Instant::now();
        let answer = self.store.read(query, options).await;
        histogram!("eskit_read_duration_seconds", "outcome" => read_outcome(&answer)).record(started.elapsed());
        if let Ok(page) = &answer {
            counter!("eskit_read_events_total").increment(page.events.len() as u64);
        }
        answer
    }

    async fn head(&self) -> Result<Place, StoreError> {
        let started = Instant::now();
        let answer = self.store.head().await;
        histogram!("eskit_head_duration_seconds", "outcome" => read_outcome(&answer)).record(started.elapsed());
        if let Ok(head) = &answer {
            set_head(head.position);
        }
        answer
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        let answer = self.store.watch(after).await;
        if let Ok(head) = &answer {
            set_head(head.position);
        }
        answer
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        let (started, change_name) = (Instant::now(), change.name());
        let answer = self.store.change_stream(stream, change).await;
        let outcome = if answer.is_ok() { "changed" } else { "failed" };
        histogram!("eskit_change_stream_duration_seconds", "change" => change_name, "outcome" => outcome)
            .record(started.elapsed());
        answer
    }
}
