use std::future::Future;

use crate::log::store::error::StoreError;
use crate::log::time::Timestamp;

use super::entry::CommandEntry;
use super::query::{CommandPage, CommandQuery};

/// Where entries about commands are kept. Cheap to clone, and shared by its clones.
///
/// `eskit-conformance` tests whether these rules are kept:
///
/// - Each entry has an id, higher than those of the entries that were there before it was added. No id is used again.
/// - Entries come back as they were added.
/// - Several processes may add entries to the same place at once.
pub trait CommandEntries: Clone + Send + Sync + 'static {
    /// Adds entries, in this order: all of them, or none.
    ///
    /// # Errors
    /// The database failed.
    fn add_commands(&self, entries: Vec<CommandEntry>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Finds entries, the newest first, one page of them. Where no entry was ever added, nothing is created.
    ///
    /// # Errors
    /// The database failed.
    fn find_commands(&self, query: CommandQuery) -> impl Future<Output = Result<CommandPage, StoreError>> + Send;

    /// Removes entries: up to 10,000 in one call, so that no call takes long. Returns how many were removed.
    ///
    /// # Errors
    /// The database failed.
    fn remove_commands(&self, which: RemoveCommands) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// Which entries of a log of commands to remove.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RemoveCommands {
    /// Those of commands that began before this time.
    BeganBefore(Timestamp),
    /// All but so many of the newest.
    AllButNewest(u64),
}

impl RemoveCommands {
    /// The most entries that one call removes.
    pub const ONCE_MAX: u32 = 10_000;
}
