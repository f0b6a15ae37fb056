//! What `#[processor]` makes of the methods of an impl block.

use std::sync::{Arc, Mutex};

use eskit::log::NewEvent;
use eskit::model::{Emit, Registry};
use eskit::prelude::*;
use eskit::processor::{Effect, Processor};
use eskit::subscription::{OnError, Order, Start, State, Subscriber};
use eskit::{MemoryViews, Running};

use crate::shop::{Paid, Ship, Shipped, shipped};

#[derive(Event, Serialize, Deserialize)]
struct Cancelled {
    #[tag]
    order: u64,
}

#[derive(Event, Serialize, Deserialize)]
struct Returned {
    #[tag]
    order: u64,
}

#[derive(Event)]
enum Ended {
    Cancelled(Cancelled),
    Returned(Returned),
}

/// What was called, and for which event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn push(&self, text: impl ToString) {
        self.0.lock().unwrap().push(text.to_string());
    }

    fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

struct Desk(Log);

#[processor(name = "desk", from = "beginning", by = "order", on_error = "park")]
impl Desk {
    /// The second command is always refused.
    #[on(refused = "skip")]
    fn paid(&self, event: &Paid, at: &Timestamp, recorded: &RecordedEvent) -> Vec<Ship> {
        assert_eq!(*at, recorded.recorded_at);
        self.0.push("paid");
        vec![Ship { order: event.order }, Ship { order: event.order }]
    }

    #[on]
    async fn shipped(&self, event: &Shipped, recorded: &RecordedEvent, cx: &mut Effect<'_>) -> Result<(), String> {
        tokio::task::yield_now().await;
        assert_eq!(cx.key(), format!("desk/{}", recorded.id));
        self.0.push(format!("shipped {}", event.order));
        if event.order == 13 { Err("the mail server does not answer".to_owned()) } else { Ok(()) }
    }

    /// It returns nothing, since there is nothing to do.
    #[on]
    fn ended(&self, event: &Ended) {
        self.0.push(match event {
            Ended::Cancelled(Cancelled { order }) => format!("cancelled {order}"),
            Ended::Returned(Returned { order }) => format!("returned {order}"),
        });
    }

    #[cfg(any())]
    #[on(refused = "fail")]
    fn absent(&self, _: &Absent) -> Absent {}

    /// Not marked: it stays as it is.
    fn name() -> &'static str {
        Self::TYPE.name
    }
}

/// It takes every event.
struct Publisher(Log);

#[processor(name = "publisher", from = "now", on_error = "skip")]
impl Publisher {
    #[on]
    fn paid(&self, _: &Paid) {
        self.0.push("a payment");
    }

    #[on]
    async fn any(&self, recorded: &RecordedEvent, _: &mut Effect<'_>) {
        self.0.push(&recorded.name);
    }
}

async fn append(app: &Running<MemoryStore>, events: impl Emit) {
    let events = NewEvent::encode(&events).unwrap();
    app.store().append(Append::new(events)).await.unwrap();
}

#[test]
fn the_words_of_the_attribute_describe_the_processor() {
    let (desk, publisher) = (Desk::TYPE, Publisher::TYPE);
    assert_eq!((desk.name, desk.version, desk.rust_name, desk.tables), ("desk", 1, "Desk", ""));
    assert_eq!((desk.order, desk.on_error), (Order::Tag("order"), OnError::Park));
    assert_eq!((publisher.order, publisher.on_error), (Order::All, OnError::Skip));
    assert_eq!([<Desk as Processor>::FROM, Publisher::FROM], [Start::Beginning, Start::Now]);
    assert_eq!([Desk::ACTS, Publisher::ACTS], [true, true]);
    assert_eq!([Desk::TAKES_ALL, Publisher::TAKES_ALL], [false, true]);
    assert_eq!(Desk::name(), "desk");
    let mut names = Desk::EVENTS.names();
    names.sort_unstable();
    assert_eq!(names, ["Cancelled", "Paid", "Returned", "Shipped"].map(|name| format!("eskit-tests.{name}")));
}

#[tokio::test]
async fn events_reach_their_methods_and_commands_are_executed() {
    let (log, views) = (Log::default(), MemoryViews::new());
    let app = App::new(MemoryStore::new()).with_processor(Desk(log.clone()), views).start().await.unwrap();
    append(&app, (Paid { order: 7 }, Cancelled { order: 8 }, Ended::Returned(Returned { order: 9 }))).await;
    // The event of the command follows those.
    while shipped(&app).await.is_empty() {
        tokio::task::yield_now().await;
    }
    app.caught_up::<Desk>(app.store().head().await.unwrap()).await.unwrap();
    assert_eq!(log.texts(), ["paid", "cancelled 8", "returned 9", "shipped 7"]);
    assert_eq!(shipped(&app).await.len(), 1);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_method_takes_every_event_without_one_of_its_own() {
    let log = Log::default();
    let app = App::new(MemoryStore::new());
    let app = app.with_processor(Publisher(log.clone()), MemoryViews::new()).start().await.unwrap();
    append(&app, (Shipped { order: 1 }, Paid { order: 2 }, Cancelled { order: 3 })).await;
    app.caught_up::<Publisher>(app.store().head().await.unwrap()).await.unwrap();
    assert_eq!(log.texts(), ["eskit-tests.Shipped", "a payment", "eskit-tests.Cancelled"]);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn the_error_of_a_method_is_that_of_its_event() {
    let (log, views) = (Log::default(), MemoryViews::new());
    let mut options = eskit::subscription::FollowOptions::default();
    options.retry = eskit::RetryPolicy::attempts(2);
    let app = App::new(MemoryStore::new()).with_follow_options(options);
    let app = app.with_processor(Desk(log.clone()), views).start().await.unwrap();
    append(&app, (Shipped { order: 13 }, Shipped { order: 14 })).await;
    app.caught_up::<Desk>(app.store().head().await.unwrap()).await.unwrap();
    assert_eq!(log.texts(), ["shipped 13", "shipped 13", "shipped 14"]);
    let parked = app.parked::<Desk>().unwrap().list().await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!((parked[0].key.as_str(), parked[0].text.as_str()), ("13", "the mail server does not answer"));
    assert_eq!(app.health()[0].state, State::Live);
    app.stop().await.unwrap();
}

#[test]
fn the_registry_lists_processors() {
    let registry = Registry::collect();
    let names: Vec<&str> = registry.processors().map(|(processor, _)| processor.name).collect();
    assert_eq!(
        names,
        [
            "changing",
            "charging",
            "closing",
            "counted",
            "counting",
            "desk",
            "following",
            "from-now",
            "mailing",
            "mailing-and-shipping",
            "packing",
            "parcels-new",
            "parcels-old",
            "parking",
            "publisher",
            "returning",
            "shipping",
            "skipping",
            "watched"
        ]
    );
    assert_eq!(registry.projections().count(), 0);
    let json = registry.to_json();
    let publisher = &json["processors"][14];
    assert_eq!((publisher["type"].as_str(), publisher["takes_all"].as_bool()), (Some("Publisher"), Some(true)));
    assert_eq!(publisher["events"], serde_json::json!(["eskit-tests.Paid"]));
    assert!(publisher.get("version").is_none(), "{publisher}");
}
