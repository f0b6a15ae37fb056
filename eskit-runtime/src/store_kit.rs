//! Parts for authors of stores, independent of any database. The stores of eskit are built from them.
//!
//! | for | part |
//! |---|---|
//! | the stored form of an event | [`Envelope`], [`EncodedAppend`], [`Interner`] |
//! | [`append`](crate::EventStore::append): batches | [`BatchSize`], [`Overlaps`], [`KnownVersions`] |
//! | `append`: repeated appends | [`Repeat`], [`StoredPart`] |
//! | [`watch`](crate::EventStore::watch) | [`KnownHead`], or [`HeadWatch`], on which it is built |
//! | [`change_stream`](crate::EventStore::change_stream) | [`StoredStatus`] |
//! | [`add_tags`](crate::EventStore::add_tags) | [`TagChanges`] |
//! | hashes that are stored | [`fnv1a`] |
//! | code of callers, which may panic | [`contain`], [`contain_polls`] |
//!
//! Each call begins with a check from [`limits`](crate::log::limits). The crate `eskit-conformance` tests whether a store keeps the
//! contract. `CONTRIBUTING.md` has the steps.

mod batch;
mod contain;
mod encoded_append;
mod envelope;
mod fnv1a;
mod head_watch;
mod interner;
mod known_head;
mod known_versions;
mod overlaps;
mod repeat;
mod stored_status;
mod tag_changes;

pub use batch::BatchSize;
pub use contain::{contain, contain_polls};
pub use encoded_append::EncodedAppend;
pub use envelope::Envelope;
pub use fnv1a::fnv1a;
pub use head_watch::HeadWatch;
pub use interner::Interner;
pub use known_head::{HeadClosed, HeadWatcher, KnownHead};
pub use known_versions::KnownVersions;
pub use overlaps::Overlaps;
pub use repeat::{Repeat, StoredPart};
pub use stored_status::StoredStatus;
pub use tag_changes::{TagChange, TagChanges};
