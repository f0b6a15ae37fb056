use std::fmt;

use crate::log::bounds::{LimitError, TAGS_PER_EVENT_MAX};
use crate::log::id::EventId;
use crate::log::position::Position;
use crate::log::store::error::{StoreError, StoreErrorKind};
use crate::log::tag::Tags;

/// Tags for an event that is stored: what [`EventStore::add_tags`](crate::EventStore::add_tags) adds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddedTags {
    /// The position of the event.
    pub position: Position,
    /// Its id, which must match.
    pub id: EventId,
    /// The tags; those that the event already carries are skipped.
    pub tags: Tags,
}

impl AddedTags {
    /// Tags for the event with this id at this position.
    pub fn new(position: Position, id: EventId, tags: Tags) -> AddedTags {
        AddedTags { position, id, tags }
    }

    /// All tags of the event from then on: its existing ones, then the new ones. `None` if there are no new ones. For stores.
    ///
    /// # Errors
    /// The event would carry more than [`TAGS_PER_EVENT_MAX`](TAGS_PER_EVENT_MAX) tags.
    pub fn onto(&self, stored: &Tags) -> Result<Option<Tags>, LimitError> {
        let mut all = stored.clone();
        self.tags.iter().for_each(|tag| all.push(tag.key(), tag.value()));
        let (before, found, max) = (stored.len(), all.len(), TAGS_PER_EVENT_MAX);
        if found > before && found > max {
            return Err(LimitError::TooMany { what: "tags of one event", found, max });
        }
        Ok((found > before).then_some(all))
    }
}

/// Why no tags were added; nothing was written.
#[derive(Debug)]
#[non_exhaustive]
pub enum AddTagsError {
    /// No event with this id is at this position: it was read from another log, or a backup was restored since.
    NotThere {
        /// The position.
        position: Position,
        /// The id that was expected there.
        id: EventId,
    },
    /// The call, or the tags of the event at this position, cross a limit.
    Limit {
        /// The position of the event; `None` for the call as a whole.
        position: Option<Position>,
        /// The limit.
        error: LimitError,
    },
    /// The store failed, and the tags may or may not have been added. Repeat the call: existing tags are skipped.
    Store(StoreError),
}

impl AddTagsError {
    /// The error of a store that cannot add tags.
    pub(crate) fn unsupported() -> AddTagsError {
        let text = "cannot add tags to stored events: this store does not offer it\nhelp: read the log, and append its events with their tags to a store that does";
        StoreError::new(StoreErrorKind::Unsupported, text).into()
    }
}

impl fmt::Display for AddTagsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddTagsError::NotThere { position, id } => write!(
                f,
                "there is no event with the id {id} at position {position}\nhelp: read the events again: the log was restored, or is another one"
            ),
            AddTagsError::Limit { position: Some(position), error } => {
                write!(f, "cannot add tags to the event at position {position}: {error}")
            }
            AddTagsError::Limit { position: None, error } => error.fmt(f),
            AddTagsError::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AddTagsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AddTagsError::Store(error) => error.source(),
            _ => None,
        }
    }
}

impl From<LimitError> for AddTagsError {
    fn from(error: LimitError) -> AddTagsError {
        AddTagsError::Limit { position: None, error }
    }
}

impl From<StoreError> for AddTagsError {
    fn from(error: StoreError) -> AddTagsError {
        AddTagsError::Store(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(numbers: std::ops::Range<u32>) -> Tags {
        let mut tags = Tags::new();
        numbers.for_each(|number| tags.push("n", number));
        tags
    }

    #[test]
    fn new_tags_stand_behind_the_others_each_once() {
        let added = |tags| AddedTags::new(Position::new(1), EventId::new(), tags);
        assert_eq!(
            added(tags(0..3)).onto(&tags(1..2)).unwrap(),
            Some([1, 0, 2].iter().fold(Tags::new(), |mut all, n| {
                all.push("n", n);
                all
            }))
        );
        assert_eq!(added(tags(0..2)).onto(&tags(0..3)).unwrap(), None);
        assert_eq!(added(tags(0..64)).onto(&tags(0..64)).unwrap(), None);
        let error = added(tags(60..65)).onto(&tags(0..64)).unwrap_err();
        assert_eq!(error, LimitError::TooMany { what: "tags of one event", found: 65, max: 64 });
    }
}
