//! Tests of decisions, states and read models: `given(events).when(command).then(events)`.
//!
//! Enable the feature `testing` of `eskit` under `[dev-dependencies]`. A test works like a running program: the given events are
//! encoded and appended to a [`MemoryStore`](crate::MemoryStore), and the command is executed on it. So tests cover wire names, tags,
//! queries and upcasters. They are not async, and never sleep.
//!
//! ```
//! # use eskit::prelude::*;
//! use eskit::testing::given;
//!
//! #[derive(Event, Serialize, Deserialize)]
//! struct SeatTaken { #[tag] course: String, student: String }
//!
//! #[derive(Command)]
//! struct TakeSeat { #[tag] course: String, student: String }
//!
//! #[derive(Debug, PartialEq)]
//! struct Full;
//!
//! #[aggregate(tag = "course")]
//! #[derive(Default)]
//! struct Seats { taken: u32 }
//!
//! #[decider]
//! impl Seats {
//!     #[evolve] fn taken(&mut self, _: &SeatTaken) { self.taken += 1 }
//!     #[decide] fn take(&self, c: &TakeSeat) -> Result<SeatTaken, Full> {
//!         if self.taken == 2 { return Err(Full) }
//!         Ok(SeatTaken { course: c.course.clone(), student: c.student.clone() })
//!     }
//! }
//!
//! # fn main() {
//! let seat = |course: &str, student: &str| SeatTaken { course: course.into(), student: student.into() };
//! let take = |student: &str| TakeSeat { course: "maths".into(), student: student.into() };
//!
//! // `given(())`: nothing has happened yet.
//! given(()).when(take("ada")).then(seat("maths", "ada"));
//! given([seat("maths", "ada"), seat("maths", "bob")]).when(take("eve")).then_error(Full);
//! // The command does not see events of another course.
//! given([seat("maths", "ada"), seat("art", "bob")])
//!     .when(take("eve"))
//!     .then(seat("maths", "eve"))
//!     .then_state(|seats| assert_eq!(seats.taken, 2));
//! # }
//! ```
//!
//! Read models are tested in the same way: [`Given::then_rows`] for rows, [`Given::then_view`] for a projection in memory, and
//! [`Given::handled_by`] for a projection in any views, such as a file of SQLite.
//!
//! [`Given::then_commands`] tests a processor: the commands that it executes for the events. [`Given::then_todos`] tests which to-dos
//! are open after them, [`Given::then_work`] what is done for one, and [`Given::then_every`] what its schedules do as time passes.
//!
//! A running app is tested with a [`TestClock`] for what is due later, and with [`Running::settle`](crate::Running::settle), which waits
//! until nothing is left to do.
//!
//! The feature `proptest` adds `commands(strategy).check(invariant)`, which checks an invariant after each of many random commands.
#![allow(clippy::panic, reason = "an expectation that does not hold fails its test")]

mod clock;
#[cfg(feature = "proptest")]
mod commands;
mod given;
mod history;
mod outcome;
mod processors;
mod render;
mod schedules;
mod todos;
mod unsealed;
mod views;

pub use crate::running::NotSettled;
pub use clock::TestClock;
#[cfg(feature = "proptest")]
pub use commands::{AnyCommand, Commands, commands};
pub use eskit_runtime::__private::ExpectedCommands;
pub use given::{Given, given};
pub use outcome::Outcome;
pub use todos::ExpectedTodos;
