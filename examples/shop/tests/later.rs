//! What the shop does later: it cancels what is not paid in time, takes announced deliveries in, and sends mail through a service that
//! fails at random.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use eskit::prelude::*;
use eskit::testing::TestClock;
use eskit::{MemoryStore, MemoryViews};
use serde_json::Value;
use shop::{Cancel, Line, Mailer, Order, OrderId, Pay, Place, Receive, Settings, Shop, Sku, Status, Stock};
use tokio::net::TcpListener;

const MINUTE: Duration = Duration::from_secs(60);

/// A mail service that refuses two of three requests, by a fixed rule, and knows messages by their keys.
#[derive(Clone, Default)]
struct Service {
    requests: Arc<Mutex<u32>>,
    sent: Arc<Mutex<BTreeMap<String, Value>>>,
}

#[allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]
impl Service {
    async fn start(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/messages", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    }

    fn to(&self, address: &str) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        let own = sent.values().filter(|message| message["to"] == address);
        own.map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }
}

#[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
async fn take(State(service): State<Service>, headers: HeaderMap, Json(message): Json<Value>) -> StatusCode {
    let request = {
        let mut requests = service.requests.lock().unwrap();
        *requests += 1;
        *requests
    };
    if request.wrapping_mul(2_654_435_761) >> 30 < 3 {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    service.sent.lock().unwrap().insert(key, message);
    StatusCode::ACCEPTED
}

#[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
async fn open(clock: &TestClock, service: Option<&Service>) -> Shop<MemoryViews> {
    let mut settings = Settings::default();
    if let Some(service) = service {
        let address = format!("http://{}/messages", service.start().await);
        settings.mail = Some((Mailer::new(address.parse().unwrap()), "owner@shop.example".to_owned()));
    }
    let app = App::new(AnyStore::new(MemoryStore::new())).with_clock(clock);
    let shop = Shop::start(app, MemoryViews::new(), settings).await.unwrap();
    shop.app().execute(Receive { sku: tea(), count: 10 }).await.unwrap();
    shop
}

fn clock() -> TestClock {
    TestClock::at(Timestamp::from_micros(1_790_000_000_000_000))
}

fn tea() -> Sku {
    Sku("tea".to_owned())
}

fn order(number: u32) -> OrderId {
    OrderId(number.to_string())
}

#[allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]
async fn place(shop: &Shop<MemoryViews>, number: u32) {
    let lines = vec![Line { sku: tea(), count: 2 }, Line { sku: Sku("tea".to_owned()), count: 1 }];
    shop.app().execute(Place { order: order(number), lines }).await.unwrap();
}

#[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
async fn status(shop: &Shop<MemoryViews>, number: u32) -> Status {
    shop.app().load::<Order>(order(number)).await.unwrap().state.status
}

#[tokio::test]
async fn what_is_not_paid_in_time_is_cancelled() {
    let clock = clock();
    let shop = open(&clock, None).await;
    for number in 1..=3 {
        place(&shop, number).await;
    }
    clock.advance(20 * MINUTE);
    shop.app().execute(Pay { order: order(1), receipt_to: None }).await.unwrap();
    shop.app().execute(Cancel { order: order(2) }).await.unwrap();
    shop.app().settle().await.unwrap();
    clock.advance(11 * MINUTE);
    shop.app().settle().await.unwrap();
    assert_eq!(status(&shop, 1).await, Status::Paid);
    assert_eq!(status(&shop, 2).await, Status::Cancelled);
    assert_eq!(status(&shop, 3).await, Status::Cancelled);
    // What was cancelled can be sold again.
    assert_eq!(shop.app().load::<Stock>(tea()).await.unwrap().state.available, 7);
    shop.close().await.unwrap();
}

#[tokio::test]
async fn a_delivery_is_taken_in_when_it_is_due() {
    let clock = clock();
    let shop = open(&clock, None).await;
    let due = clock.now() + 10 * MINUTE;
    shop.app().enqueue(Receive { sku: tea(), count: 5 }).due(due).idempotency_key("delivery-1").await.unwrap();
    shop.app().settle().await.unwrap();
    assert_eq!(shop.app().load::<Stock>(tea()).await.unwrap().state.available, 10);
    clock.advance(10 * MINUTE);
    shop.app().settle().await.unwrap();
    assert_eq!(shop.app().load::<Stock>(tea()).await.unwrap().state.available, 15);
    shop.close().await.unwrap();
}

#[tokio::test]
async fn mail_is_sent_until_the_service_takes_it() {
    let (clock, service) = (clock(), Service::default());
    let shop = open(&clock, Some(&service)).await;
    for number in 1..=3 {
        place(&shop, number).await;
        let receipt_to = (number != 3).then(|| format!("{number}@example.org"));
        shop.app().execute(Pay { order: order(number), receipt_to }).await.unwrap();
    }
    place_unpaid(&shop).await;
    // Two nights, and time for what is tried again.
    for _ in 0..2 * 24 * 4 {
        clock.advance(15 * MINUTE);
        shop.app().settle().await.unwrap();
    }
    for number in 1..=2 {
        let sent = service.to(&format!("{number}@example.org"));
        assert_eq!(sent, [format!("Thank you. The order {number} is paid.")]);
    }
    let reports = service.to("owner@shop.example");
    assert_eq!(reports.len(), 2, "{reports:?}");
    assert!(
        reports.iter().all(|report| report.ends_with("0 orders wait to be paid, 3 are paid, 1 were cancelled.")),
        "{reports:?}"
    );
    assert_eq!(service.sent.lock().unwrap().len(), 4);
    assert!(*service.requests.lock().unwrap() > 4, "the service has refused nothing");
    assert!(shop.app().work_health().iter().all(|health| health.parked == 0));
    shop.close().await.unwrap();
}

#[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
async fn place_unpaid(shop: &Shop<MemoryViews>) {
    let lines = vec![Line { sku: tea(), count: 1 }];
    shop.app().execute(Place { order: order(4), lines }).await.unwrap();
}
