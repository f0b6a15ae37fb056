use serde::{Deserialize, Serialize};

use crate::log::id::EventId;
use crate::log::position::Position;
use crate::log::recorded::RecordedEvent;
use crate::log::time::Timestamp;

/// An event that waits in the views after its handler failed, or behind such an event with the same key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ParkedEvent {
    /// The position of the event.
    pub position: Position,
    /// The id of the event.
    pub id: EventId,
    /// Its key, by the order of the subscription.
    pub key: String,
    /// The text of the error; empty for an event that only waits behind another one.
    pub text: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was parked.
    pub parked_at: Timestamp,
}

impl ParkedEvent {
    /// The entry for an event that is parked now.
    pub fn new(event: &RecordedEvent, key: String, text: impl Into<String>, attempts: u32) -> ParkedEvent {
        ParkedEvent { text: text.into(), attempts, ..ParkedEvent::waiting(event.position, event.id, key) }
    }

    /// The entry for an event that waits behind another one from now on. Views that read one from their database set its other
    /// fields.
    pub fn waiting(position: Position, id: EventId, key: impl Into<String>) -> ParkedEvent {
        ParkedEvent { position, id, key: key.into(), text: String::new(), attempts: 0, parked_at: Timestamp::now() }
    }
}
