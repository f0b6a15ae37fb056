use std::fmt;

/// A place in the global order of a log: 1 for the first event, strictly increasing in commit order.
///
/// [`Position::START`] (0) is the place before the first event. In every store but JetStream positions are contiguous.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
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
