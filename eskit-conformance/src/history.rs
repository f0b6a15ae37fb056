//! Recorded concurrent histories, and the check that they could have happened one after the other.

mod check;
mod op;
mod record;

pub(crate) use check::check;
pub(crate) use record::{Recorder, client};
