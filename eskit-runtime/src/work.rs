//! Work that waits to be done: the items of to-do lists, timers, schedules and queues of commands, as views keep them.
//!
//! An item belongs to a *list*, such as that of a processor, and has a *key*: items of one key are done one after another, in the order
//! in which they were opened; items of different keys side by side. Whoever does an item claims it first, for a while that can be
//! renewed, and settles it afterwards; what is not settled in time is claimed by somebody else. A *step* is an effect in the middle of an
//! item or an event whose outcome is kept, since it must not be repeated blindly.

pub(crate) mod generated;
mod item;
mod limits;
mod options;
mod step_result;
mod steps;
mod store;
mod todo;
mod tx;

pub use item::{NewWork, QueueItem, WorkItem, WorkState};
pub use limits::{check_step, check_step_end, check_work, kept_text};
pub use options::{Schedule, WorkOptions};
pub use step_result::{read_result, write_result};
pub use steps::{BegunStep, EndedBy, OpenStep, StepEnd, StepHolder, StepId, Steps};
pub use store::{ClaimWork, ClaimedWork, ListWork, Outcome, Settled, Work};
pub use todo::{Todo, TodoChanges, TodoKeys, Todos, key_text};
pub use tx::{WorkTx, WorkTxAsync};
