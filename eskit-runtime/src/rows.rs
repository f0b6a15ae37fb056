//! All instances of an aggregate as rows in views: lists, pages, filters and counts without SQL and without a projection of one's own.
//!
//! An aggregate is a fold for one key, so a subscription can keep it for every key. [`Rows`] is that subscription's handler, for any
//! views whose transaction is a [`RowTx`] or a [`RowTxAsync`]; [`RowQuery`] reads the rows, from any [`ReadRows`].
//!
//! A row holds the state as JSON. The fields that `#[aggregate(.., index("taken"))]` names stand beside it in a form that sorts bytewise
//! ([`IndexValue`]), so that every database finds and sorts them alike.

mod column;
mod indexed;
mod keeper;
pub(crate) mod keys;
mod query;
mod stored;
mod value;

pub use column::{index_column, other_index};
pub use keeper::{RowState, RowTx, RowTxAsync, Rows};
pub use query::{ReadRows, Row, RowCursor, RowPage, RowQuery, RowsError};
pub use stored::{Order, RowRange, RowSelect, StoredRow};
pub use value::{IndexValue, IndexValueError};
