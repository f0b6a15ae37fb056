use eskit_runtime::log::{Direction, QueryItem, ReadOptions};

use crate::sql::record::column;

/// The positions and the versions that a read may return, and in which order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    /// Only positions greater than this one.
    pub(crate) after: i64,
    /// Only positions up to and including this one.
    pub(crate) until: i64,
    /// Only these versions, the first and the last.
    pub(crate) versions: Option<(i64, i64)>,
    pub(crate) direction: Direction,
}

impl Range {
    pub(crate) fn of(options: &ReadOptions) -> Range {
        let version = |version: u64| i64::try_from(version).unwrap_or(i64::MAX);
        Range {
            after: column(options.after),
            until: options.until.map_or(i64::MAX, column),
            versions: options.versions().map(|(first, last)| (version(first), version(last))),
            direction: options.direction,
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.after >= self.until || self.versions.is_some_and(|(first, last)| first > last)
    }
}

/// Whether an item asks for a stream of one type and for the type of another.
pub(crate) fn is_impossible(item: &QueryItem) -> bool {
    match (&item.stream, &item.stream_type) {
        (Some(stream), Some(wanted)) => stream.stream_type() != wanted.as_str(),
        _ => false,
    }
}
