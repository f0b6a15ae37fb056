//! Events for others: what is published, in which order, and what a lost answer or a lost checkpoint repeats.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use eskit::nats::async_nats::{self, Client, Message};
use eskit::nats::events::{Publication, Published, Publisher, SealedEvents, received};
use eskit::prelude::*;
use eskit::subscription::Order;
use eskit::{MemoryViews, Running};
use eskit_nats::testing::{self, Proxy, Server};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use shop::{ItemOrdered, Line, OrderId, OrderPaid, Pay, Place, Receive, Sku};

/// All events of the shop, each under its type, and those of orders under the order.
struct ShopEvents(&'static str);

impl Publication for ShopEvents {
    const NAME: &'static str = "shop-events";
    const PERSONAL: SealedEvents = SealedEvents::LeaveOut;

    fn subject(&self, event: &RecordedEvent) -> Option<String> {
        // Deliveries are the shop's own affair.
        (&*event.name != "shop.StockReceived").then(|| format!("{}.{}", self.0, event.name))
    }
}

async fn ask(nats: &Client, what: &str, body: Value) -> Value {
    let answer = nats.request(format!("$JS.API.{what}"), body.to_string().into()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
    assert!(answer.get("error").is_none(), "{answer}");
    answer
}

/// Makes a stream that takes all subjects with this prefix.
async fn make_stream(nats: &Client, prefix: &str) {
    let config = json!({ "name": prefix, "subjects": [format!("{prefix}.>")], "storage": "file" });
    ask(nats, &format!("STREAM.CREATE.{prefix}"), config).await;
}

/// What a stream holds, in order.
async fn stored(nats: &Client, stream: &str) -> Vec<RecordedEvent> {
    let count = ask(nats, &format!("STREAM.INFO.{stream}"), json!({})).await["state"]["messages"].as_u64().unwrap();
    let inbox = nats.new_inbox();
    let messages = nats.subscribe(inbox.clone()).await.unwrap();
    let config = json!({ "deliver_policy": "all", "ack_policy": "none", "deliver_subject": inbox });
    ask(nats, &format!("CONSUMER.CREATE.{stream}"), json!({ "stream_name": stream, "config": config })).await;
    let messages = messages.take(usize::try_from(count).unwrap()).collect::<Vec<Message>>();
    let messages = tokio::time::timeout(Duration::from_secs(5), messages).await.unwrap();
    messages.iter().map(|message| received(message).unwrap()).collect()
}

async fn start(store: MemoryStore, publisher: &Publisher<ShopEvents>, views: &MemoryViews) -> Running<MemoryStore> {
    let app = App::new(store).with_projection(publisher.subscriber(), publisher.views(views.clone()));
    app.start().await.unwrap()
}

/// Waits until a stream holds so many messages.
async fn reach(nats: &Client, stream: &str, count: u64) {
    for _ in 0..1000 {
        let state = ask(nats, &format!("STREAM.INFO.{stream}"), json!({})).await;
        if state["state"]["messages"].as_u64().unwrap() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the stream `{stream}` does not come to {count} messages");
}

/// So many orders, each of two products and paid: three events in the stream of each.
async fn sell(app: &App<MemoryStore>, orders: std::ops::Range<u32>) {
    for sku in ["tea", "milk"] {
        app.execute(Receive { sku: Sku(sku.to_owned()), count: 1000 }).await.unwrap();
    }
    for order in orders.clone() {
        let line = |sku: &str| Line { sku: Sku(sku.to_owned()), count: 1 };
        let order = OrderId(format!("o{order}"));
        app.execute(Place { order, lines: vec![line("tea"), line("milk")] }).await.unwrap();
    }
    for order in orders {
        app.execute(Pay { order: OrderId(format!("o{order}")), receipt_to: None }).await.unwrap();
    }
}

/// The versions in which the events of each stream came.
fn versions(events: &[RecordedEvent]) -> BTreeMap<String, Vec<u64>> {
    let mut versions: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for event in events {
        let at = event.stream.as_ref().unwrap();
        versions.entry(at.stream.id().to_owned()).or_default().push(at.version);
    }
    versions
}

async fn connect(server: &Server) -> Client {
    async_nats::connect(server.address()).await.unwrap()
}

#[tokio::test]
async fn events_are_published_once_and_whole_also_after_a_restart_and_without_a_checkpoint() {
    let Some(server) = testing::server().unwrap() else { return };
    let nats = connect(server).await;
    make_stream(&nats, "published").await;
    // Of a queue group, one member gets each message, as it is published.
    let mut group = nats.queue_subscribe("published.shop.OrderPaid", "accounts".to_owned()).await.unwrap();
    nats.flush().await.unwrap();
    let (store, views) = (MemoryStore::new(), MemoryViews::new());
    let publisher = Publisher::new(ShopEvents("published"), nats.clone());

    let app = start(store.clone(), &publisher, &views).await;
    sell(&app, 0..3).await;
    reach(&nats, "published", 9).await;
    app.stop().await.unwrap();
    let app = start(store.clone(), &publisher, &views).await;
    sell(&app, 3..5).await;
    reach(&nats, "published", 15).await;
    app.stop().await.unwrap();
    // A process that has lost its checkpoint publishes all again, and JetStream leaves out what it has.
    let app = start(store.clone(), &publisher, &MemoryViews::new()).await;
    let head = store.head().await.unwrap();
    app.caught_up::<Published<ShopEvents>>(head).await.unwrap();
    app.stop().await.unwrap();

    let in_stream = stored(&nats, "published").await;
    let page = store.read(&Query::all(), ReadOptions::default()).await.unwrap();
    let in_log: Vec<_> = page.events.iter().filter(|event| event.stream.is_some()).collect();
    assert_eq!(in_stream.len(), in_log.len());
    for event in in_log {
        let mut found = in_stream.iter().filter(|found| found.id == event.id);
        let one = found.next().unwrap();
        assert!(found.next().is_none(), "{event:?} is there twice");
        let mut one = one.clone();
        one.part = event.part;
        assert_eq!(one, *event);
    }
    assert!(versions(&in_stream).values().all(|versions| *versions == [1, 2, 3]));
    let paid = received(&group.next().await.unwrap()).unwrap().decode::<OrderPaid>().unwrap();
    assert_eq!(paid.order, OrderId("o0".to_owned()));
}

/// Of what is lost on its way, nothing that comes after it in its stream is published before it.
#[tokio::test]
async fn messages_and_answers_that_are_lost_change_no_order() {
    let Some(server) = testing::server().unwrap() else { return };
    let direct = connect(server).await;
    make_stream(&direct, "ordered").await;
    let (sent, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let lost = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lost);
    let proxy = Proxy::start(&server.address(), move |frame| {
        let is_answer = !frame.is_from_client && frame.body.starts_with(b"{\"stream\":");
        let number = match frame.line.starts_with("HPUB ordered.") {
            true => sent.fetch_add(1, Ordering::SeqCst),
            false if is_answer => answered.fetch_add(1, Ordering::SeqCst) + 3,
            false => return Some(frame),
        };
        // Two messages and two answers of the first ones.
        let is_lost = number % 5 == 4 && number < 12;
        counted.fetch_add(usize::from(is_lost), Ordering::SeqCst);
        (!is_lost).then_some(frame)
    });
    let proxy = proxy.unwrap();
    let nats = async_nats::connect(proxy.address()).await.unwrap();
    let publisher = Publisher::new(ShopEvents("ordered"), nats).ack_timeout(Duration::from_millis(200));
    let store = MemoryStore::new();
    sell(&App::new(store.clone()), 0..8).await;
    let app = start(store, &publisher, &MemoryViews::new()).await;
    reach(&direct, "ordered", 24).await;
    app.stop().await.unwrap();
    let in_stream = stored(&direct, "ordered").await;
    assert_eq!((in_stream.len(), lost.load(Ordering::SeqCst)), (24, 4));
    assert!(versions(&in_stream).values().all(|versions| *versions == [1, 2, 3]), "{:?}", versions(&in_stream));
    assert!(in_stream.iter().any(|event| event.decode::<ItemOrdered>().is_ok()));
}

/// Its subjects can be had by no stream, while it says so.
struct Odd(Arc<AtomicBool>);

impl Publication for Odd {
    const NAME: &'static str = "odd-events";
    const PERSONAL: SealedEvents = SealedEvents::Publish;
    const ORDER: Order = Order::Each;

    fn subject(&self, _: &RecordedEvent) -> Option<String> {
        Some(if self.0.load(Ordering::SeqCst) { "odd events" } else { "odd.events" }.to_owned())
    }
}

#[tokio::test]
async fn a_publisher_waits_for_its_stream_and_stops_at_what_cannot_be_published() {
    let Some(server) = testing::server().unwrap() else { return };
    let nats = connect(server).await;
    let is_odd = Arc::new(AtomicBool::new(false));
    let publisher = Publisher::new(Odd(Arc::clone(&is_odd)), nats.clone()).ack_timeout(Duration::from_millis(200));
    let app = App::new(MemoryStore::new());
    let app = app.with_projection(publisher.subscriber(), publisher.views(MemoryViews::new())).start().await.unwrap();
    app.execute(Receive { sku: Sku("tea".to_owned()), count: 1 }).await.unwrap();
    let error = loop {
        if let Some(error) = &app.health()[0].error {
            break error.to_string();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(error.contains("cannot publish an event to `odd.events`"), "{error}");
    assert!(error.contains("check that a stream of JetStream takes `odd.events`"), "{error}");
    make_stream(&nats, "odd").await;
    reach(&nats, "odd", 1).await;
    is_odd.store(true, Ordering::SeqCst);
    app.execute(Receive { sku: Sku("tea".to_owned()), count: 2 }).await.unwrap();
    let failed = tokio::time::timeout(Duration::from_secs(5), app.failed()).await.unwrap();
    let text = format!("{failed:?}");
    assert!(text.contains("`odd events` is no subject of NATS"), "{text}");
    app.stop().await.unwrap();
}
