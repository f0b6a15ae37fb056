//! Processes that write to a log until they are killed, and what must be left of it.

mod child;
mod process;
mod verify;

pub(crate) use child::Child;
pub(crate) use process::{ChildCommand, Writer};
pub(crate) use verify::check;
