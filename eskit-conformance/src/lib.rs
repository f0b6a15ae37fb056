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
//! # Views
//! [`ViewsSuite`] holds views, in which projections keep their read models, to the contract of
//! [`Views`](eskit_runtime::subscription::Views) and [`Apply`](eskit_runtime::subscription::Apply). Say with [`TestViews`] how they are
//! opened and read, and with [`WriteRows`] or [`WriteRowsAsync`] how a subscriber writes in their transaction:
//!
//! ```
//! use eskit::{MemoryTx, MemoryViews};
//! use eskit_conformance::{Log, Rows, TestError, TestViews, ViewsSuite, WriteRows};
//! use eskit_runtime::subscription::Subscriber;
//!
//! struct InMemory;
//!
//! impl TestViews for InMemory {
//!     type Views = MemoryViews;
//!     const TABLES: &'static str = "";
//!
//!     async fn open(&self, _: Log) -> Result<MemoryViews, TestError> {
//!         Ok(MemoryViews::new())
//!     }
//!
//!     async fn rows<P: Subscriber>(&self, views: &MemoryViews) -> Result<Rows, TestError> {
//!         let rows = views.table::<P>("rows").into_iter();
//!         Ok(rows.map(|(key, value)| (key, value.as_str().unwrap_or_default().to_owned())).collect())
//!     }
//! }
//!
//! impl WriteRows for InMemory {
//!     type Tx = MemoryTx;
//!
//!     fn put(tx: &mut MemoryTx, key: &str, value: &str) -> Result<(), TestError> {
//!         tx.put("rows", key, value.into());
//!         Ok(())
//!     }
//!
//!     fn get(tx: &mut MemoryTx, key: &str) -> Result<Option<String>, TestError> {
//!         Ok(tx.get("rows", key).and_then(|value| value.as_str()).map(str::to_owned))
//!     }
//! }
//!
//! eskit_conformance::views_suite!(memory_views, ViewsSuite::volatile(InMemory));
//! # fn main() {}
//! ```
//!
//! # Numbers
//! [`check_stats`] holds a store that implements [`Statistics`](eskit_runtime::log::Statistics) to its rules, and
//! [`check_snapshot_counts`] views that implement [`CountSnapshots`](eskit_runtime::snapshots::CountSnapshots).
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
mod key_store;
mod log;
mod model;
mod patient;
mod report;
mod rng;
mod sample;
mod settings;
mod snapshot_counts;
mod stats;
mod storm;
mod suite;
mod tally;
mod views;

pub use backup::Backups;
pub use failure::Failure;
pub use fault::{Fault, Faults};
pub use key_store::check_key_store;
pub use log::Log;
pub use model::Model;
pub use report::{CaseReport, Report, Verdict};
pub use snapshot_counts::check_snapshot_counts;
pub use stats::check_stats;
pub use suite::Suite;
pub use tally::Counts;
pub use views::{
    ByStream, ByTag, ByTags, KeepChanges, KeepRows, KeepWork, Kind, OfAll, Parks, Probe, Revised, RevisedByTag, Rows,
    Skips, Stops, Tally, TallyKind, TestError, TestViews, Todos, ViewsSuite, WriteRows, WriteRowsAsync,
};

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

/// A test that holds views to the contract: `views_suite!(name, suite)` becomes `#[test] fn name()`.
///
/// The test is also what the suite starts as another process, to kill it while it follows a log; so it must stand in an ordinary
/// test binary, not in a doctest.
#[macro_export]
macro_rules! views_suite {
    ($name:ident, $suite:expr $(,)?) => {
        #[test]
        fn $name() {
            let report =
                $suite.named(stringify!($name)).in_test(concat!(module_path!(), "::", stringify!($name))).run();
            assert!(report.is_success(), "{report}");
        }
    };
}
