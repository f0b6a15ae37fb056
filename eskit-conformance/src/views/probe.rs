use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use eskit_runtime::RecordedEvent;
use eskit_runtime::codec::PayloadKind;
use eskit_runtime::log::Position;
use eskit_runtime::model::{EventType, EventTypes, SourceLocation};
use eskit_runtime::subscription::{Handle, HandleAsync, HandleError, OnError, Order, Subscriber, SubscriberType};

use super::target::{Rows, TestViews, WriteRows, WriteRowsAsync};

/// The wire name of the events that the subscribers of the suite take.
pub(super) const NOTED: &str = "views.Noted";
/// The wire name of events that they do not take.
pub(super) const OTHER: &str = "views.Other";
/// The key of the tag by which events are parked and divided.
pub(super) const KEY: &str = "key";

pub(super) const LOCATION: SourceLocation = SourceLocation { module: module_path!(), file: file!(), line: line!() };

pub(super) static NOTED_TYPE: EventType = EventType {
    kind: PayloadKind::Event,
    name: NOTED,
    version: 1,
    aliases: &[],
    rust_name: "Noted",
    tags: &[],
    fields: &[],
    previous: None,
    public: false,
    content_type: "application/json",
    personal: None,
    location: LOCATION,
};

/// A kind of subscriber, of which the suite has four.
pub trait Kind: Send + Sync + 'static {
    /// Its description, but for its tables.
    const TYPE: SubscriberType;
}

const BASE: SubscriberType = SubscriberType {
    name: "ledger",
    version: 1,
    order: Order::Tag(KEY),
    on_error: OnError::Stop,
    tables: "",
    rust_name: "Probe",
    location: LOCATION,
};

/// Stops at an event that fails.
#[derive(Debug)]
pub enum Stops {}

/// The second version of [`Stops`].
#[derive(Debug)]
pub enum Revised {}

/// Parks an event that fails.
#[derive(Debug)]
pub enum Parks {}

/// Leaves out an event that fails.
#[derive(Debug)]
pub enum Skips {}

impl Kind for Stops {
    const TYPE: SubscriberType = BASE;
}

impl Kind for Revised {
    const TYPE: SubscriberType = SubscriberType { version: 2, ..BASE };
}

impl Kind for Parks {
    const TYPE: SubscriberType = SubscriberType { name: "ledger-parks", on_error: OnError::Park, ..BASE };
}

impl Kind for Skips {
    const TYPE: SubscriberType = SubscriberType { name: "ledger-skips", on_error: OnError::Skip, ..BASE };
}

/// What a handler does with an event, after it has written its rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    Succeed,
    Fail(&'static str),
    Panic(&'static str),
}

type Script = Box<dyn Fn(&RecordedEvent) -> Act + Send + Sync>;

/// A subscriber of the suite. It keeps a row for each event, and for each key a row that says which events it handled, in which
/// order.
pub struct Probe<T, K> {
    script: Mutex<Script>,
    handed: Mutex<Vec<Position>>,
    of: PhantomData<fn() -> (T, K)>,
}

impl<T, K> Probe<T, K> {
    /// A subscriber whose handlers succeed.
    pub(super) fn new() -> Arc<Probe<T, K>> {
        Arc::new(Probe { script: Mutex::new(Box::new(|_| Act::Succeed)), handed: Mutex::default(), of: PhantomData })
    }

    /// Does this from now on.
    pub(super) fn does(&self, script: impl Fn(&RecordedEvent) -> Act + Send + Sync + 'static) {
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(script);
    }

    /// The events that were handed over since the last call, in order.
    pub(super) fn take_handed(&self) -> Vec<u64> {
        let handed = std::mem::take(&mut *self.handed.lock().unwrap_or_else(PoisonError::into_inner));
        handed.into_iter().map(Position::get).collect()
    }

    fn note(&self, event: &RecordedEvent) {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).push(event.position);
    }

    /// The end of each handler.
    fn end(&self, event: &RecordedEvent) -> Result<bool, HandleError> {
        let act = (*self.script.lock().unwrap_or_else(PoisonError::into_inner))(event);
        match act {
            Act::Succeed => Ok(true),
            Act::Fail(text) => Err(HandleError::new(text)),
            #[allow(clippy::panic, reason = "whether views survive a panic is what is tested")]
            Act::Panic(text) => panic!("{text}"),
        }
    }
}

impl<T, K> fmt::Debug for Probe<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("handed", &self.handed).finish_non_exhaustive()
    }
}

impl<T: TestViews, K: Kind> Subscriber for Probe<T, K> {
    const TYPE: &'static SubscriberType = &SubscriberType { tables: T::TABLES, ..K::TYPE };
    const EVENTS: EventTypes = EventTypes::One(&NOTED_TYPE);
}

impl<T: WriteRows, K: Kind> Handle<T::Tx> for Probe<T, K> {
    fn handle(&self, event: &RecordedEvent, tx: &mut T::Tx) -> Result<bool, HandleError> {
        self.note(event);
        for (key, change) in changes(event) {
            let value = change(T::get(tx, &key).map_err(HandleError::new)?, event);
            T::put(tx, &key, &value).map_err(HandleError::new)?;
        }
        self.end(event)
    }
}

impl<T: WriteRowsAsync, K: Kind> HandleAsync<T::Tx> for Probe<T, K> {
    async fn handle<'a>(&'a self, event: &'a RecordedEvent, tx: &'a mut T::Tx) -> Result<bool, HandleError> {
        self.note(event);
        for (key, change) in changes(event) {
            let value = change(T::get(tx, &key).await.map_err(HandleError::new)?, event);
            T::put(tx, &key, &value).await.map_err(HandleError::new)?;
        }
        self.end(event)
    }
}

/// How a handler makes the new value of a row from the old one.
type Change = fn(Option<String>, &RecordedEvent) -> String;

/// The rows that a handler changes for an event.
fn changes(event: &RecordedEvent) -> [(String, Change); 2] {
    let of_event = format!("event {:020}", event.position.get());
    let of_key = format!("key {}", BASE.order.key(event));
    [(of_event, once), (of_key, fold)]
}

fn once(old: Option<String>, event: &RecordedEvent) -> String {
    old.map_or_else(|| event.id.to_string(), |old| format!("{old}, and again"))
}

/// How many events there were, and a number that depends on each of them and on their order.
fn fold(old: Option<String>, event: &RecordedEvent) -> String {
    let old = old.as_deref().and_then(|old| old.split_once(' '));
    let number = |text: &str| text.parse().unwrap_or_default();
    let (count, hash): (u64, u64) = old.map_or((0, 0), |(count, hash)| (number(count), number(hash)));
    let hash = (hash ^ event.position.get()).wrapping_mul(0x0100_0000_01b3);
    format!("{} {hash}", count + 1)
}

/// The rows after these events were handled once each, in this order. Events that the subscribers do not take are left out.
pub(super) fn rows_of<'a>(events: impl IntoIterator<Item = &'a RecordedEvent>) -> Rows {
    let mut rows = Rows::new();
    for event in events.into_iter().filter(|event| event.name == NOTED) {
        for (key, change) in changes(event) {
            let value = change(rows.get(&key).cloned(), event);
            rows.insert(key, value);
        }
    }
    rows
}
