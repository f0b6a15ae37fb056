//! The copy of the log in this process.

pub(crate) mod copy;
pub(crate) mod feed;
pub(crate) mod fresh;
