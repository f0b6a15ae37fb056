//! Finds what an earlier call with the same idempotency key appended.

use std::ops::Range;

use crate::log::bounds::EVENTS_PER_APPEND_MAX;
use crate::log::pages::Pages;
use crate::log::query::{Query, QueryItem, ReadOptions};
use crate::log::recorded::RecordedEvent;
use crate::log::store::EventStore;
use crate::log::store::error::{StoreError, StoreErrorKind};
use crate::model::models::Models;

use super::error::{ExecuteError, unsettled};
use super::executed::Executed;
use super::fold::Plan;
use super::keyed::Keyed;

/// How many ids of an idempotency key are looked up at once.
const IDS_AT_ONCE: usize = 32;

/// What an earlier call with the same idempotency key appended, if there was one. `is_taken` says that it may be that none of
/// its first events is there any more.
///
/// # Errors
/// The key was used for another call; the store or the models cannot be read.
pub(super) async fn repeated<M: Models<N>, N, S: EventStore, E>(
    store: &S,
    plan: &Plan<M, N>,
    keyed: Option<&Keyed<'_>>,
    attempts: u32,
    is_taken: bool,
) -> Result<Option<Executed<M>>, ExecuteError<E>> {
    let Some(keyed) = keyed else { return Ok(None) };
    let (mut events, mut ids) = (Vec::new(), 0..IDS_AT_ONCE);
    let has_gap = loop {
        let found = find(store, keyed, ids.clone()).await?;
        let is_full = found.len() == ids.len();
        let has_gap = found.iter().zip(ids.clone()).any(|(event, index)| event.id != keyed.id(index));
        events.extend(found);
        if !is_full {
            break has_gap;
        }
        ids = ids.end..ids.end + IDS_AT_ONCE;
    };
    if events.is_empty() && !is_taken {
        return Ok(None);
    }
    keyed.check(&events).map_err(ExecuteError::KeyReused)?;
    let is_there = !events.is_empty();
    if let Some(event) = events.first() {
        confirm(store, event).await.map_err(ExecuteError::UnknownOutcome)?;
    }
    let folded = plan.fold(store).await.map_err(ExecuteError::from);
    let folded = folded.map_err(|error| if is_there { unsettled(error) } else { error })?;
    // The events of a deleted stream are not found: then the append may go on behind them. Streams that are none of the command's
    // models are not asked after; only a gap among the ids tells that one of them is gone.
    if events.is_empty() || has_gap || plan.deleted(store, &folded.seen).await?.is_some() {
        let rest = find(store, keyed, ids.end..EVENTS_PER_APPEND_MAX).await?;
        keyed.check(&rest).map_err(ExecuteError::KeyReused)?;
        events.extend(rest);
    }
    if events.is_empty() {
        return Ok(None);
    }
    Ok(Some(Executed { events, state: folded.state, attempts, repeated: true }))
}

/// The events of a key with these indexes that are there, in order.
async fn find<S: EventStore>(
    store: &S,
    keyed: &Keyed<'_>,
    ids: Range<usize>,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut events = Vec::new();
    if ids.is_empty() {
        return Ok(events);
    }
    let query = Query::from(QueryItem::ids(ids.map(|index| keyed.id(index))));
    let mut pages = Pages::new(store, query, ReadOptions::default());
    while let Some(page) = pages.next().await? {
        events.extend(page);
    }
    Ok(events)
}

/// Waits until an event that was found, and those appended with it, are as safe as if they had just been appended.
async fn confirm<S: EventStore>(store: &S, event: &RecordedEvent) -> Result<(), StoreError> {
    let page =
        store.read(&Query::from(QueryItem::ids([event.id])), ReadOptions::default().limit(1).confirmed()).await?;
    let is_there = page.events.iter().any(|found| found.place() == event.place());
    if is_there { Ok(()) } else { Err(StoreError::replaced(event.place())) }
}

/// The store answered that the events of an idempotency key are in the log, but does not find them.
pub(super) fn lost_key() -> StoreError {
    StoreError::new(
        StoreErrorKind::Other,
        "the events of this idempotency key were appended before, but are not found: their stream was deleted since",
    )
}
