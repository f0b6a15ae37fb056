//! The suite that every eskit store must pass.
//!
//! One call holds a store to the whole contract of [`EventStore`](eskit_runtime::EventStore): appends and their
//! conditions, every kind of query, limits, hostile text, idempotency, subscriptions, logs that are replaced, concurrency, reopening,
//! `kill -9`, full disks and failed syncs. In a file under `tests/`:
//!
//! ```
//! # // The log of a doctest: stands for the reader's own store.
//! # use eskit::MemoryStore as MyStore;
//! use std::convert::Infallible;
//!
//! use eskit_conformance::Suite;
//!
//! eskit_conformance::suite!(my_store, Suite::volatile(|_| async { Ok::<_, Infallible>(MyStore::new()) }));
//! # fn main() {}
//! ```
//!
//! A store that outlives its process is opened by the name of a log, so the suite can open the same log again, from the
//! same process or from another:
//!
//! ```
//! use eskit_conformance::Suite;
//! use eskit_sqlite::SqliteStore;
//!
//! eskit_conformance::suite!(sqlite, Suite::durable(|log| async move { SqliteStore::open(log.path("db")).await }));
//! # fn main() {}
//! ```
//!
//! The store is opened and called inside a tokio runtime of several threads, which the suite starts; its timer and its I/O
//! are switched on.
//!
//! With [`Suite::faults`] a store says how the disk under a log is made to fail, and with [`Suite::backups`] how a backup is put in
//! the place of a log that is open; it is held to the contract there too.
//!
//! # What a run prints
//! One line for each case that failed, with what to set to run it again, and at the end how many cases and how many seeds
//! were run. A *seed* is one generated input or one round of a race.
//!
//! # Settings
//! | variable | meaning | default |
//! |---|---|---|
//! | `ESKIT_CONFORMANCE_ROUNDS` | rounds of each race; everything else that repeats grows with it | 48 |
//! | `ESKIT_CONFORMANCE_SEED` | the number that every generated input derives from, or `random` | 1 |
//! | `ESKIT_CONFORMANCE_ONLY` | run only the cases whose name contains this text | all |
//!
//! The seed fixes what is appended and asked. It does not fix how threads interleave: a race that was lost once may need
//! more rounds to be lost again.
//!
//! # How far to trust it
//! Each case is shown to fail on a store that is broken on purpose (`tests/broken.rs` of this crate); a case that no
//! broken store fails does not enter the suite.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod backup;
mod cases;
mod context;
mod crash;
mod failure;
mod fault;
mod follow;
mod generate;
mod harness;
mod history;
mod log;
mod model;
mod patient;
mod report;
mod rng;
mod sample;
mod settings;
mod storm;
mod suite;
mod tally;

pub use backup::Backups;
pub use failure::Failure;
pub use fault::{Fault, Faults};
pub use log::Log;
pub use model::Model;
pub use report::{CaseReport, Report, Verdict};
pub use suite::Suite;
pub use tally::Counts;

/// A test that holds a store to the contract: `suite!(name, suite)` becomes `#[test] fn name()`.
///
/// The test is also what the suite starts as another process, to kill it while it writes; so it must stand in an
/// ordinary test binary, not in a doctest.
///
/// ```
/// use eskit_conformance::Suite;
/// use eskit_sqlite::SqliteStore;
///
/// eskit_conformance::suite!(sqlite, Suite::durable(|log| async move { SqliteStore::open(log.path("db")).await }));
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! suite {
    ($name:ident, $suite:expr $(,)?) => {
        #[test]
        fn $name() {
            let suite: $crate::Suite = $suite;
            let report = suite.named(stringify!($name)).in_test(concat!(module_path!(), "::", stringify!($name))).run();
            assert!(report.is_success(), "{report}");
        }
    };
}
