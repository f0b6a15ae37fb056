use std::sync::Arc;

use crate::log::query::{Query, QueryItem, ReadOptions};
use crate::log::store::EventStore;

use super::error::ApplyError;
use super::parked::ParkedEvent;
use super::subscriber::Subscriber;
use super::views::Apply;

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
