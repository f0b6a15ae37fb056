//! Parts for authors of stores, apart from any database: what the stores of eskit are made of themselves.
//!
//! | for | part |
//! |---|---|
//! | the stored form of an event | [`Envelope`], [`EncodedAppend`], [`Interner`] |
//! | [`append`](crate::EventStore::append): batches | [`BatchSize`], [`Overlaps`], [`KnownVersions`] |
//! | `append`: an append that is repeated | [`Repeat`], [`StoredPart`] |
//! | [`watch`](crate::EventStore::watch) | [`KnownHead`], or [`HeadWatch`], which it stands on |
//! | [`change_stream`](crate::EventStore::change_stream) | [`StoredStatus`] |
//! | [`add_tags`](crate::EventStore::add_tags) | [`TagChanges`] |
//! | wakers of callers, which may panic | [`contain`] |
//!
//! The checks that come before each call are in [`limits`](crate::log::limits), and the suite that tells whether a store is right is the
//! crate `eskit-conformance`. `CONTRIBUTING.md` has the steps.

mod batch;
mod contain;
mod encoded_append;
mod envelope;
mod head_watch;
mod interner;
mod known_head;
mod known_versions;
mod overlaps;
mod repeat;
mod stored_status;
mod tag_changes;

pub use batch::BatchSize;
pub use contain::contain;
pub use encoded_append::EncodedAppend;
pub use envelope::Envelope;
pub use head_watch::HeadWatch;
pub use interner::Interner;
pub use known_head::{HeadClosed, HeadWatcher, KnownHead};
pub use known_versions::KnownVersions;
pub use overlaps::Overlaps;
pub use repeat::{Repeat, StoredPart};
pub use stored_status::StoredStatus;
pub use tag_changes::{TagChange, TagChanges};
