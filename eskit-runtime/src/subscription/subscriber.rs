use std::future::Future;

use crate::log::query::Query;
use crate::log::query::QueryItem;
use crate::log::recorded::RecordedEvent;
use crate::model::event::{EventTypes, SourceLocation};
use crate::store_kit::{contain, contain_polls};

use super::handled::HandleError;

/// What happens to an event whose handler fails at each try.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OnError {
    /// The subscription stops at the event. It begins with this event when it is started again.
    #[default]
    Stop,
    /// The event is parked, and so are all later events with the same [key](Order), so that their order is kept. The subscription goes
    /// on with other keys.
    Park,
    /// The event is left out.
    Skip,
}

/// Which events must be handled in the order of the log. Two events with the same key are; others need not be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Order {
    /// All events have the same key.
    #[default]
    All,
    /// The key is the stream of the event. Events outside every stream have the same key.
    Stream,
    /// The key is the value of this tag; of several, the first.
    Tag(&'static str),
    /// Each event has a key of its own.
    Each,
}

impl Order {
    /// The key of an event.
    pub fn key(self, event: &RecordedEvent) -> String {
        match self {
            Order::All => String::new(),
            Order::Stream => event.stream.as_ref().map(|at| at.stream.to_string()).unwrap_or_default(),
            Order::Tag(key) => {
                let tag = event.tags.iter().find(|tag| tag.key() == key);
                tag.map(|tag| tag.value().to_owned()).unwrap_or_default()
            }
            Order::Each => event.id.to_string(),
        }
    }
}

/// The description of a subscriber.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SubscriberType {
    /// The name of the subscription, under which its checkpoint is kept.
    pub name: &'static str,
    /// The version of its logic. Another version has a checkpoint and a read model of its own.
    pub version: u32,
    /// Which events must be handled in order.
    pub order: Order,
    /// What happens to an event whose handler fails at each try.
    pub on_error: OnError,
    /// The SQL that creates its tables; empty for none.
    pub tables: &'static str,
    /// The name of the Rust type.
    pub rust_name: &'static str,
    /// The place of the type in the source.
    pub location: SourceLocation,
}

/// What handles the events of a subscription. Implemented by `#[projection]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection\nhelp: put `#[projection(name = \"..\")]` on an impl block of `{Self}` with `#[on]` methods",
    label = "not a projection"
)]
pub trait Subscriber: Send + Sync + 'static {
    /// Its description.
    const TYPE: &'static SubscriberType;
    /// The event types that its handlers take.
    const EVENTS: EventTypes;
    /// Whether it also takes every other event.
    const TAKES_ALL: bool = false;

    /// Called when the subscription has handled everything that the log held: at the start, and each time that it has fallen behind
    /// by more than a page.
    fn caught_up(&self) {}
}

/// The events that a subscriber takes.
pub(super) fn query_of<P: Subscriber>() -> Query {
    if P::TAKES_ALL { Query::all() } else { Query::from(QueryItem::types(P::EVENTS.wire_names())) }
}

/// A subscriber that writes with a transaction of this type, in plain functions. Implemented by `#[projection]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not write with `{Tx}`, the transaction of these views\nhelp: let the last parameter of its `#[on]` methods be `tx: &mut {Tx}`, or keep it in other views",
    label = "its methods take another transaction"
)]
pub trait Handle<Tx>: Subscriber {
    /// Handles one event. Returns `false` for an event that no handler takes.
    ///
    /// # Errors
    /// The event cannot be read, or its handler failed.
    fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError>;

    /// Handles events in this order, up to the first that fails. A panic is a failure.
    ///
    /// # Errors
    /// The event that failed is at the index that the error has.
    fn handle_all(&self, events: &[&RecordedEvent], tx: &mut Tx) -> Result<(), (usize, HandleError)> {
        for (index, event) in events.iter().enumerate() {
            let handled = contain(|| self.handle(event, tx)).unwrap_or_else(|text| Err(HandleError::panicked(text)));
            handled.map_err(|error| (index, error))?;
        }
        Ok(())
    }
}

/// A subscriber that writes with a transaction of this type, in async functions. Implemented by `#[projection]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not write with `{Tx}`, the transaction of these views\nhelp: let the last parameter of its `#[on]` methods be `tx: &mut {Tx}`, and make them `async`; or keep it in other views",
    label = "its methods take another transaction"
)]
pub trait HandleAsync<Tx: Send>: Subscriber {
    /// Handles one event. Returns `false` for an event that no handler takes.
    ///
    /// # Errors
    /// The event cannot be read, or its handler failed.
    fn handle<'a>(
        &'a self,
        event: &'a RecordedEvent,
        tx: &'a mut Tx,
    ) -> impl Future<Output = Result<bool, HandleError>> + Send + 'a;

    /// Handles events in this order, up to the first that fails. A panic is a failure.
    ///
    /// # Errors
    /// The event that failed is at the index that the error has.
    fn handle_all<'a>(
        &'a self,
        events: &'a [&'a RecordedEvent],
        tx: &'a mut Tx,
    ) -> impl Future<Output = Result<(), (usize, HandleError)>> + Send + 'a {
        async move {
            for (index, event) in events.iter().enumerate() {
                let handled = contain_polls(self.handle(event, &mut *tx)).await;
                let handled = handled.unwrap_or_else(|text| Err(HandleError::panicked(text)));
                handled.map_err(|error| (index, error))?;
            }
            Ok(())
        }
    }
}

/// A subscriber that is itself the read model, in memory. Implemented by `#[projection(memory)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection in memory\nhelp: write `#[projection(name = \"..\", memory)]`, and let its `#[on]` methods take `&mut self` and no transaction",
    label = "not a projection in memory"
)]
pub trait HandleMut: Subscriber {
    /// Handles one event. Returns `false` for an event that no handler takes.
    ///
    /// # Errors
    /// The event cannot be read, or its handler failed.
    fn handle(&mut self, event: &RecordedEvent) -> Result<bool, HandleError>;
}
