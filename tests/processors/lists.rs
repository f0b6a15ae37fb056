//! What `#[processor]` makes of `#[todo]`, `#[done]`, `#[work]` and `#[every]` methods.

use std::time::Duration;

use eskit::log::NewEvent;
use eskit::model::Emit;
use eskit::prelude::*;
use eskit::processor::{Effect, Processor};
use eskit::subscription::{Subscriber, Subscription};
use eskit::testing::given;
use eskit::work::{Schedule, TodoChanges, WorkOptions};

use crate::shop::{Paid, Ship, Shipped};

#[derive(Event, Serialize, Deserialize)]
struct Ordered {
    #[tag]
    order: u64,
    parcels: Vec<String>,
}

#[derive(Event, Serialize, Deserialize)]
struct Withdrawn {
    #[tag]
    order: u64,
}

#[derive(Event)]
enum Left {
    Shipped(Shipped),
    Withdrawn(Withdrawn),
}

#[derive(Debug)]
enum Parcel {
    Of(u64),
    Labelled(String),
}

struct Packing;

#[processor(name = "packing", from = "now", by = "order", on_error = "park")]
impl Packing {
    /// The event opens to-dos too.
    #[on(refused = "skip")]
    fn paid_at_once(&self, event: &Paid) -> Ship {
        Ship { order: event.order }
    }

    #[todo]
    fn paid(&self, event: &Paid, at: &Timestamp) -> Todo<String, Parcel> {
        Todo::new(event.order.to_string(), Parcel::Of(event.order)).due(*at + Duration::from_secs(3600))
    }

    #[todo]
    fn ordered(&self, event: &Ordered, at: &Timestamp, recorded: &RecordedEvent) -> Vec<Todo<String, Parcel>> {
        assert_eq!(*at, recorded.recorded_at);
        let parcel = |text: &String| Parcel::Labelled(text.clone());
        event.parcels.iter().map(|text| Todo::new(format!("{}-{text}", event.order), parcel(text))).collect()
    }

    /// It opens one only if the order has a number.
    #[todo]
    fn withdrawn(&self, event: &Withdrawn) -> Option<Todo<String, Parcel>> {
        (event.order > 0).then(|| Todo::new("back".to_owned(), Parcel::Of(event.order)))
    }

    /// It closes what the same event opens.
    #[done]
    fn left(&self, event: &Left) -> Vec<String> {
        let (Left::Shipped(Shipped { order }) | Left::Withdrawn(Withdrawn { order })) = event;
        vec![order.to_string(), "back".to_owned()]
    }

    #[work(workers = 2, attempts = 3, within = "1500ms", refused = "fail")]
    async fn pack(&self, parcel: &Parcel, _: &mut Effect<'_>) -> Result<Vec<Ship>, String> {
        tokio::task::yield_now().await;
        match parcel {
            Parcel::Of(0) => Err("an empty parcel".to_owned()),
            Parcel::Of(order) => Ok(vec![Ship { order: *order }, Ship { order: order + 1 }]),
            Parcel::Labelled(text) => Ok(vec![Ship { order: text.len() as u64 }]),
        }
    }

    #[cfg(any())]
    #[todo]
    fn absent(&self, event: &Absent) -> Absent {}

    #[cfg(any())]
    #[every("0 0 1 1 *")]
    fn never(&self) -> Absent {}

    #[every(" 30  9 * * mon-fri ", refused = "skip")]
    fn daily(&self, _: &Timestamp) -> Ship {
        Ship { order: 1 }
    }

    #[every("0 0 1 * *")]
    async fn monthly(&self, _: &mut Effect<'_>) {}
}

/// It has neither `#[on]` methods nor words at `#[work]`.
struct Returning;

#[processor(name = "returning", from = "beginning")]
impl Returning {
    #[todo]
    fn withdrawn(&self, event: &Withdrawn) -> Todo<u64, u64> {
        Todo::new(event.order, event.order)
    }

    #[work]
    fn refund(&self, _: &u64) {}
}

/// It takes no event.
struct Closing;

#[processor(name = "closing", from = "now")]
impl Closing {
    #[every("0 0 1 1 *")]
    fn yearly(&self) {}
}

/// It takes every event that no other `#[on]` method takes, be there a `#[todo]` for it or not.
struct Following;

#[processor(name = "following", from = "now")]
impl Following {
    #[on]
    async fn any(&self, _: &RecordedEvent) {}

    #[todo]
    fn paid(&self, event: &Paid) -> Todo<u64, ()> {
        Todo::new(event.order, ())
    }

    #[work]
    fn nothing(&self, (): &()) {}
}

/// The events as the log has them.
async fn recorded(events: impl Emit) -> Vec<RecordedEvent> {
    let store = MemoryStore::new();
    store.append(Append::new(NewEvent::encode(&events).unwrap())).await.unwrap();
    store.read(&Query::all(), ReadOptions::default()).await.unwrap().events
}

fn sorted(mut names: Vec<&'static str>) -> Vec<&'static str> {
    names.sort_unstable();
    names
}

fn changes<P: Processor>(processor: &P, event: &RecordedEvent) -> TodoChanges {
    let mut changes = TodoChanges::default();
    processor.todos(event, &mut changes).unwrap();
    changes
}

#[test]
fn a_processor_takes_the_events_of_all_its_methods_each_once() {
    let names = ["Ordered", "Paid", "Shipped", "Withdrawn"].map(|name| format!("eskit-tests.{name}"));
    assert_eq!(sorted(Packing::EVENTS.names()), names);
    assert_eq!(Returning::EVENTS.names(), ["eskit-tests.Withdrawn"]);
    assert_eq!(Following::EVENTS.names(), ["eskit-tests.Paid"]);
    assert_eq!([Packing::TAKES_ALL, Returning::TAKES_ALL, Following::TAKES_ALL], [false, false, true]);
}

#[tokio::test]
async fn a_processor_without_events_reads_none() {
    assert!(Closing::EVENTS.names().is_empty());
    let query = Subscription::query_of::<Closing>();
    let events = recorded((Paid { order: 1 }, Shipped { order: 1 })).await;
    assert!(!events.iter().any(|event| query.matches(event)), "{query:?}");
}

#[test]
fn words_and_times_describe_work_and_schedules() {
    let options = WorkOptions::DEFAULT.workers(2).attempts(3).within(Duration::from_millis(1500));
    assert_eq!([Packing::WORK, Returning::WORK, Closing::WORK], [Some(options), Some(WorkOptions::DEFAULT), None]);
    let schedules =
        [Schedule { name: "daily", every: "30 9 * * MON-FRI" }, Schedule { name: "monthly", every: "0 0 1 * *" }];
    assert_eq!(Packing::SCHEDULES, schedules);
    assert!(Returning::SCHEDULES.is_empty());
    assert_eq!(Closing::SCHEDULES.len(), 1);
}

#[tokio::test]
async fn an_event_opens_and_closes_to_dos() {
    let ordered = Ordered { order: 7, parcels: vec!["pen".to_owned(), "ink".to_owned()] };
    let events = recorded((Paid { order: 7 }, ordered, Withdrawn { order: 7 }, Withdrawn { order: 0 })).await;
    let [paid, ordered, withdrawn, nothing] = events.as_slice() else { panic!("{events:?}") };

    let due = paid.recorded_at + Duration::from_secs(3600);
    assert_eq!(changes(&Packing, paid).opened, [("7".to_owned(), Some(due))]);
    assert_eq!(changes(&Packing, ordered).opened, [("7-pen".to_owned(), None), ("7-ink".to_owned(), None)]);
    let both = changes(&Packing, withdrawn);
    assert_eq!((both.closed, both.opened), (vec!["7".to_owned(), "back".to_owned()], vec![("back".to_owned(), None)]));
    assert_eq!(changes(&Packing, nothing).opened, []);
    assert_eq!(changes(&Closing, paid), TodoChanges::default());
    assert_eq!(changes(&Following, withdrawn), TodoChanges::default());
}

#[tokio::test]
async fn a_payload_that_cannot_be_read_is_an_error() {
    let [mut event] = <[RecordedEvent; 1]>::try_from(recorded(Paid { order: 7 }).await).unwrap();
    event.payload = "{}".into();
    let error = Packing.todos(&event, &mut TodoChanges::default()).unwrap_err();
    assert!(error.to_string().contains("order"), "{error}");
}

#[test]
fn the_work_of_a_key_is_done_with_what_its_event_opens() {
    let ordered = Ordered { order: 7, parcels: vec!["pen".to_owned(), "paper".to_owned()] };
    given((Paid { order: 7 }, ordered))
        .then_work(&Packing, "7-paper", Ship { order: 5 })
        .then_work(&Packing, "7-pen", Ship { order: 3 })
        .then_work(&Packing, 7_u64, [Ship { order: 7 }, Ship { order: 8 }]);
    given(Withdrawn { order: 3 }).then_work(&Returning, 3_u64, ());
    // An `#[on]` method takes the event as well.
    given(Paid { order: 7 }).then_commands(&Packing, Ship { order: 7 });
    given(Withdrawn { order: 7 }).then_commands(&Packing, ());
}
