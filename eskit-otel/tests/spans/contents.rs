//! No payload leaves the program in spans, logs or labels of metrics, and the number of series does not grow with the log.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use eskit::layer::{Metered, Traced};
use eskit::middleware::Logged;
use eskit::prelude::*;
use eskit::{MemoryViews, QueueOptions, processor::OnRefused};
use eskit_otel::Traces;
use eskit_tests::scripted::encode;
use metrics_util::debugging::DebuggingRecorder;
use tracing_subscriber::prelude::*;

use super::collector::Collector;
use super::orders::{Invoicing, Order, Ordered, Ship, Shipping};

const CANARY: &str = "canary-4711";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Orders, refusals, events that cannot be read, and handlers that fail because of them.
async fn everything() {
    let store = MemoryStore::new();
    let app = App::new(Metered::new(Traced::new(store)))
        .with_middleware(Logged)
        .with_middleware(eskit::middleware::Metered::new())
        .with_processor(Shipping, MemoryViews::new())
        .with_processor(Invoicing, MemoryViews::new())
        .with_queue::<Ship>("ships", MemoryViews::new(), QueueOptions::on_refused(OnRefused::Fail))
        .start()
        .await
        .unwrap();
    let order = |order| Order { order, note: CANARY.to_owned() };
    for number in 0..30 {
        app.execute(order(number)).await.unwrap();
    }
    app.execute(order(1)).await.unwrap_err();
    // The processor's command is refused.
    app.execute(Ship { order: 100 }).await.unwrap();
    app.execute(order(100)).await.unwrap();
    app.settle().await.unwrap();
    // The queue's command is refused, with a text that holds the note.
    app.enqueue(Ship { order: 1 }).await.unwrap();
    app.settle().await.unwrap();
    // An event that does not fit its type: its decoder quotes the payload.
    let mut unreadable = encode(Ordered { order: 99, note: String::new() });
    unreadable[0].payload = format!(r#"{{"order":"{CANARY}","note":"{CANARY}"}}"#).into_bytes();
    app.store().append(Append::new(unreadable)).await.unwrap();
    let failed = app.failed().await;
    assert!(failed.error.is_some_and(|error| error.contains(CANARY)), "the canary is not where it could leak from");
    app.execute(order(99)).await.unwrap_err();
    let _ = app.stop().await;
}

#[test]
fn no_payload_is_in_a_span_a_log_or_a_metric() {
    let _alone = super::Alone::start();
    let (recorder, lines) = (DebuggingRecorder::new(), Lines::default());
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let collector = Collector::start();
    let traces = Traces::export_to("campus", &collector.endpoint()).unwrap();
    let writer = lines.clone();
    let logs = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    let logs = logs.with_filter(tracing_subscriber::filter::Targets::new().with_target("eskit", tracing::Level::TRACE));
    let subscriber = tracing_subscriber::registry().with(traces.layer()).with(logs);
    metrics::with_local_recorder(&recorder, || {
        tracing::subscriber::with_default(subscriber, || runtime.block_on(everything()));
    });
    traces.flush().unwrap();

    let spans = collector.text();
    let names: BTreeSet<String> = collector.spans().into_iter().map(|span| span.name).collect();
    assert!(names.contains("execute Order") && names.contains("work ships"), "{names:?}");
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for told in ["a command was executed", "the subscription stopped", "the command was refused"] {
        assert!(logged.contains(told), "`{told}` is not in {logged}");
    }
    let metrics = snapshotter.snapshot().into_vec();
    let metrics: Vec<String> = metrics.iter().map(|(key, _, text, _)| format!("{key:?} {text:?}")).collect();
    assert!(metrics.iter().any(|metric| metric.contains("eskit_command_duration_seconds")), "{metrics:?}");
    for (what, text) in [("span", &spans), ("log", &logged), ("metric", &metrics.join("\n"))] {
        let at = text.find(CANARY).map(|at| &text[at.saturating_sub(300)..]);
        assert_eq!(at, None, "a {what} holds a payload");
    }
}

#[test]
fn the_number_of_series_does_not_grow_with_the_log() {
    let _alone = super::Alone::start();
    let series = |orders: u32| {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        metrics::with_local_recorder(&recorder, || {
            runtime.block_on(async {
                let app = App::new(Metered::new(MemoryStore::new()))
                    .with_middleware(eskit::middleware::Metered::new())
                    .with_processor(Shipping, MemoryViews::new())
                    .with_processor(Invoicing, MemoryViews::new())
                    .start()
                    .await
                    .unwrap();
                for order in 0..orders {
                    app.execute(Order { order, note: order.to_string() }).await.unwrap();
                }
                app.settle().await.unwrap();
                app.stop().await.unwrap();
            });
        });
        let metrics = snapshotter.snapshot().into_vec();
        metrics.iter().map(|(key, ..)| format!("{key:?}")).collect::<BTreeSet<_>>()
    };
    let (few, many) = (series(5), series(500));
    assert_eq!(few, many);
    assert!(few.len() > 10, "{few:?}");
}
