//! The other side: programs that people would use instead, called as their own documentation says, and limits.

pub(crate) mod bulk;
pub(crate) mod cqrs;
pub(crate) mod cqrs_account;
pub(crate) mod postgres_account;
pub(crate) mod postgres_insert;
pub(crate) mod postgres_lock;
pub(crate) mod program;
pub(crate) mod projected;
pub(crate) mod umadb;
