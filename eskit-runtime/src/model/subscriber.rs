//! The description of a subscriber. The traits of subscribers, and what follows the log for them, are in `subscription`.

use crate::log::recorded::RecordedEvent;
use crate::model::event::SourceLocation;

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
