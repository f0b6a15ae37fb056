use eskit_runtime::{Direction, ReadOptions};

use crate::row::column;

/// The positions that a selection may return, and in which order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    /// Only positions greater than this one.
    pub(crate) after: i64,
    /// Only positions up to and including this one.
    pub(crate) until: i64,
    pub(crate) direction: Direction,
}

impl Range {
    pub(crate) fn of(options: &ReadOptions) -> Range {
        Range {
            after: column(options.after),
            until: options.until.map_or(i64::MAX, column),
            direction: options.direction,
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.after >= self.until
    }

    pub(crate) fn contains(self, position: i64) -> bool {
        self.after < position && position <= self.until
    }

    /// The range that follows a position in the direction of this one.
    pub(crate) fn following(mut self, position: i64) -> Range {
        match self.direction {
            Direction::Forward => self.after = position,
            Direction::Backward => self.until = position.saturating_sub(1),
        }
        self
    }
}
