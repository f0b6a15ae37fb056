use std::collections::BTreeMap;

use crate::log::added_tags::{AddTagsError, AddedTags};
use crate::log::position::Position;
use crate::log::tag::{TagRef, Tags};

/// The changes of one call of [`EventStore::add_tags`](crate::EventStore::add_tags): the events that get new tags, each of them once.
/// `T` is what else the store needs to write an event.
#[derive(Clone, Debug)]
pub struct TagChanges<T> {
    events: BTreeMap<Position, TagChange<T>>,
}

/// An event that is to get new tags.
#[derive(Clone, Debug)]
pub struct TagChange<T> {
    /// What else the store needs.
    pub event: T,
    /// The tags that are stored.
    pub stored: Tags,
    /// The tags that the event is to have.
    pub tags: Tags,
}

impl<T> TagChange<T> {
    /// The tags that are not stored yet.
    pub fn new_tags(&self) -> impl Iterator<Item = TagRef<'_>> {
        self.tags.iter().filter(|tag| !self.stored.contains(*tag))
    }
}

impl<T> Default for TagChanges<T> {
    fn default() -> TagChanges<T> {
        TagChanges { events: BTreeMap::new() }
    }
}

impl<T> TagChanges<T> {
    /// Adds tags to the event with their id at their position. `found` has its stored tags, and none for a deleted event, which gets
    /// no new tags.
    ///
    /// # Errors
    /// [`AddTagsError::NotThere`] if there is no such event, and [`AddTagsError::Limit`] if it would have too many tags. The store
    /// must then write nothing of the whole call.
    pub fn add(&mut self, added: &AddedTags, found: Option<(Option<Tags>, T)>) -> Result<(), AddTagsError> {
        let AddedTags { position, id, .. } = *added;
        let (stored, event) = found.ok_or(AddTagsError::NotThere { position, id })?;
        let Some(stored) = stored else { return Ok(()) };
        let change = self.events.entry(position).or_insert_with(|| TagChange { event, tags: stored.clone(), stored });
        match added.onto(&change.tags) {
            Ok(Some(tags)) => change.tags = tags,
            Ok(None) => {}
            Err(error) => return Err(AddTagsError::Limit { position: Some(position), error }),
        }
        Ok(())
    }

    /// The events whose tags change, by position.
    pub fn into_changed(mut self) -> BTreeMap<Position, TagChange<T>> {
        self.events.retain(|_, change| change.tags != change.stored);
        self.events
    }
}
