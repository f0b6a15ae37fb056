//! Writing: what one batch of appends checks and writes, in one transaction.

pub(crate) mod batch;
pub(crate) mod budget;
pub(crate) mod checkpoint;
pub(crate) mod condition;
pub(crate) mod ids;
pub(crate) mod lifecycle;
pub(crate) mod load;
pub(crate) mod repeat;
pub(crate) mod retag;
pub(crate) mod seal;
pub(crate) mod state;
pub(crate) mod statements;
pub(crate) mod synchronous;
pub(crate) mod transaction;
