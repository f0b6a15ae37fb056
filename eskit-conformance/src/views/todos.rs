//! A subscriber that keeps a list of work, and what the suite does with items.

use std::time::Duration;

use eskit_runtime::model::{EventType, EventTypes};
use eskit_runtime::subscription::{
    Apply, Handle, HandleAsync, HandleError, OnError, Order, Subscriber, SubscriberType,
};
use eskit_runtime::work::{ClaimWork, NewWork, Outcome, Settled, Work, WorkItem, WorkTx, WorkTxAsync};
use eskit_runtime::{RecordedEvent, Timestamp};

use super::probe::{KEY, LOCATION, NOTED, NOTED_TYPE, OTHER};
use super::tallies::REFUSED;

/// The list of the subscriber.
pub(super) const LIST: &str = "todos";
/// The items of an event with a tag of this key are opened twice.
pub(super) const AGAIN: &str = "again";
/// The kind of its items.
pub(super) const KIND: &str = "views.ToDo";
/// Longer than any case takes.
pub(super) const LONG: Duration = Duration::from_secs(600);

/// Views that keep work, also that of the subscriber of the suite.
pub trait KeepWork: Work + Apply<Todos> {}

impl<V: Work + Apply<Todos>> KeepWork for V {}

/// Opens an item for each event that is noted, under the key of its tag, and closes the items of that key for each other event.
#[derive(Debug)]
pub struct Todos;

static OTHER_TYPE: EventType = EventType { name: OTHER, rust_name: "Other", ..NOTED_TYPE };

impl Subscriber for Todos {
    const TYPE: &'static SubscriberType = &SubscriberType {
        name: LIST,
        version: 1,
        order: Order::All,
        on_error: OnError::Park,
        tables: "",
        rust_name: "Todos",
        location: LOCATION,
    };
    const EVENTS: EventTypes = EventTypes::Many(&[EventTypes::One(&NOTED_TYPE), EventTypes::One(&OTHER_TYPE)]);
    const ACTS: bool = true;
}

/// The end of each handler: events with the tag for that fail after they have written.
fn end(event: &RecordedEvent) -> Result<bool, HandleError> {
    match event.tags.values(REFUSED).next() {
        None => Ok(true),
        Some(_) => Err(HandleError::new("it is refused")),
    }
}

/// The keys of an event.
fn keys(event: &RecordedEvent) -> Vec<String> {
    event.tags.values(KEY).map(str::to_owned).collect()
}

/// The items that an event opens, for each key one.
pub(super) fn opened_by(event: &RecordedEvent) -> Vec<NewWork> {
    let item = |key: String| NewWork {
        id: format!("{}/{key}", event.position),
        kind: KIND.to_owned(),
        event: Some(event.place()),
        payload: None,
        due: Timestamp::from_micros(0),
        key,
    };
    keys(event).into_iter().map(item).collect()
}

impl<Tx: WorkTx> Handle<Tx> for Todos {
    fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        match event.name.as_ref() {
            NOTED => {
                tx.open_work(opened_by(event))?;
                if event.tags.values(AGAIN).next().is_some() {
                    tx.open_work(opened_by(event))?;
                }
            }
            _ => tx.close_work(&keys(event))?,
        }
        end(event)
    }
}

impl<Tx: WorkTxAsync> HandleAsync<Tx> for Todos {
    async fn handle<'a>(&'a self, event: &'a RecordedEvent, tx: &'a mut Tx) -> Result<bool, HandleError> {
        match event.name.as_ref() {
            NOTED => {
                tx.open_work(opened_by(event)).await?;
                if event.tags.values(AGAIN).next().is_some() {
                    tx.open_work(opened_by(event)).await?;
                }
            }
            _ => tx.close_work(&keys(event)).await?,
        }
        end(event)
    }
}

/// An item that is due at once.
pub(super) fn item(id: &str, key: &str) -> NewWork {
    let (id, key, kind) = (id.to_owned(), key.to_owned(), KIND.to_owned());
    NewWork { id, key, kind, event: None, payload: None, due: Timestamp::from_micros(0) }
}

/// Of any item that is due by now.
pub(super) fn any(limit: u32) -> ClaimWork {
    ClaimWork { kinds: vec![KIND.to_owned()], now: Timestamp::now(), limit, lease: LONG }
}

/// The ids of items.
pub(super) fn ids(items: &[WorkItem]) -> Vec<&str> {
    items.iter().map(|item| item.id.as_str()).collect()
}

/// The end of the claim of an item.
pub(super) fn end_of(item: &WorkItem, outcome: Outcome) -> Settled {
    Settled { id: item.id.clone(), epoch: item.epoch, outcome }
}
