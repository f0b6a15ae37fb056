use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use eskit::log::{Append, NewEvent, Place as LogPlace};
use eskit::prelude::*;
use eskit::rows::Rows;
use eskit::{InMemory, MemoryViews, Running, StoreError, delegate_store};
use eskit_axum::HealthRoutes;
use serde_json::Value;

use super::client::get;
use super::orders::{Order, Place, Placed};

/// A store that can be made to hang, or to wake nobody.
#[derive(Clone, Default)]
struct Held {
    inner: MemoryStore,
    hangs: Arc<AtomicBool>,
    is_silent: Arc<AtomicBool>,
    heads: Arc<AtomicU64>,
}

impl EventStore for Held {
    delegate_store!(|held| &held.inner, except head, watch);

    async fn head(&self) -> Result<LogPlace, StoreError> {
        self.heads.fetch_add(1, Ordering::Relaxed);
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.inner.head().await
    }

    async fn watch(&self, after: LogPlace) -> Result<LogPlace, StoreError> {
        if self.is_silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.inner.watch(after).await
    }
}

async fn health(router: &Router) -> (StatusCode, Value) {
    let (status, body) = get(router, "/health").await;
    (status, serde_json::from_str(&body).unwrap())
}

fn verdict(report: &Value) -> &str {
    report["subscriptions"][0]["verdict"].as_str().unwrap()
}

async fn running(store: Held) -> Running<Held> {
    App::new(store).with_rows::<Order>(MemoryViews::new()).start().await.unwrap()
}

#[tokio::test]
async fn an_app_that_works_is_live_ready_and_healthy() {
    let app = running(Held::default()).await;
    let router = HealthRoutes::new(app.clone()).router();
    let done = app.execute(Place { order: 1 }).await.unwrap();
    app.caught_up::<Rows<Order>>(&done).await.unwrap();
    assert_eq!(get(&router, "/live").await, (StatusCode::OK, "live".to_owned()));
    assert_eq!(get(&router, "/ready").await, (StatusCode::OK, "ready".to_owned()));
    let (status, mut report) = health(&router).await;
    report["subscriptions"][0]["last_progress"] = Value::Null;
    assert_eq!(status, StatusCode::OK);
    let expected = serde_json::json!({
        "healthy": true,
        "log": { "reachable": true, "head": 1 },
        "subscriptions": [{
            "name": "order", "version": 1, "verdict": "ok", "state": "live", "position": 1, "lag_events": 0, "lag_seconds": 0.0,
            "handled": 1, "given_up": 0, "last_progress": null, "failing": false,
        }],
        "work": [],
    });
    assert_eq!(report, expected);
    app.stop().await.unwrap();
    assert_eq!(get(&router, "/ready").await, (StatusCode::SERVICE_UNAVAILABLE, "stopping".to_owned()));
    let (status, report) = health(&router).await;
    assert_eq!((status, verdict(&report)), (StatusCode::SERVICE_UNAVAILABLE, "stopped"));
    assert_eq!(get(&router, "/live").await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_hangs_makes_no_route_hang() {
    let store = Held::default();
    let app = running(store.clone()).await;
    let router = HealthRoutes::new(app).router();
    store.hangs.store(true, Ordering::Relaxed);
    store.heads.store(0, Ordering::Relaxed);
    let began = tokio::time::Instant::now();
    let answers = tokio::join!(get(&router, "/ready"), get(&router, "/ready"), health(&router), get(&router, "/live"));
    assert_eq!((answers.0.0, answers.1.0), (StatusCode::SERVICE_UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!((answers.2.0, &answers.2.1["log"]["reachable"]), (StatusCode::SERVICE_UNAVAILABLE, &Value::Bool(false)));
    assert_eq!(answers.3.0, StatusCode::OK);
    assert!(began.elapsed() < Duration::from_millis(1100), "{:?}", began.elapsed());
    assert_eq!(store.heads.load(Ordering::Relaxed), 1, "all requests ask once");
}

#[tokio::test]
async fn a_subscription_that_has_lost_touch_with_the_log_is_stuck() {
    let store = Held::default();
    let app = running(store.clone()).await;
    let router = HealthRoutes::new(app.clone()).patience(Duration::from_millis(50)).router();
    app.settle().await.unwrap();
    // It waits for the log, which does not wake it any more.
    store.is_silent.store(true, Ordering::Relaxed);
    let done = app.execute(Place { order: 1 }).await.unwrap();
    app.caught_up::<Rows<Order>>(&done).await.unwrap();
    store.inner.append(Append::new(unseen())).await.unwrap();
    let mut verdicts = vec![];
    for _ in 0..400 {
        verdicts.push(verdict(&health(&router).await.1).to_owned());
        if verdicts.last().is_some_and(|verdict| verdict == "stuck") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    verdicts.dedup();
    assert_eq!(verdicts.last().map(String::as_str), Some("stuck"), "{verdicts:?}");
    assert_eq!(health(&router).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

/// An event that is appended without the app.
fn unseen() -> Vec<NewEvent> {
    NewEvent::encode(&Placed { order: 2 }).unwrap()
}

/// Fails with the payload in its error.
#[derive(Default)]
struct Failing;

#[projection(name = "failing", memory)]
impl Failing {
    #[on]
    fn placed(&mut self, event: &Placed) -> Result<(), String> {
        Err(format!("cannot place canary-{}", event.order))
    }
}

#[tokio::test]
async fn a_failure_is_told_without_its_text() {
    let app = App::new(MemoryStore::new()).with_memory(&InMemory::<Failing>::default()).start().await.unwrap();
    let router = HealthRoutes::new(app.clone()).router();
    app.execute(Place { order: 4711 }).await.unwrap();
    assert!(app.failed().await.error.is_some_and(|error| error.contains("canary-4711")));
    let (status, report) = health(&router).await;
    assert_eq!((status, verdict(&report)), (StatusCode::SERVICE_UNAVAILABLE, "failed"));
    assert_eq!(report["subscriptions"][0]["failing"], true);
    assert!(!report.to_string().contains("canary"), "{report}");
}
