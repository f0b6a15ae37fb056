use std::fmt;

use crate::codec::decode_error::DecodeError;
use crate::codec::encode::EncodeError;
use crate::log::added_tags::{AddTagsError, AddedTags};
use crate::log::pages::Pages;
use crate::log::position::Position;
use crate::log::query::{Query, QueryItem, ReadOptions};
use crate::log::recorded::RecordedEvent;
use crate::log::store::EventStore;
use crate::log::store::error::StoreError;
use crate::log::tag::Tags;
use crate::model::decider::Emitter;
use crate::model::event::Event;

/// Adds missing tags to the stored events of a type, or of an enum of types: the tags that the current type has.
///
/// Queries by tag find events by their stored tags. After a `#[tag]` was added to a type, aggregates and queries by that tag do not see
/// older events until this has been run. It reads the events page by page up to the head, decodes each one through its upcasters, and
/// writes the missing tags. `progress` is called after each page.
///
/// It only adds tags. A tag that the type no longer has stays, since older programs may use it. It can be stopped at any time and run
/// again: each page is written as a whole or not at all. Events of deleted streams are skipped.
///
/// **When to run it**: after the last program that appends without the tag has stopped, and before the first one that decides by it
/// starts. Decisions in progress and cached states do not notice an added tag: the position of its event may be before the position
/// that they have read. If an older program still appends, run this again after it has stopped.
///
/// ```
/// # use eskit_runtime as eskit;
/// # use eskit::execute::RetagError;
/// # use eskit::{Event, EventStore, retag};
/// async fn add_the_new_tags<Sent: Event>(store: &impl EventStore) -> Result<(), RetagError> {
///     let done = retag::<Sent, _>(store, |so_far| println!("{so_far}")).await?;
///     println!("{} of {} events have new tags", done.tagged, done.events);
///     Ok(())
/// }
/// ```
///
/// # Errors
/// See [`RetagError`]. Tags that were added to earlier pages stay.
pub async fn retag<E: Event, S: EventStore + ?Sized>(
    store: &S,
    mut progress: impl FnMut(&Retagged) + Send,
) -> Result<Retagged, RetagError> {
    let store = &store;
    let head = store.head().await?.position;
    let mut done = Retagged { position: Position::START, head, events: 0, tagged: 0 };
    let query = Query::from(QueryItem::types(E::TYPES.names()));
    let mut pages = Pages::new(store, query, ReadOptions::default().until(head));
    while let Some(page) = pages.next().await? {
        let mut added = Vec::new();
        for recorded in &page {
            let tags = missing::<E>(recorded)?;
            if !tags.is_empty() {
                added.push(AddedTags::new(recorded.position, recorded.id, tags));
            }
        }
        if !added.is_empty() {
            done.tagged += store.add_tags(added).await?;
        }
        done.events += page.len() as u64;
        done.position = page.last().map_or(done.position, |event| event.position);
        progress(&done);
    }
    done.position = head;
    Ok(done)
}

/// The tags that the event's type gives and the stored event lacks.
fn missing<E: Event>(recorded: &RecordedEvent) -> Result<Tags, RetagError> {
    let event: E = recorded.decode()?;
    let mut emitter = Emitter::new();
    event.encode(&mut emitter).map_err(|error| RetagError::Encode { position: recorded.position, error })?;
    let tags = emitter.into_events().into_iter().next().map(|event| event.tags).unwrap_or_default();
    Ok(tags.iter().filter(|tag| !recorded.tags.contains(*tag)).collect())
}

/// How far [`retag`](fn@retag) has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Retagged {
    /// Up to here every event of the type carries its tags.
    pub position: Position,
    /// The head of the log at the beginning: how far it goes.
    pub head: Position,
    /// The events of the type up to here.
    pub events: u64,
    /// How many of them were given tags in this run.
    pub tagged: u64,
}

impl fmt::Display for Retagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Retagged { position, head, events, tagged } = self;
        write!(f, "position {position} of {head}: {events} events, {tagged} of them with new tags")
    }
}

/// Why [`retag`](fn@retag) stopped. Run it again once the cause is fixed: events that are done are skipped.
#[derive(Debug)]
#[non_exhaustive]
pub enum RetagError {
    /// A stored event cannot be decoded, so its tags are not known. The error names the event.
    Decode(DecodeError),
    /// A stored event was decoded, but cannot be written as JSON and read back.
    Encode {
        /// The position of the event.
        position: Position,
        /// Why.
        error: EncodeError,
    },
    /// The log cannot be read, or tags cannot be added to an event.
    AddTags(AddTagsError),
}

impl fmt::Display for RetagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RetagError::Decode(error) => error.fmt(f),
            RetagError::Encode { position, error } => write!(f, "the event at position {position}: {error}"),
            RetagError::AddTags(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RetagError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            RetagError::Decode(error) => error.source(),
            RetagError::Encode { error, .. } => error.source(),
            RetagError::AddTags(error) => error.source(),
        }
    }
}

impl From<DecodeError> for RetagError {
    fn from(error: DecodeError) -> RetagError {
        RetagError::Decode(error)
    }
}

impl From<AddTagsError> for RetagError {
    fn from(error: AddTagsError) -> RetagError {
        RetagError::AddTags(error)
    }
}

impl From<StoreError> for RetagError {
    fn from(error: StoreError) -> RetagError {
        RetagError::AddTags(error.into())
    }
}
