//! Several logs, of which a tag chooses one: for when one log is not enough.
//!
//! [`Partitioned`] finds the log of a command by the value of a tag, such as `region`, and refuses at the start of the program every decider that
//! would need two logs. [`Partition`] is the part of one value: it refuses events of another. What concerns two logs is carried from one
//! to the other by a processor, as two commands with a time in between.
//!
//! There is no store over all of them. Positions are those of one log, so no order, no condition and no transaction spans two, and a store that
//! claimed otherwise would keep none of the promises of [`EventStore`](crate::EventStore).

mod check;
mod error;
mod router;
mod store;

pub use error::{CrossesLogs, PartitionError};
pub use router::Partitioned;
pub use store::Partition;
