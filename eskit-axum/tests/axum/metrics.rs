use std::collections::BTreeSet;

use axum::http::StatusCode;
use eskit::MemoryViews;
use eskit::prelude::*;
use eskit::profile::Profiler;
use eskit_axum::{Prometheus, profile};
use serde_json::{Value, json};

use super::client::get;
use super::orders::{Order, Place};

#[tokio::test]
async fn the_metrics_are_those_of_now_and_the_profile_is_of_the_same_durations() {
    let profiler = Profiler::new();
    let prometheus = Prometheus::install_with(&profiler).unwrap();
    assert!(Prometheus::install().unwrap_err().to_string().contains("help: install the recorder once"));
    let app = App::new(MemoryStore::new()).with_rows::<Order>(MemoryViews::new()).start().await.unwrap();
    let router = prometheus.router(app.clone());
    app.execute(Place { order: 1 }).await.unwrap();
    app.settle().await.unwrap();
    app.pause::<eskit::rows::Rows<Order>>().unwrap();
    app.execute(Place { order: 2 }).await.unwrap();
    let (status, text) = get(&router, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    let lines: BTreeSet<&str> = text.lines().collect();
    for line in [
        "eskit_head_position 2",
        "eskit_subscription_position{subscription=\"order\"} 1",
        "eskit_subscription_lag_events{subscription=\"order\"} 1",
        "eskit_subscription_events_total{subscription=\"order\"} 1",
        "eskit_subscription_batch_events_bucket{subscription=\"order\",le=\"1\"} 1",
        "# TYPE eskit_subscription_batch_duration_seconds histogram",
    ] {
        assert!(lines.contains(line), "`{line}` is not in\n{text}");
    }
    let (status, text) = get(&profile(profiler), "/profile").await;
    assert_eq!(status, StatusCode::OK);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!([&report["recent_seconds"], &report["before_seconds"]], [300, 3600]);
    let operations = report["operations"].as_array().unwrap();
    let [batch] = &operations[..] else { panic!("{text}") };
    for (field, value) in [("operation", "subscription_batch"), ("name", "order"), ("outcome", "handled")] {
        assert_eq!(batch[field], value, "{text}");
    }
    assert_eq!([&batch["recent"]["count"], &batch["before"]], [&json!(1), &Value::Null], "{text}");
    app.stop().await.unwrap();
}
