//! The store's thread, its connections, and what it hears from other processes.

pub(crate) mod background;
pub(crate) mod connections;
pub(crate) mod watch;
