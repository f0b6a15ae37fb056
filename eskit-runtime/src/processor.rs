//! What the methods of processors return: commands to execute. The crate `eskit` has what runs processors.

mod batch;
mod commands;
pub(crate) mod expected;
mod reaction;

pub use batch::BatchReaction;
pub use commands::Commands;
pub use reaction::{OnRefused, Reaction};
