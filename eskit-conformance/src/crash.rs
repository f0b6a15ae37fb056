//! Processes that write to a log until they are killed, and what must be left of it.

mod child;
mod process;
mod verify;

pub(crate) use child::{APPEND, Child, DOOMED, Task};
pub(crate) use process::{ChildCommand, Note, Writer};
pub(crate) use verify::{check, check_order, check_versions, check_whole};
