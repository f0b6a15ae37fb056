//! Appending: what waits, in groups; each group is checked on the copy, and published under the expectation that the copy was complete.

pub(crate) mod group;
pub(crate) mod publisher;
pub(crate) mod request;
pub(crate) mod writer;
