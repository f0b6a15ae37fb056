use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A place in the global order of a log: 1 for the first event, strictly increasing in commit order.
///
/// [`Position::START`] (0) is the place before the first event. In every store but JetStream positions are contiguous. Stands as
/// its number in text and in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(u64);

impl Position {
    /// The place before the first event.
    pub const START: Position = Position(0);

    /// The position with this number, counted from 1.
    pub const fn new(number: u64) -> Position {
        Position(number)
    }

    /// The number of this position; 0 is the place before the first event.
    pub const fn get(self) -> u64 {
        self.0
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
}
