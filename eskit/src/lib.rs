//! Event sourcing for Rust, checked at compile time.
//!
//! Annotate plain structs; the macros generate wire names, decoders, upcasters, tags and command dispatch. Mistakes between
//! events, commands and states do not compile, and the message says what to write instead.
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
//! /// A decision across a course and a student: a pure function of the command and both aggregates.
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
//! # Terms
//!
//! - An **event** is something that happened. It is stored under a wire name and a version, with **tags** by which it is found.
//! - A **command** asks for a change. Its tags select what it concerns.
//! - An **aggregate** is a type whose state is folded from events, found by a tag or in a stream.
//! - A **decider** is a function of a command and its **models**, which returns events or an error. A model is an aggregate, or
//!   [`Each`] of one, as a parameter of a decider.
//! - An **append condition** says that the log holds no new event that the decision would have read. One condition covers all
//!   models of a decision; this is known as a dynamic consistency boundary (DCB), see <https://dcb.events>.
//! - The **shape** of an event is its fields and their types, as they are stored. The schema lock, [`lock!`], records it.
//!
//! # Where to look
//!
//! | to | look at |
//! |---|---|
//! | define events, commands, and types for ids | the derives [`Event`](derive@Event), [`Command`](derive@Command), [`TagValue`](derive@TagValue) |
//! | define states and decisions | [`#[aggregate]`](macro@aggregate), [`#[decider]`](macro@decider) |
//! | open a store | [`connect`], [`ConnectOptions`]; [`MemoryStore`], `SqliteStore`, `PostgresStore`, `NatsStore`, and the options of each |
//! | execute commands, load states | [`App`]; metadata, idempotency keys, expected versions: [`Execute`]; errors: [`ExecuteError`] |
//! | execute one of several commands, find one by its name | sets and stored commands: [`Command`](derive@Command), [`Storable`](model::Storable) |
//! | authorize, log, measure or retry commands | [`App::with_middleware`], [`middleware`] |
//! | read events as they come | [`App::events`], a stream |
//! | read events, follow the log | [`EventStore::watch`], [`Pages`](log::Pages), [`Query`](log::Query), [`RecordedEvent::decode`] |
//! | load long histories fast: snapshots | [`App::with_snapshots`], [`SnapshotOptions`] |
//! | list and count aggregates: rows | [`App::with_rows`], [`rows`] |
//! | build a read model | [`#[projection]`](macro@projection), [`App::with_projection`]; in memory: [`InMemory`] |
//! | execute commands and have effects when something has happened | [`#[processor]`](macro@processor), [`App::with_processor`], [`processor`](mod@processor) |
//! | do things later, or again until they succeed: to-dos, timers, schedules | [`#[processor]`](macro@processor), [`Running::todos`] |
//! | store commands and execute them later | [`App::with_queue`], [`App::enqueue`] |
//! | execute commands for other processes; publish events for them | the modules `nats::commands` and `nats::events` |
//! | start, wait for, steer and stop subscriptions | [`App::start`], [`Running`], `shutdown_signal`, [`subscription`] |
//! | import events | [`Import`] |
//! | append without a command | [`NewEvent::encode`](log::NewEvent::encode), [`EventStore::append`]; based on a loaded state: [`Loaded::conditions`] |
//! | list the streams of a type; archive, end or delete one | [`EventStore::list_streams`], [`EventStore::change_stream`] |
//! | change the shape of an event | `version`, `from` and `upcast` of [`Event`](derive@Event); [`lock!`], [`Shape`](derive@Shape) |
//! | test decisions | the module `testing` |
//! | validate, retry, trace or count appends | [`layer`]; for a layer of your own: [`delegate_store!`] |
//! | write a store | [`EventStore`], [`limits`](log::limits), [`store_kit`], the crate `eskit-conformance` |
//!
//! The root has the names that most programs use. Everything else is in a module:
//!
//! | module | what it has |
//! |---|---|
//! | [`log`](mod@log) | events as they are stored, appends and conditions, queries and reads, streams |
//! | [`model`] | the traits that the macros implement |
//! | [`execute`](mod@execute) | options and errors of commands |
//! | [`codec`] | errors of encoding and decoding |
//! | [`schema`] | shapes, for the schema lock |
//! | [`subscription`] | following the log: the driver, checkpoints, views |
//! | [`rows`] | all instances of an aggregate as rows |
//! | [`work`](mod@work) | to-do lists and queues, as views keep them |
//! | [`snapshots`] | states of aggregates that outlive the process |
//! | [`middleware`] | what stands around each command: authorization, retries, logs, metrics |
//! | [`layer`] | stores around a store: hooks, retries, reads from a replica, tracing, metrics |
//! | [`tenant`], [`partition`] | a log for each tenant, or for each value of a tag |
//! | [`store_kit`] | parts for authors of stores |
//!
//! # Features
//!
//! | feature | what it adds | what it builds |
//! |---|---|---|
//! | `sqlite` (default) | `sqlite::SqliteStore` | rusqlite 0.39 and SQLite itself, which needs a C compiler |
//! | `postgres` | `postgres::PostgresStore` | sqlx 0.9 without TLS; for TLS, add sqlx to your own dependencies with a feature such as `tls-rustls` |
//! | `nats` | `nats::NatsStore` | async-nats 0.51 without TLS; for TLS and credentials, add async-nats to your own dependencies with its features `ring` and `nkeys` |
//! | `personal` | personal data in events, which `App::forget` makes unreadable: the module `vault` | aes-gcm-siv, base64, getrandom, zeroize |
//! | `testing` | the module `testing`: given, when, then | similar |
//! | `proptest` | `testing::commands`: random histories; includes `testing` | proptest |
//! | `tracing` | spans of commands and their steps, of batches of events, and of work; the layer `Traced` | tracing |
//! | `otel` | events carry the trace context in which they were appended, and what handles them goes on with it; includes `tracing` | opentelemetry, tracing-opentelemetry |
//! | `metrics` | the layer `Metered`, the metrics of subscriptions, and `profile::Profiler` | metrics |
//! | `tokio` (default) | `App::start`, which runs subscriptions in tasks of tokio | tokio |
//! | `schedule` | `#[every]` methods of processors | cronexpr, jiff |
//! | `chrono`, `jiff`, `time` | shapes of their types for the schema lock; conversions from and to [`Timestamp`] | the crate of that name |
//! | `rust_decimal` | the shape of `Decimal` for the schema lock | rust_decimal |
//!
//! SQLite can be linked into a program only once. With the feature `sqlite`, a program cannot also use SQLite through sqlx 0.8:
//! cargo refuses, since two packages would link `sqlite3`. SQLite through sqlx 0.9 or rusqlite 0.39 is fine.
//!
//! `PostgresStore` needs a tokio runtime. Everything else works in every async runtime.
//!
//! # Platforms
//!
//! Tested on Linux. eskit is not built or tested for `wasm32-unknown-unknown`, which has no clock, random numbers or threads; ids,
//! times and retries need them. To try it there, leave out the feature `sqlite`, and depend on `uuid` with the feature `js` and on
//! `futures-timer` with the feature `wasm-bindgen`; otherwise every command panics.

#![forbid(unsafe_code)]

// Generated code names this crate, and `vault` has an event.
#[cfg(feature = "personal")]
extern crate self as eskit;

mod aggregate_snapshots;
mod app;
mod backlog;
mod block_on;
mod bus;
mod clock;
mod connect;
mod delegate_views;
mod desk;
#[cfg(feature = "personal")]
mod forgetting;
mod import;
mod in_memory;
pub mod layer;
mod lock;
mod memory;
mod memory_snapshots;
mod memory_views;
pub mod middleware;
mod observed;
mod own_events;
pub mod partition;
pub mod processor;
pub mod profile;
mod queue;
mod running;
#[cfg(feature = "tokio")]
mod shutdown;
mod single_writer;
mod sleep;
#[cfg(feature = "tracing")]
mod span;
mod state_cache;
mod state_snapshots;
mod steps;
mod subscriptions;
mod tail;
pub mod tenant;
#[cfg(feature = "tracing")]
mod trace;
#[cfg(feature = "personal")]
pub mod vault;
mod working;

#[doc(hidden)]
pub use eskit_macros::lock as __lock;
/// What generated code calls. Not part of the public interface: it may change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::processor::{BatchReaction, Effect, OnRefused, Processor, Reaction, WorkBatch};
    pub use eskit_runtime::__private::*;
}

pub use aggregate_snapshots::{AggregateSnapshots, NoSnapshots, RebuiltSnapshots};
pub use app::App;
pub use app::events::Events;
pub use bus::{Execute, Load};
pub use connect::{ConnectOptions, as_transfer, connect};
pub use desk::WorkHealth;
pub use eskit_macros::{
    Command, Event, Shape, TagValue, aggregate, decide, decider, done, every, evolve, on, processor, projection, todo,
    work,
};
pub use eskit_runtime::*;
pub use import::{Import, ImportError, Imported};
pub use in_memory::{InMemory, InMemoryRead};
pub use memory::MemoryStore;
pub use memory_views::{MemoryGuard, MemoryTx, MemoryViews};
pub use queue::{Enqueue, EnqueueError, Enqueued, QueueOptions};
pub use running::{
    CaughtUp, NotCaughtUp, NotStopped, Parked, Reached, Running, StartError, StepList, Stop, UnknownSubscription,
    WorkList,
};
#[cfg(feature = "tokio")]
pub use shutdown::shutdown_signal;
pub use state_snapshots::{SnapshotCounts, SnapshotOptions};

#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "nats")]
#[doc(inline)]
pub use eskit_nats as nats;
#[cfg(feature = "postgres")]
#[doc(inline)]
pub use eskit_postgres as postgres;
#[cfg(feature = "sqlite")]
#[doc(inline)]
pub use eskit_sqlite as sqlite;

/// The names that programs usually need, including those for reading and appending by hand.
pub mod prelude {
    pub use crate::log::{
        Append, AppendError, Condition, EventId, ExpectedVersion, NewEvent, Pages, Place, Query, QueryItem,
        ReadOptions, StreamId, Tag,
    };
    pub use crate::model::Storable;
    pub use crate::work::Todo;
    pub use crate::{
        Aggregate, AnyStore, App, Command, Each, Event, EventStore, ExecuteError, Executed, Loaded, MemoryStore,
        Metadata, Personal, RecordedEvent, Shape, StoreError, TagValue, Timestamp, UpcastError, aggregate, decide,
        decider, done, every, evolve, on, processor, projection, todo, work,
    };
    pub use serde::{Deserialize, Serialize};

    #[cfg(feature = "nats")]
    pub use eskit_nats::NatsStore;
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
    #[doc = include_str!("../../docs/commands.md")]
    struct Commands;
    #[doc = include_str!("../../docs/evolution.md")]
    struct Evolution;
    #[doc = include_str!("../../docs/rows.md")]
    struct Rows;
    #[doc = include_str!("../../docs/snapshots.md")]
    struct Snapshots;
    #[doc = include_str!("../../docs/work.md")]
    struct Work;
    #[doc = include_str!("../../docs/projections.md")]
    struct Projections;
    #[doc = include_str!("../../docs/subscriptions.md")]
    struct Subscriptions;
    #[doc = include_str!("../../docs/rebuilds.md")]
    struct Rebuilds;
    #[doc = include_str!("../../docs/processors.md")]
    struct Processors;
    #[cfg(feature = "testing")]
    #[doc = include_str!("../../docs/todos.md")]
    struct Todos;
    #[cfg(feature = "nats")]
    #[doc = include_str!("../../docs/nats.md")]
    struct Nats;
    #[doc = include_str!("../../docs/stores.md")]
    struct Stores;
    #[doc = include_str!("../../docs/scaling.md")]
    struct Scaling;
    #[doc = include_str!("../../docs/testing.md")]
    struct Testing;
    #[cfg(feature = "personal")]
    #[doc = include_str!("../../docs/personal-data.md")]
    struct PersonalData;
    #[doc = include_str!("../../docs/questions.md")]
    struct Questions;
}
