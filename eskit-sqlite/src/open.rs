//! Opening a file, its options, and backups.

pub(crate) mod backup;
pub(crate) mod connect;
pub(crate) mod options;
