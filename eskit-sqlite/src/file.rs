//! The log's file: its tables and rows, and whether it is still the file that was opened.

pub(crate) mod busy;
pub(crate) mod erase;
pub(crate) mod identity;
pub(crate) mod kind;
pub(crate) mod mark;
pub(crate) mod place;
pub(crate) mod row;
pub(crate) mod schema;
pub(crate) mod snapshot;
pub(crate) mod tier;
