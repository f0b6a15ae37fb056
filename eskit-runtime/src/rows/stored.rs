use std::ops::Bound;

use crate::log::position::Position;
use crate::log::time::Timestamp;

use super::value::IndexValue;

/// A row as views store it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRow {
    /// The key of the instance: its value, or several values separated by a tab.
    pub key: String,
    /// The state as JSON.
    pub state: String,
    /// The position of the last event that was folded into it.
    pub position: Position,
    /// The time of that event.
    pub changed_at: Timestamp,
    /// What views write: the indexed fields, in the order of [`AggregateType::index`](crate::model::AggregateType::index). What they
    /// read: the value by which the rows are sorted, if they are sorted by a field; a page goes on after it.
    pub index: Vec<IndexValue>,
}

/// Rows whose indexed field lies between two values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowRange {
    /// Which of the indexed fields.
    pub field: usize,
    /// The lower bound.
    pub from: Bound<IndexValue>,
    /// The upper bound.
    pub to: Bound<IndexValue>,
}

/// The order of rows. Rows with equal values are sorted by the bytes of their keys, in the same direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Order {
    /// Which of the indexed fields; `None` for the key alone.
    pub field: Option<usize>,
    /// Whether the greatest value comes first.
    pub is_descending: bool,
}

/// What views select for a [`RowQuery`](super::RowQuery).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RowSelect {
    /// Only the row with this key.
    pub key: Option<String>,
    /// Only rows that lie in all of these ranges.
    pub ranges: Vec<RowRange>,
    /// The order.
    pub order: Order,
    /// Only rows after this one in the order: the value of the field by which they are sorted, and the key.
    pub after: Option<(IndexValue, String)>,
    /// At most this many rows; [`ReadRows::count_rows`](super::ReadRows::count_rows) passes over it, and over order and `after`.
    pub limit: usize,
}
