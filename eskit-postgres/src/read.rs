//! Reading: pages and queries.

pub(crate) mod dump;
pub(crate) mod page;
pub(crate) mod range;
pub(crate) mod rarest;
pub(crate) mod replication;
pub(crate) mod select;
pub(crate) mod stats;
pub(crate) mod stream_info;
pub(crate) mod stream_list;
