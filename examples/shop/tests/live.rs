//! What programs that watch the shop get: metrics, health, and changes as they happen.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use eskit::{AnyStore, MemoryStore, MemoryViews};
use eskit_axum::Prometheus;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use shop::{Settings, Shop, router};
use tower::ServiceExt as _;

#[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
async fn send(router: &Router, request: Request<Body>) -> (StatusCode, Body) {
    let response = router.clone().oneshot(request).await.unwrap();
    (response.status(), response.into_body())
}

#[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
async fn post(router: &Router, path: &str, body: Value) -> StatusCode {
    let request = Request::post(path).header("content-type", "application/json").body(Body::from(body.to_string()));
    send(router, request.unwrap()).await.0
}

#[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
async fn get(router: &Router, path: &str) -> Body {
    let (status, body) = send(router, Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    body
}

#[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
async fn frame(body: &mut Body) -> String {
    String::from_utf8(body.frame().await.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap()
}

/// The names of metrics in a text, without what Prometheus adds to those of histograms.
fn names<'t>(text: &'t str) -> BTreeSet<&'t str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let base =
        |word: &'t str| ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    words.filter(|word| word.starts_with("eskit_")).map(base).collect()
}

#[tokio::test]
async fn what_is_on_the_dashboard_is_measured() {
    let prometheus = Prometheus::install().unwrap();
    let shop = Shop::open(AnyStore::new(MemoryStore::new()), MemoryViews::new(), Settings::default()).await.unwrap();
    let router = router(shop.clone()).merge(prometheus.clone().router(shop.app().clone()));

    let mut changes = get(&router, "/orders/changes").await;
    assert_eq!(frame(&mut changes).await, "data: {\"all\":true}\nevent: changed\n\n");
    let mut list = get(&router, "/board/list").await;
    assert!(frame(&mut list).await.starts_with("data: elements <ul id=\"orders\"></ul>\n"));

    assert_eq!(post(&router, "/deliveries", json!({"sku": "milk", "count": 1})).await, StatusCode::ACCEPTED);
    assert_eq!(post(&router, "/stock", json!({"sku": "tea", "count": 5})).await, StatusCode::OK);
    let order = json!({"order": "<b>1", "lines": [{"sku": "tea", "count": 2}]});
    assert_eq!(post(&router, "/orders", order).await, StatusCode::CREATED);
    assert_eq!(frame(&mut changes).await, "data: {\"keys\":[\"<b>1\"]}\nevent: changed\n\n");
    assert!(frame(&mut list).await.contains("<li>&lt;b&gt;1: Placed</li>"));
    let mut sales = get(&router, "/sales").await;
    assert!(
        frame(&mut sales).await.contains("data: {\"count\":2,\"order\":\"<b>1\",\"sku\":\"tea\"}\nevent: ordered\n")
    );
    shop.app().settle().await.unwrap();

    let text = get(&router, "/metrics").await.collect().await.unwrap().to_bytes();
    let text = std::str::from_utf8(&text).unwrap();
    let dashboard = include_str!("../grafana.json");
    let panels: Value = serde_json::from_str(dashboard).unwrap();
    assert!(panels["panels"].as_array().unwrap().len() > 10);
    // Nothing was decided again, and nothing was given up.
    let happened =
        names(text).into_iter().chain(["eskit_command_conflicts_total", "eskit_subscription_given_up_total"]);
    let happened: BTreeSet<&str> = happened.collect();
    let unknown: Vec<&str> = names(dashboard).into_iter().filter(|name| !happened.contains(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?} is not in\n{text}");
    // All metrics are in the table of the documentation.
    let documented = names(include_str!("../../../docs/telemetry.md"));
    let hidden: Vec<&str> = happened.into_iter().filter(|name| !documented.contains(name)).collect();
    assert!(hidden.is_empty(), "{hidden:?} is not in docs/telemetry.md");
    shop.close().await.unwrap();
}
