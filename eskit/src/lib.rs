//! Event sourcing for Rust, checked at compile time.
#![allow(missing_docs)]

pub use eskit_macros::{Command, Event, TagValue, aggregate, decide, decider, evolve};
#[doc(hidden)]
pub use eskit_runtime::__private;
pub use eskit_runtime::*;

pub mod prelude {
    pub use crate::{Aggregate, Command, Event, RecordedEvent, TagValue, aggregate, decide, decider, evolve};
    pub use serde::{Deserialize, Serialize};
}
