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
//!
//! # Where to look
//!
//! | to | look at |
//! |---|---|
//! | write events, commands, and ids that stand in tags | the derives [`Event`](derive@Event), [`Command`](derive@Command), [`TagValue`](derive@TagValue) |
//! | write states and decisions | [`#[aggregate]`](macro@aggregate), [`#[decider]`](macro@decider) |
//! | open a store | [`connect`]; [`MemoryStore`], `SqliteStore`, `PostgresStore`, and the options of each |
//! | execute commands, load states | [`App`]; metadata, idempotency keys, expected versions: [`Execute`]; what can go wrong: [`ExecuteError`] |
//! | read events, follow the log | [`EventStore::watch`], [`Pages`](log::Pages), [`Query`](log::Query), [`RecordedEvent::decode`] |
//! | import events | [`Import`] |
//! | append without a command | [`NewEvent::encode`](log::NewEvent::encode), [`EventStore::append`]; on a state that was read: [`Loaded::conditions`] |
//! | list the streams of a type; archive, end or delete one | [`EventStore::list_streams`], [`EventStore::change_stream`] |
//! | change the shape of an event | `version`, `from` and `upcast` of [`Event`](derive@Event); [`lock!`], [`Shape`](derive@Shape) |
//! | test decisions | the module `testing` |
//! | validate, retry, trace or count appends | [`layer`]; for a layer of your own: [`delegate_store!`] |
//! | write a store | [`EventStore`], [`limits`](log::limits), [`store_kit`], the crate `eskit-conformance` |
//!
//! The modules hold what is taken or returned by these: [`log`](mod@log) what stands in a log and is asked of it, [`codec`] the errors of payloads,
//! [`model`] what the macros implement, [`execute`](mod@execute) what commands take and answer.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `sqlite` (default) | `sqlite::SqliteStore`. Builds SQLite, which takes a C compiler |
//! | `postgres` | `postgres::PostgresStore`, on the pools of sqlx 0.9. For TLS, depend on sqlx too and switch on one of its features for it, such as `tls-rustls` |
//! | `testing`, `proptest` | the module `testing`: given, when, then; random histories |
//! | `tracing`, `metrics` | the layers `Traced` and `Metered`; `tracing` also a span for each command |
//! | `chrono`, `jiff`, `time`, `rust_decimal` | shapes of these crates' types for the schema lock, and [`Timestamp`] to and from theirs |
//!
//! `PostgresStore` needs a tokio runtime. All else works in every async runtime.
//!
//! # Platforms
//!
//! Tested on Linux. `wasm32-unknown-unknown` has no clock, no random numbers and no threads, which ids, times and the waits between two
//! tries need; eskit is not built or tested for it. A program that tries, without the feature `sqlite`, must bring them: it depends on `uuid` with
//! the feature `js` and on `futures-timer` with `wasm-bindgen`. Without, every command panics.

#![forbid(unsafe_code)]

mod app;
mod connect;
mod import;
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
pub use import::{Import, ImportError, Imported};
pub use memory::MemoryStore;

#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "postgres")]
#[doc(inline)]
pub use eskit_postgres as postgres;
#[cfg(feature = "sqlite")]
#[doc(inline)]
pub use eskit_sqlite as sqlite;

/// Everything that a program usually needs, also one that reads and appends by hand.
pub mod prelude {
    pub use crate::log::{
        Append, AppendError, Condition, EventId, ExpectedVersion, NewEvent, Pages, Place, Query, QueryItem,
        ReadOptions, StreamId, Tag,
    };
    pub use crate::{
        Aggregate, AnyStore, App, Command, Each, Event, EventStore, ExecuteError, Executed, Loaded, MemoryStore,
        Metadata, RecordedEvent, Shape, StoreError, TagValue, Timestamp, UpcastError, aggregate, decide, decider,
        evolve,
    };
    pub use serde::{Deserialize, Serialize};

    #[cfg(feature = "postgres")]
    pub use eskit_postgres::PostgresStore;
    #[cfg(feature = "sqlite")]
    pub use eskit_sqlite::SqliteStore;
}

/// The code of these pages is compiled with the documentation's.
#[cfg(all(doctest, feature = "sqlite"))]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/getting-started.md")]
    struct GettingStarted;
    #[doc = include_str!("../../docs/modelling.md")]
    struct Modelling;
    #[doc = include_str!("../../docs/evolution.md")]
    struct Evolution;
    #[doc = include_str!("../../docs/stores.md")]
    struct Stores;
    #[doc = include_str!("../../docs/testing.md")]
    struct Testing;
    #[doc = include_str!("../../docs/questions.md")]
    struct Questions;
}
