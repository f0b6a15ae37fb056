//! The copy of the log in this process.

pub(crate) mod feed;
pub(crate) mod fresh;
pub(crate) mod log_copy;
