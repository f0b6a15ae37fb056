//! The threads of a store: one that writes, those that read, and one that watches other processes.

pub(crate) mod queue;
pub(crate) mod readers;
pub(crate) mod request;
pub(crate) mod running;
pub(crate) mod watch;
pub(crate) mod writer;
