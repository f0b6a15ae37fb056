//! The shop over HTTP, in memory and with files of SQLite.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use eskit::layer::Hooked;
use eskit::log::{Condition, EventStore as _, Position, Query, ReadOptions};
use eskit::sqlite::{SqliteStore, SqliteViews};
use eskit::{AnyStore, App, MemoryStore, MemoryViews, RetryPolicy};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use shop::{Settings, Shop, router};
use tower::ServiceExt as _;

struct Client(Router);

#[allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]
impl Client {
    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.0.clone().oneshot(request).await.unwrap();
        let (status, body) = (response.status(), response.into_body().collect().await.unwrap().to_bytes());
        let value = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
        (status, value)
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn delete(&self, path: &str) -> (StatusCode, Value) {
        self.send(Request::delete(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.post_with_key(path, body, None).await
    }

    async fn post_with_key(&self, path: &str, body: Value, key: Option<&str>) -> (StatusCode, Value) {
        let mut request = Request::post(path).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }
}

#[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
async fn in_memory() -> Client {
    Client(router(
        Shop::open(AnyStore::new(MemoryStore::new()), MemoryViews::new(), Settings::default()).await.unwrap(),
    ))
}

#[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
fn keys(page: &Value) -> Vec<&str> {
    page["rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect()
}

fn error(answer: (StatusCode, Value)) -> (u16, String) {
    (answer.0.as_u16(), answer.1["error"].as_str().unwrap_or_default().to_owned())
}

async fn sells(client: &Client) {
    assert_eq!(client.post("/stock", json!({"sku": "tea", "count": 5})).await.0, StatusCode::OK);
    assert_eq!(client.post("/stock", json!({"sku": "milk", "count": 2})).await.0, StatusCode::OK);

    let lines = json!([{"sku": "tea", "count": 1}, {"sku": "milk", "count": 2}, {"sku": "tea", "count": 1}]);
    let (status, order) = client.post("/orders", json!({"order": "1", "lines": lines})).await;
    assert_eq!(status, StatusCode::CREATED, "{order}");
    assert_eq!(order["lines"], json!([{"sku": "tea", "count": 2}, {"sku": "milk", "count": 2}]));

    // The lists show what was just written.
    let (_, page) = client.get("/orders").await;
    assert_eq!((keys(&page), &page["rows"][0]["state"]), (vec!["1"], &order));
    let (_, page) = client.get("/stock?min=1").await;
    assert_eq!((keys(&page), &page["rows"][0]["state"]), (vec!["tea"], &json!({"available": 3, "ordered": 2})));

    let sold_out = client.post("/orders", json!({"order": "2", "lines": [{"sku": "milk", "count": 1}]})).await;
    assert_eq!(error(sold_out), (409, "only 0 of `milk` are in stock".to_owned()));
    let (status, cancelled) = client.delete("/orders/1").await;
    assert_eq!((status, &cancelled["status"]), (StatusCode::OK, &json!("cancelled")));
    let (status, _) = client.post("/orders", json!({"order": "2", "lines": [{"sku": "milk", "count": 1}]})).await;
    assert_eq!(status, StatusCode::CREATED);

    assert_eq!(keys(&client.get("/orders").await.1), ["2", "1"]);
    assert_eq!(keys(&client.get("/orders?status=placed").await.1), ["2"]);
    assert_eq!(client.get("/orders/1").await.1, cancelled);
}

#[tokio::test]
async fn a_shop_sells_what_it_has() {
    sells(&in_memory().await).await;
}

#[tokio::test]
async fn what_a_request_appends_says_where_it_comes_from() {
    let shop = Shop::open(AnyStore::new(MemoryStore::new()), MemoryViews::new(), Settings::default()).await.unwrap();
    let client = Client(router(shop.clone()));
    let request = Request::post("/stock").header("content-type", "application/json");
    let request = request.header("x-request-id", "request-17").header("x-user", "ada");
    let body = json!({"sku": "tea", "count": 5}).to_string();
    assert_eq!(client.send(request.body(Body::from(body)).unwrap()).await.0, StatusCode::OK);
    let page = shop.app().store().read(&Query::all(), ReadOptions::default()).await.unwrap();
    let metadata = &page.events[0].metadata;
    assert_eq!(metadata.correlation_id(), Some("request-17"));
    assert_eq!(metadata.originator().map(|user| user.id.as_str()), Some("ada"));
    shop.close().await.unwrap();
}

#[tokio::test]
async fn its_lists_survive_a_restart() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("restart");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let open = || async {
        let store = AnyStore::new(SqliteStore::open(folder.join("shop.db")).await.unwrap());
        Shop::open(store, SqliteViews::open(folder.join("shop.views.db")).await.unwrap(), Settings::default())
            .await
            .unwrap()
    };
    let shop = open().await;
    sells(&Client(router(shop.clone()))).await;
    shop.close().await.unwrap();
    drop(shop);
    let client = Client(router(open().await));
    assert_eq!(keys(&client.get("/orders").await.1), ["2", "1"]);
}

#[tokio::test]
async fn each_error_has_its_status() {
    let client = in_memory().await;
    assert_eq!(error(client.get("/orders/9").await), (404, "there is no order `9`".to_owned()));
    assert_eq!(error(client.delete("/orders/9").await), (404, "there is no order `9`".to_owned()));
    let empty = client.post("/orders", json!({"order": "1", "lines": []})).await;
    assert_eq!(error(empty), (422, "the order has no lines".to_owned()));
    assert_eq!(client.post("/stock", json!({"sku": "tea", "count": 0})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(client.post("/stock", json!({"sku": "tea"})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    client.post("/stock", json!({"sku": "tea", "count": 9})).await;
    let order = json!({"order": "1", "lines": [{"sku": "tea", "count": 1}]});
    client.post("/orders", order.clone()).await;
    assert_eq!(error(client.post("/orders", order).await), (409, "there is an order `1` already".to_owned()));
    client.delete("/orders/1").await;
    assert_eq!(client.delete("/orders/1").await.0, StatusCode::CONFLICT);
    let (status, text) = error(client.get("/orders?after=here").await);
    assert_eq!((status, text.starts_with("`here` is no cursor")), (422, true), "{text}");
    assert_eq!(client.get("/health").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_is_sent_twice_counts_once() {
    let client = in_memory().await;
    let stock = json!({"sku": "tea", "count": 5});
    let first = client.post_with_key("/stock", stock.clone(), Some("delivery-17")).await;
    let second = client.post_with_key("/stock", stock, Some("delivery-17")).await;
    assert_eq!((first.1["available"].clone(), &second), (json!(5), &first));
    let other = client.post_with_key("/stock", json!({"sku": "milk", "count": 1}), Some("delivery-17")).await;
    assert_eq!(other.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn pages_follow_each_other() {
    let client = in_memory().await;
    for n in 0..120 {
        client.post("/stock", json!({"sku": format!("sku-{n:03}"), "count": n % 7 + 1})).await;
    }
    let (mut found, mut path) = (Vec::new(), "/stock".to_owned());
    loop {
        let (_, page) = client.get(&path).await;
        found.extend(keys(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/stock?after={next}");
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 120);
}

#[tokio::test]
async fn a_command_is_executed_by_its_name() {
    let client = in_memory().await;
    let (status, done) = client.post("/commands/shop.Receive", json!({"sku": "tea", "count": 5})).await;
    assert_eq!((status, done), (StatusCode::OK, json!({"positions": [1], "repeated": false})));
    let order = json!({"order": "1", "lines": [{"sku": "tea", "count": 2}]});
    let placed = client.post_with_key("/commands/shop.Place?version=1", order.clone(), Some("place-1")).await;
    assert_eq!(placed, (StatusCode::OK, json!({"positions": [2], "repeated": false})));
    let again = client.post_with_key("/commands/shop.Place", order, Some("place-1")).await;
    assert_eq!(again, (StatusCode::OK, json!({"positions": [2], "repeated": true})));
    let pay = json!({"order": "1", "receipt_to": null});
    assert_eq!(client.post("/commands/shop.Pay", pay).await.0, StatusCode::OK);
    assert_eq!(client.get("/orders/1").await.1["status"], json!("paid"));
}

/// The status, the kind and the text of a problem.
fn problem((status, body): (StatusCode, Value)) -> (u16, String, String) {
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (status.as_u16(), text("kind"), text("error"))
}

#[tokio::test]
async fn a_command_that_is_not_executed_says_of_which_kind_its_problem_is() {
    let client = in_memory().await;
    let (status, kind, text) = problem(client.post("/commands/shop.Cancle", json!({"order": "1"})).await);
    assert_eq!((status, kind.as_str()), (404, "unknown_command"), "{text}");
    assert!(text.contains("did you mean `shop.Cancel`?"), "{text}");
    for (name, body, version) in [
        ("shop.Cancel", json!({"number": "1"}), ""),
        ("shop.Cancel", json!("no object"), ""),
        ("shop.Cancel", json!({"order": "1"}), "?version=2"),
    ] {
        let (status, kind, text) = problem(client.post(&format!("/commands/{name}{version}"), body).await);
        assert_eq!((status, kind.as_str()), (422, "bad_payload"), "{text}");
    }
    let (status, body) = client.post("/commands/shop.Cancel", json!({"order": "1"})).await;
    let refused = json!({"kind": "refused", "command": "Cancel", "error": "there is no order `1`"});
    assert_eq!((status, body), (StatusCode::CONFLICT, refused));
    let stock = json!({"sku": "tea", "count": 5});
    assert_eq!(client.post_with_key("/commands/shop.Receive", stock, Some("one")).await.0, StatusCode::OK);
    let other = json!({"sku": "milk", "count": 5});
    let (status, kind, _) = problem(client.post_with_key("/commands/shop.Receive", other, Some("one")).await);
    assert_eq!((status, kind.as_str()), (422, "invalid"));
}

#[tokio::test]
async fn a_conflict_says_that_the_command_may_be_sent_again() {
    // As if others were faster at every try.
    let store = Hooked::new(MemoryStore::new()).before_append(|append| {
        append.conditions.push(Condition::NoEvents { query: Query::all(), after: Position::START });
        Ok(())
    });
    let app = App::new(AnyStore::new(store)).with_retry(RetryPolicy::never());
    let client = Client(router(Shop::start(app, MemoryViews::new(), Settings::default()).await.unwrap()));
    let stock = json!({"sku": "tea", "count": 5});
    assert_eq!(client.post("/commands/shop.Receive", stock.clone()).await.0, StatusCode::OK);
    let (status, kind, _) = problem(client.post("/commands/shop.Receive", stock).await);
    assert_eq!((status, kind.as_str()), (409, "conflict"));
}
