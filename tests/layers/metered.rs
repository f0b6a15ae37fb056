use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use eskit::layer::Metered;
use eskit::log::{Append, NewEvent, Place, Query, ReadOptions, StoreErrorKind, StreamChange, StreamId};
use eskit::prelude::*;
use eskit_tests::scripted::{Scripted, Step};
use metrics::Unit;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use super::one;

/// What was recorded while a future ran, by name and labels: the value, or for a histogram how many there are.
fn recorded(work: impl Future<Output = ()>) -> BTreeMap<String, f64> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(work));
    let metrics = snapshotter.snapshot().into_vec().into_iter().map(|(key, _, _, value)| {
        let labels: String = key.key().labels().map(|label| format!(" {}={}", label.key(), label.value())).collect();
        let value = match value {
            #[expect(clippy::cast_precision_loss, reason = "counts of a test")]
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(values) => {
                assert!(values.iter().all(|seconds| (0.0..10.0).contains(&seconds.into_inner())), "not in seconds");
                #[expect(clippy::cast_precision_loss, reason = "counts of a test")]
                let count = values.len() as f64;
                count
            }
        };
        (format!("{}{labels}", key.key().name()), value)
    });
    metrics.collect()
}

#[test]
fn calls_are_counted_and_timed_by_outcome() {
    let metrics = recorded(async {
        let inner = Scripted::new();
        inner.script([Step::LoseAnswer, Step::Fail(StoreErrorKind::Full)]);
        let store = Metered::new(inner);
        let append = one();
        assert!(store.append(append.clone()).await.is_err());
        assert!(store.append(one()).await.is_err());
        store.append(append).await.unwrap();
        store.append(one()).await.unwrap();
        store.append(one()).await.unwrap();
        store.read(&Query::all(), ReadOptions::default()).await.unwrap();
        store.watch(Place::START).await.unwrap();
        store.head().await.unwrap();
    });
    let expected = [
        ("eskit_append_duration_seconds outcome=appended", 2.0),
        ("eskit_append_duration_seconds outcome=failed", 1.0),
        ("eskit_append_duration_seconds outcome=repeated", 1.0),
        ("eskit_append_duration_seconds outcome=unknown", 1.0),
        ("eskit_appended_events_total", 2.0),
        ("eskit_head_duration_seconds outcome=read", 1.0),
        ("eskit_head_position", 3.0),
        ("eskit_read_duration_seconds outcome=read", 1.0),
        ("eskit_read_events_total", 3.0),
    ];
    assert_eq!(metrics, BTreeMap::from(expected.map(|(name, value)| (name.to_owned(), value))));
}

#[test]
fn each_metric_is_described_with_its_unit() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let store = Metered::new(MemoryStore::new());
            let stream = StreamId::new("account", "a");
            store.append(Append::new(vec![on(&stream)])).await.unwrap();
            store.read(&Query::all(), ReadOptions::default()).await.unwrap();
            store.head().await.unwrap();
            store.change_stream(&stream, StreamChange::Archive).await.unwrap();
        });
    });
    let mut names = BTreeSet::new();
    for (key, unit, description, _) in snapshotter.snapshot().into_vec() {
        let name = key.key().name().to_owned();
        let expected = if name.ends_with("_seconds") { Unit::Seconds } else { Unit::Count };
        assert_eq!(unit, Some(expected), "{name}");
        assert!(description.is_some_and(|text| !text.is_empty()), "{name}");
        names.insert(name);
    }
    assert_eq!(names.len(), 7, "{names:?}");
}

#[test]
fn changes_of_streams_are_timed_by_kind_and_outcome() {
    let metrics = recorded(async {
        let store = Metered::new(MemoryStore::new());
        let stream = StreamId::new("account", "a");
        store.change_stream(&stream, StreamChange::Archive).await.unwrap_err();
        store.append(Append::new(vec![on(&stream)])).await.unwrap();
        store.change_stream(&stream, StreamChange::Archive).await.unwrap();
        store.append(Append::new(vec![on(&stream)])).await.unwrap_err();
    });
    assert_eq!(metrics["eskit_change_stream_duration_seconds change=archive outcome=failed"], 1.0);
    assert_eq!(metrics["eskit_change_stream_duration_seconds change=archive outcome=changed"], 1.0);
    assert_eq!(metrics["eskit_append_duration_seconds outcome=closed"], 1.0);
}

fn on(stream: &StreamId) -> NewEvent {
    NewEvent::json("bank.Paid", "{}").with_stream(stream.clone())
}
