//! Moves whole logs: from one store to another, and to and from a file.
//!
//! | function | what it does |
//! |---|---|
//! | [`migrate`] | copies a log into another store; run again, it goes on where it ended |
//! | [`cut_over`] | moves a log that is in use: copies it, seals it, copies the rest, and compares both |
//! | [`verify`] | compares two logs, and names the first difference |
//! | [`examine`] | reads a whole log, and holds it to its own rules |
//! | [`backup`] | writes a log to a file: compressed, with checksums, or as lines of JSON |
//! | [`check`] | reads such a file, and says what it holds |
//! | [`restore`] | loads it into a store; run again, it goes on where it ended |
//! | [`archive_stream`] | copies one stream into another log, and deletes the original once both were compared |
//! | [`restore_stream`] | copies it back |
//!
//! The last two work with every store. Each of the others works with every store that implements [`Transfer`](eskit_runtime::transfer::Transfer), and with
//! [`AnyTransfer`](eskit_runtime::transfer::AnyTransfer), if the store is chosen while the program runs. Each holds a page or two of the log in
//! memory, whatever its size.
//!
//! ```
//! use eskit::prelude::*;
//! use eskit_transfer::{migrate, verify};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (old, new) = (MemoryStore::new(), MemoryStore::new());
//! old.append(Append::new(vec![NewEvent::json("shop.Sold", "{}")])).await?;
//!
//! let migrated = migrate(&old, &new).on_progress(|done| eprintln!("{done}")).await?;
//! assert_eq!(migrated.events, 1);
//! let verified = verify(&old, &new).await?;
//! assert!(verified.difference.is_none());
//! # Ok(()) }
//! ```
//!
//! What is kept: positions, ids, versions, times, metadata, tags, payloads byte for byte, which events are one append, the places of deleted
//! events, what became of streams, and the id of the log. So a repeated append is known, and the checkpoints of projections and
//! processors stay valid.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod backup;
mod cut_over;
mod error;
mod examine;
mod file;
mod migrate;
mod progress;
mod ranges;
mod restore;
mod stream;
mod streams;
mod verify;

pub use backup::{BackedUp, Backup, backup};
pub use cut_over::{CutOver, CuttingOver, cut_over};
pub use error::TransferError;
pub use examine::{Examination, Examined, Fault, examine};
pub use file::check::{Checked, check};
pub use file::form::Form;
pub use migrate::{Migrated, Migration, migrate};
pub use progress::Progress;
pub use restore::{Restored, Restoring, restore};
pub use stream::archive::{ArchivedStream, ArchivingStream, archive_stream};
pub use stream::error::ArchiveError;
pub use stream::restore::{RestoredStream, RestoringStream, restore_stream};
pub use verify::{Difference, Verification, Verified, verify};

/// The code of this page is compiled with the documentation's.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../docs/moving.md")]
    struct Moving;
}
