//! Work that waits to be done: the items of to-do lists, timers, schedules and queues of commands, as views keep them.
//!
//! An item belongs to a *list*, such as that of a processor, and has a *key*: items of one key are done one after another, in the order
//! in which they were opened; items of different keys side by side. Whoever does an item claims it first, for a while that can be
//! renewed, and settles it afterwards; what is not settled in time is claimed by somebody else.

pub(crate) mod generated;
mod item;
mod limits;
mod options;
mod store;
mod todo;
mod tx;

pub use item::{NewWork, WorkItem, WorkState};
pub use limits::{check_work, kept_text};
pub use options::{Schedule, WorkOptions};
pub use store::{ClaimWork, ClaimedWork, ListWork, Outcome, Settled, Work};
pub use todo::{Todo, TodoChanges, TodoKeys, Todos, key_text};
pub use tx::{WorkTx, WorkTxAsync};
