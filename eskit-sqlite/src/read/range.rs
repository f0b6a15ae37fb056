use eskit_runtime::log::{Direction, ReadOptions};

use crate::file::row::column;

/// The positions and the versions that a selection may return, and in which order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    /// Only positions greater than this one.
    pub(crate) after: i64,
    /// Only positions up to and including this one.
    pub(crate) until: i64,
    /// Only these versions, the first and the last, of events that belong to a stream.
    pub(crate) versions: (i64, i64),
    pub(crate) direction: Direction,
}

impl Range {
    pub(crate) fn of(options: &ReadOptions) -> Range {
        let (first, last) = options.versions().unwrap_or((0, u64::MAX));
        let version = |version: u64| i64::try_from(version).unwrap_or(i64::MAX);
        Range {
            after: column(options.after),
            until: options.until.map_or(i64::MAX, column),
            versions: (version(first), version(last)),
            direction: options.direction,
        }
    }

    /// All positions greater than this one.
    pub(crate) fn behind(after: i64, direction: Direction) -> Range {
        Range { after, until: i64::MAX, versions: (0, i64::MAX), direction }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.after >= self.until || self.versions.0 > self.versions.1
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
