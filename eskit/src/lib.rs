//! Event sourcing for Rust, checked at compile time.
//!
//! Annotate plain structs; the macros generate wire names, decoders, upcasters, tags and command dispatch. A wrong
//! registration does not compile, and the compiler says what to write instead.
//!
//! ```
//! use eskit::prelude::*;
//!
//! #[derive(Event, Serialize, Deserialize)]
//! pub struct CourseDefined { #[tag("course")] pub course: String, pub capacity: u32 }
//!
//! #[derive(Event, Serialize, Deserialize)]
//! pub struct StudentEnrolled { #[tag("course")] pub course: String, #[tag("student")] pub student: String }
//!
//! #[derive(Command)]
//! pub struct DefineCourse { #[tag("course")] pub course: String, pub capacity: u32 }
//!
//! #[derive(Command)]
//! pub struct Enroll { #[tag("course")] pub course: String, #[tag("student")] pub student: String }
//!
//! /// The seats of one course: folded from the events that carry its `course` tag.
//! #[aggregate(tag = "course")]
//! #[derive(Default)]
//! pub struct Seats { capacity: u32, taken: u32 }
//!
//! #[decider]
//! impl Seats {
//!     #[evolve] fn defined(&mut self, e: &CourseDefined) { self.capacity = e.capacity }
//!     #[evolve] fn enrolled(&mut self, _: &StudentEnrolled) { self.taken += 1 }
//!
//!     #[decide] fn define(&self, c: &DefineCourse) -> Result<CourseDefined, &'static str> {
//!         if self.capacity > 0 { return Err("the course is defined already") }
//!         Ok(CourseDefined { course: c.course.clone(), capacity: c.capacity })
//!     }
//! }
//!
//! #[aggregate(tag = "student")]
//! #[derive(Default)]
//! pub struct Schedule { courses: u32 }
//!
//! #[decider]
//! impl Schedule { #[evolve] fn enrolled(&mut self, _: &StudentEnrolled) { self.courses += 1 } }
//!
//! /// Across boundaries: a pure function of the command and the models that it needs.
//! #[decider]
//! fn enroll(c: &Enroll, seats: &Seats, schedule: &Schedule) -> Result<StudentEnrolled, &'static str> {
//!     if seats.taken == seats.capacity { return Err("the course is full") }
//!     if schedule.courses == 5 { return Err("the student has five courses already") }
//!     Ok(StudentEnrolled { course: c.course.clone(), student: c.student.clone() })
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::new(MemoryStore::new());
//! app.execute(DefineCourse { course: "maths".into(), capacity: 1 }).await?;
//! app.execute(Enroll { course: "maths".into(), student: "ada".into() }).await?;
//! let refused = app.execute(Enroll { course: "maths".into(), student: "bob".into() }).await;
//! assert_eq!(refused.err().and_then(|e| e.domain().copied()), Some("the course is full"));
//! # Ok(()) }
//! ```

#![forbid(unsafe_code)]

mod app;
mod connect;
pub mod layer;
mod lock;
mod memory;
mod single_writer;
mod sleep;
#[cfg(feature = "tracing")]
mod span;
mod state_cache;

#[doc(hidden)]
pub use eskit_macros::lock as __lock;
#[doc(hidden)]
pub use eskit_runtime::__private;

pub use app::{App, Execute, Load};
pub use connect::connect;
pub use eskit_macros::{Command, Event, Shape, TagValue, aggregate, decide, decider, evolve};
pub use eskit_runtime::*;
pub use memory::MemoryStore;

#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "postgres")]
pub use eskit_postgres as postgres;
#[cfg(feature = "sqlite")]
pub use eskit_sqlite as sqlite;

/// Everything that a program usually needs.
pub mod prelude {
    pub use crate::{
        Aggregate, AnyStore, App, Command, Event, EventStore, ExecuteError, Executed, Loaded, MemoryStore, Metadata,
        RecordedEvent, Shape, TagValue, UpcastError, aggregate, decide, decider, evolve,
    };
    pub use serde::{Deserialize, Serialize};

    #[cfg(feature = "postgres")]
    pub use eskit_postgres::PostgresStore;
    #[cfg(feature = "sqlite")]
    pub use eskit_sqlite::SqliteStore;
}

/// The README's code is compiled with the documentation's.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../../README.md")]
struct Readme;
