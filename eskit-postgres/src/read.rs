//! Reading: pages and queries.

pub(crate) mod page;
pub(crate) mod rarest;
pub(crate) mod select;
