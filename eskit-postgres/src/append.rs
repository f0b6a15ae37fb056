//! Writing: what one batch of appends checks and writes, in one call.

pub(crate) mod batch;
pub(crate) mod checkpoint;
pub(crate) mod condition;
pub(crate) mod known;
pub(crate) mod lifecycle;
pub(crate) mod load;
pub(crate) mod one;
pub(crate) mod outcome;
pub(crate) mod payload;
pub(crate) mod queue;
pub(crate) mod repeat;
pub(crate) mod request;
pub(crate) mod retag;
pub(crate) mod seal;
pub(crate) mod streams;
pub(crate) mod synchronous;
pub(crate) mod turn;
pub(crate) mod writer;
