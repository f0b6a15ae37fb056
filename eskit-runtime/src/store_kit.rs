//! Parts for authors of stores, apart from any database: what the stores of eskit are made of themselves.
//!
//! | for | part |
//! |---|---|
//! | the stored form of an event | [`Envelope`], [`Interner`] |
//! | batches | [`Overlaps`], [`KnownVersions`] |
//! | [`EventStore::watch`](crate::EventStore::watch) | [`HeadWatch`] |
//!
//! The checks that come before each call are in [`limits`](crate::limits), and the suite that tells whether a store is right is the
//! crate `eskit-conformance`. `CONTRIBUTING.md` has the steps.

mod envelope;
mod head_watch;
mod interner;
mod known_versions;
mod overlaps;

pub use envelope::Envelope;
pub use head_watch::HeadWatch;
pub use interner::Interner;
pub use known_versions::KnownVersions;
pub use overlaps::Overlaps;
