//! What handlers of projections get, and what they may do, in the file of a read model and in that of the log.

pub(crate) mod blame;
pub(crate) mod rules;
pub(crate) mod tx;
