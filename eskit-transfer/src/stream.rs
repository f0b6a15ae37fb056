//! Single streams: into an archive, and out of it.

pub(crate) mod archive;
mod copying;
pub(crate) mod error;
pub(crate) mod restore;
