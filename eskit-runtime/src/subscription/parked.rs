use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::log::id::EventId;
use crate::log::position::Position;
use crate::log::query::{Query, QueryItem, ReadOptions};
use crate::log::recorded::RecordedEvent;
use crate::log::store::EventStore;
use crate::log::time::Timestamp;

use super::error::ApplyError;
use super::subscriber::Subscriber;
use super::views::Apply;

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

/// Hands a parked event to its subscriber again. It is read from the log, so that today's upcasters and handlers apply. Returns `false`
/// if it is not parked any more, or not in the log: then it was deleted with its stream, and is dropped.
///
/// # Errors
/// As [`Apply::replay`]; the log cannot be read.
pub async fn replay_parked<S: EventStore, P: Subscriber, V: Apply<P>>(
    store: &S,
    subscriber: &Arc<P>,
    views: &V,
    parked: &ParkedEvent,
) -> Result<bool, ApplyError> {
    let query = Query::from(QueryItem::ids([parked.id]));
    let page = store.read(&query, ReadOptions::default().limit(1)).await?;
    match page.events.first() {
        Some(event) => views.replay(subscriber, event).await,
        None => {
            views.drop_parked(P::TYPE.name, P::TYPE.version, parked.position).await?;
            Ok(false)
        }
    }
}
