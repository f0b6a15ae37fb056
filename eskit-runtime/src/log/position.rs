use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::log::id::EventId;

/// A number in the global order of a log: 1 for the first event, strictly increasing in commit order.
///
/// [`Position::START`] (0) is before the first event. In the stores of eskit, positions are contiguous. In text and in JSON, a
/// position is its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(u64);

impl Position {
    /// The position before the first event.
    pub const START: Position = Position(0);

    /// The position with this number, counted from 1.
    pub const fn new(number: u64) -> Position {
        Position(number)
    }

    /// The number of this position; 0 lies before the first event.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The position before this one; that of [`Position::START`] is itself.
    pub const fn previous(self) -> Position {
        Position(self.0.saturating_sub(1))
    }

    /// The position that follows this one in a store with contiguous positions.
    pub const fn next(self) -> Position {
        Position(self.0.saturating_add(1))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Position {
    type Err = ParseIntError;
    fn from_str(text: &str) -> Result<Position, ParseIntError> {
        text.parse().map(Position)
    }
}

/// A position, and the id of the event there: what a reader remembers of a log, to read on from it.
///
/// After a backup is restored, the log uses the same positions again for other events. Ids are unique, and a restored log keeps its
/// events in order. So a log that holds the event of a place also holds, unchanged, everything before it: one look-up tells whether
/// everything that was read is still there. A deleted event keeps its position and its id, and still counts.
///
/// A log *holds* a place if the event with this id is at this position. A place without an id, made from a position alone, only
/// requires that the log reaches the position. Every log holds [`Place::START`].
///
/// In text, a place is `7@0195f3a6-...`, or `7` without an id; in JSON, an object with both fields.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::log::{EventId, Place, Position};
///
/// let place = Place::new(Position::new(7), EventId::new());
/// assert_eq!(place.to_string().parse(), Ok(place));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// The position.
    pub position: Position,
    /// The id of the event at the position; `None` if there is none, or if it is not known.
    pub id: Option<EventId>,
}

impl Place {
    /// The place before the first event.
    pub const START: Place = Place { position: Position::START, id: None };

    /// The place of the event with this id at this position.
    pub const fn new(position: Position, id: EventId) -> Place {
        Place { position, id: Some(id) }
    }

    /// Whether a log holds this place, if it ends at `head` and has the event `found` at the position. For stores.
    pub fn is_held(self, head: Position, found: Option<EventId>) -> bool {
        self.position <= head && (self.id.is_none() || self.id == found)
    }
}

impl Place {
    /// Says that a log does not hold this place.
    pub(crate) fn write_missing(self, f: &mut impl fmt::Write) -> fmt::Result {
        let position = self.position;
        match self.id {
            Some(id) => write!(f, "the log was replaced: it does not hold the event {id} at position {position}"),
            None => write!(f, "the log was replaced: it ends before position {position}"),
        }
    }
}

/// The place with this position and an unknown id.
impl From<Position> for Place {
    fn from(position: Position) -> Place {
        Place { position, id: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "{}@{id}", self.position),
            None => self.position.fmt(f),
        }
    }
}

impl FromStr for Place {
    type Err = PlaceParseError;
    fn from_str(text: &str) -> Result<Place, PlaceParseError> {
        let (position, id) = match text.split_once('@') {
            Some((position, id)) => (position, Some(id.parse().map_err(|_| PlaceParseError)?)),
            None => (text, None),
        };
        Ok(Place { position: position.parse().map_err(|_| PlaceParseError)?, id })
    }
}

/// A text is not a [`Place`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PlaceParseError;

impl fmt::Display for PlaceParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a place in a log is a position, or a position and an event id, such as `7@0195f3a6-5c1e-7d2b-9a43-2f6d8e0b1c57`")
    }
}

impl std::error::Error for PlaceParseError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_json_round_trip() {
        let position = Position::new(1_700);
        assert_eq!(position.to_string().parse(), Ok(position));
        let json = serde_json::to_string(&position).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str(&json).unwrap()), ("1700", position));
    }
    #[test]
    fn a_place_round_trips_with_and_without_an_id() {
        let known = Place::new(Position::new(7), EventId::new());
        for place in [known, Position::new(7).into(), Place::START] {
            assert_eq!(place.to_string().parse(), Ok(place));
            let json = serde_json::to_string(&place).unwrap();
            assert_eq!(serde_json::from_str::<Place>(&json).unwrap(), place, "{json}");
        }
        for text in ["", "@", "7@", "7@seven", "seven"] {
            assert_eq!(text.parse::<Place>(), Err(PlaceParseError), "{text}");
        }
    }

    #[test]
    fn a_place_is_held_by_its_event_alone() {
        let (id, other, head) = (EventId::new(), EventId::new(), Position::new(7));
        assert!(Place::START.is_held(Position::START, None));
        assert!(Place::new(head, id).is_held(head, Some(id)));
        assert!(!Place::new(head, id).is_held(head, Some(other)) && !Place::new(head, id).is_held(head, None));
        assert!(Place::from(head).is_held(head, Some(other)) && !Place::from(head.next()).is_held(head, None));
    }
}
