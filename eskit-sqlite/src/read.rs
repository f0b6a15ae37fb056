//! Reading: pages, queries, and the entries of streams and tags.

pub(crate) mod dump;
pub(crate) mod page;
pub(crate) mod range;
pub(crate) mod scan;
pub(crate) mod select;
pub(crate) mod stats;
pub(crate) mod stream;
pub(crate) mod stream_info;
pub(crate) mod stream_list;
pub(crate) mod tagged;
