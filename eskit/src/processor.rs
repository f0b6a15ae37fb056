//! Processors: subscribers that act on events, by executing commands and by effects on other systems.
//!
//! | to | use |
//! |---|---|
//! | act on events | [`#[processor]`](macro@crate::processor), [`Effect`] |
//! | repeat no effect blindly | [`Effect::once`] |
//! | run a processor | [`App::with_processor`](crate::App::with_processor) |

mod acting;
mod batch;
mod doing;
mod effect;
mod ledger;
mod once;
mod parked_keys;
mod subscriber;
mod times;

pub use acting::Acted;
pub use effect::Effect;
pub use eskit_runtime::processor::*;
pub use once::{Ask, Happening, IfUnknown, NotSaid, Once, Park, Repeat, StepResult};
pub use subscriber::Processor;

#[doc(hidden)]
pub use batch::WorkBatch;

pub(crate) use acting::Acting;
#[cfg(feature = "testing")]
pub(crate) use batch::work;
#[cfg(feature = "testing")]
pub(crate) use doing::occurrences;
pub(crate) use doing::{BadSchedule, Doing, check_schedules};
#[cfg(feature = "testing")]
pub(crate) use effect::Witness;
