//! What handlers of projections get, in the transaction of a read model and in that of an append.

pub(crate) mod blame;
pub(crate) mod tx;
