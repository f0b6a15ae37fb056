//! Queues of stored commands: what is executed, once, in which order, and what is left to others.

use std::time::Duration;

use eskit::log::{Principal, PrincipalKind};
use eskit::prelude::*;
use eskit::processor::OnRefused;
use eskit::work::{ListWork, NewWork, Work as _};
use eskit::{EnqueueError, MemoryViews, QueueOptions, Running, StartError};

use crate::invoices::clock;

#[derive(Event, Serialize, Deserialize)]
struct Shipped {
    #[tag]
    parcel: u64,
    #[tag]
    carrier: String,
}

#[derive(Event, Serialize, Deserialize)]
struct Returned {
    #[tag]
    parcel: u64,
}

#[derive(Command, Serialize, Deserialize)]
#[command(stored)]
struct Ship {
    #[tag]
    parcel: u64,
    #[tag]
    carrier: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command(stored)]
struct Return {
    #[tag]
    parcel: u64,
}

#[derive(Command)]
#[command(stored)]
enum ParcelCommand {
    Ship(Ship),
    Return(Return),
}

#[aggregate(tag = "parcel")]
#[derive(Default)]
struct Parcel {
    is_shipped: bool,
}

#[decider]
impl Parcel {
    #[evolve]
    fn shipped(&mut self, _: &Shipped) {
        self.is_shipped = true;
    }

    #[evolve]
    fn returned(&mut self, _: &Returned) {
        self.is_shipped = false;
    }

    #[decide]
    fn ship(&self, c: &Ship) -> Result<Shipped, &'static str> {
        if self.is_shipped {
            Err("it is on its way")
        } else {
            Ok(Shipped { parcel: c.parcel, carrier: c.carrier.clone() })
        }
    }

    #[decide]
    fn send_back(&self, c: &Return) -> Result<Returned, &'static str> {
        if self.is_shipped { Ok(Returned { parcel: c.parcel }) } else { Err("it is here") }
    }
}

const FAIL: QueueOptions = QueueOptions::on_refused(OnRefused::Fail);

fn ship(parcel: u64) -> Ship {
    Ship { parcel, carrier: "post".to_owned() }
}

async fn names(app: &App<impl EventStore>) -> Vec<String> {
    let events = app.store().read(&Query::all(), ReadOptions::default()).await.unwrap().events;
    events.into_iter().map(|event| event.name.as_str().rsplit('.').next().unwrap().to_owned()).collect()
}

async fn left(app: &Running<impl EventStore + 'static>) -> Vec<(String, String)> {
    let items = app.queue("parcels").unwrap().list(ListWork::default()).await.unwrap();
    items.into_iter().map(|item| (item.key, item.text)).collect()
}

#[tokio::test]
async fn commands_with_the_same_tags_are_executed_in_order_and_each_once() {
    let app = App::new(MemoryStore::new()).with_queue::<ParcelCommand>("parcels", MemoryViews::new(), FAIL);
    let ada = Principal::new(PrincipalKind::User, "ada");
    let app = app.with_metadata(Metadata::new().with_correlation_id("request-1").with_initiator(ada.clone()));
    let app = app.start().await.unwrap();
    for _ in 0..3 {
        let enqueued = app.enqueue(Return { parcel: 2 }).idempotency_key("return:2").due(far()).await.unwrap();
        assert_eq!((enqueued.queue, enqueued.id.as_str()), ("parcels", "return:2"));
    }
    let first = app.enqueue(ship(1)).idempotency_key("ship:1").await.unwrap();
    assert!(first.is_new);
    app.settle().await.unwrap();
    assert_eq!(names(&app).await, ["Shipped"]);
    let events = app.store().read(&Query::all(), ReadOptions::default()).await.unwrap().events;
    assert_eq!(events[0].metadata.correlation_id(), Some("request-1"));
    assert_eq!(events[0].metadata.initiator(), Some(&ada));

    // It was executed and is gone; the log knows its key.
    let again = app.enqueue(ParcelCommand::Ship(ship(1))).idempotency_key("ship:1").await.unwrap();
    assert!(again.is_new);
    app.settle().await.unwrap();
    assert_eq!(names(&app).await, ["Shipped"]);
    assert_eq!(left(&app).await, [("parcel:2".to_owned(), String::new())]);

    for _ in 0..10 {
        app.enqueue(Return { parcel: 1 }).await.unwrap();
        app.enqueue(ParcelCommand::Ship(ship(1))).await.unwrap();
        app.settle().await.unwrap();
    }
    assert_eq!(names(&app).await.len(), 21);
    app.stop().await.unwrap();
}

fn far() -> Timestamp {
    Timestamp::now() + Duration::from_secs(3600)
}

#[tokio::test]
async fn a_command_waits_until_it_is_due_and_for_those_of_its_key() {
    let clock = clock();
    let app = App::new(MemoryStore::new()).with_clock(&clock);
    let app = app.with_queue::<ParcelCommand>("parcels", MemoryViews::new(), FAIL.workers(8)).start().await.unwrap();
    app.enqueue(ship(1)).due(clock.now() + Duration::from_secs(60)).await.unwrap();
    // Has the tag of the carrier in common with none, and goes on.
    app.enqueue(ship(2)).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(names(&app).await, ["Shipped"]);
    clock.advance(Duration::from_secs(61));
    app.settle().await.unwrap();
    assert_eq!(names(&app).await, ["Shipped", "Shipped"]);
    assert_eq!(app.work_health()[0].done, 2);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_refused_command_is_parked_or_removed() {
    for (refused, expected) in [(OnRefused::Fail, 1), (OnRefused::Skip, 0)] {
        let options = QueueOptions::on_refused(refused);
        let app = App::new(MemoryStore::new()).with_queue::<ParcelCommand>("parcels", MemoryViews::new(), options);
        let app = app.start().await.unwrap();
        app.enqueue(Return { parcel: 1 }).await.unwrap();
        app.settle().await.unwrap();
        let left = left(&app).await;
        assert_eq!(left.len(), expected);
        if let Some((key, text)) = left.first() {
            assert_eq!((key.as_str(), text.as_str()), ("parcel:1", "the command `Return` was refused: it is here"));
            // Once it can be executed, it is.
            app.execute(ship(1)).await.unwrap();
            let queue = app.queue("parcels").unwrap();
            let id = queue.parked().await.unwrap()[0].id.clone();
            assert!(queue.retry(&id).await.unwrap());
            app.settle().await.unwrap();
            assert_eq!(names(&app).await, ["Shipped", "Returned"]);
        }
        app.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_process_leaves_what_it_does_not_know_to_others() {
    let (store, views) = (MemoryStore::new(), MemoryViews::new());
    let old = App::new(store.clone()).with_queue::<Ship>("parcels", views.clone(), FAIL).start().await.unwrap();
    let unknown = old.enqueue(Return { parcel: 1 }).await.unwrap_err();
    assert!(matches!(&unknown, EnqueueError::NoQueue { command } if command.ends_with("Return")), "{unknown}");
    let new = App::new(store.clone()).with_queue::<ParcelCommand>("parcels", views.clone(), FAIL);
    // It is not started, so it only puts commands there.
    new.enqueue(Return { parcel: 1 }).await.unwrap();
    new.enqueue(ship(2)).await.unwrap();
    old.settle().await.unwrap();
    assert_eq!(names(&old).await, ["Shipped"]);
    assert_eq!(left(&old).await, [("parcel:1".to_owned(), String::new())]);
    old.execute(ship(1)).await.unwrap();
    let new = new.start().await.unwrap();
    new.settle().await.unwrap();
    assert_eq!(names(&old).await, ["Shipped", "Shipped", "Returned"]);
    old.stop().await.unwrap();
    new.stop().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_read_is_parked_and_what_is_newer_waits() {
    let views = MemoryViews::new();
    let app = App::new(MemoryStore::new()).with_queue::<Ship>("parcels", views.clone(), FAIL).start().await.unwrap();
    app.enqueue(ship(1)).due(far()).await.unwrap();
    let known = app.queue("parcels").unwrap().list(ListWork::default()).await.unwrap().remove(0);
    let payload = known.payload.unwrap();
    for (id, kind, payload) in [
        ("damaged", known.kind.as_str(), "{".to_owned()),
        ("other", &known.kind, payload.replace("\"parcel\":1", "\"parcel\":\"one\"")),
        ("newer", "eskit-tests.Ship@2", payload),
    ] {
        let (kind, due) = (kind.to_owned(), Timestamp::now());
        let item = NewWork { id: id.to_owned(), key: id.to_owned(), kind, event: None, payload: Some(payload), due };
        views.add_work("parcels", vec![item]).await.unwrap();
    }
    app.settle().await.unwrap();
    let items = app.queue("parcels").unwrap().list(ListWork::default()).await.unwrap();
    let told: Vec<_> = items.iter().map(|item| (item.id.as_str(), item.state, item.text.as_str())).collect();
    assert!(
        told[1].1 == eskit::work::WorkState::Parked
            && told[1].2.starts_with("the content of the item cannot be read: "),
        "{told:?}"
    );
    assert!(told[2].1 == eskit::work::WorkState::Parked && told[2].2.contains("does not fit its type"), "{told:?}");
    assert_eq!((told[3].1, told[3].2, items[3].attempts), (eskit::work::WorkState::Waiting, "", 0));
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_command_has_one_queue() {
    let app = App::new(MemoryStore::new())
        .with_queue::<Ship>("shipping", MemoryViews::new(), FAIL)
        .with_queue::<ParcelCommand>("parcels", MemoryViews::new(), FAIL);
    let error = app.start().await.unwrap_err();
    assert!(matches!(error, StartError::SameCommand { queues: ["shipping", "parcels"], .. }), "{error:?}");
    let told = error.to_string();
    assert!(
        told.starts_with("the queues `shipping` and `parcels` both take the command `eskit-tests.Ship`\nhelp: "),
        "{told}"
    );
}

#[tokio::test]
async fn a_queue_has_a_name_of_its_own() {
    for (name, why) in [("Parcels", "lower-case"), ("", "lower-case"), ("a--b", "lower-case")] {
        let error = App::new(MemoryStore::new()).with_queue::<Ship>(name, MemoryViews::new(), FAIL).start().await;
        let error = error.unwrap_err();
        assert!(matches!(error, StartError::QueueName { .. }) && error.to_string().contains(why), "{error}");
    }
    let views = MemoryViews::new();
    let app = App::new(MemoryStore::new()).with_queue::<Ship>("parcels", views.clone(), FAIL);
    let error = app.with_queue::<Return>("parcels", views, FAIL).start().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "a queue cannot have the name `parcels`: another queue has it\nhelp: give it another one in `with_queue`, such as `shop-commands`"
    );
}
