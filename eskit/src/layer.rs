//! Layers: stores around another store, each for one concern. Layers nest; the outermost sees a call first.
//!
//! | layer | what it adds | feature |
//! |---|---|---|
//! | [`Audited`] | who read and who wrote what, in a log of its own | |
//! | [`Hooked`] | functions before and after each append: validation, enrichment, refusal, notification | |
//! | [`Retrying`] | repeats calls after transient failures: a busy or unreachable store, an unknown outcome | |
//! | [`ReadReplica`] | pages of events are read from a replica, and never backwards | |
//! | [`Recoding`] | the payloads of all new events in one format: JSON or CBOR | |
//! | `Sealing` | personal data is sealed in the log, and opened on its way out | `personal` |
//! | `Traced` | a `tracing` span for each call | `tracing` |
//! | `Metered` | counters and durations through the `metrics` facade | `metrics` |
//!
//! ```
//! # use eskit::prelude::*;
//! use eskit::RetryPolicy;
//! use eskit::layer::{Hooked, Retrying};
//!
//! let store = Hooked::new(Retrying::new(MemoryStore::new(), RetryPolicy::default()))
//!     .after_append(|events| println!("{} events", events.len()));
//! let app = App::new(store);
//! ```
//!
//! To make the commands on one stream or tag wait for each other, see [`App::with_single_writer`](crate::App::with_single_writer).
//! That is not a layer, because a conflict begins with the read, before the store sees the append.

mod audited;
mod hooked;
#[cfg(feature = "metrics")]
mod metered;
#[cfg(any(feature = "metrics", feature = "tracing"))]
mod outcome;
mod read_replica;
mod recoding;
mod retrying;
#[cfg(feature = "personal")]
mod sealing;
#[cfg(feature = "tracing")]
mod traced;

pub use audited::{AuditHealth, Audited, IfAuditFails};
pub use hooked::Hooked;
#[cfg(feature = "metrics")]
pub use metered::Metered;
pub use read_replica::ReadReplica;
pub use recoding::Recoding;
pub use retrying::Retrying;
#[cfg(feature = "personal")]
pub use sealing::Sealing;
#[cfg(feature = "tracing")]
pub use traced::Traced;
