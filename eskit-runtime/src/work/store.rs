use std::future::Future;
use std::time::Duration;

use crate::log::store::error::StoreError;
use crate::log::time::Timestamp;
use crate::subscription::TellChanges;

use super::item::{NewWork, WorkItem, WorkState};
use super::steps::Steps;

/// Views that keep work. `eskit-conformance` tests whether these rules are kept:
///
/// - An item is held by at most one claim at a time, whatever the processes. Each claim has a higher [epoch](WorkItem::epoch) than all
///   before it in the list, also if the item was removed and opened again meanwhile, and only the latest one renews or settles it.
/// - Of the items of a list with the same key, only the one with the lowest [number](WorkItem::number) can be claimed, whatever its
///   state.
/// - A claim that is neither renewed nor settled ends by itself, by the clock of the views: also if its process was killed, or its
///   connection lost. Finding such items is part of every claim, and not of starting up.
/// - Nothing is held open between two calls: no transaction, no session.
/// - Whoever listens to [the changes](TellChanges::changes_of) of a list is told when items were added, retried by hand, or opened by a
///   subscription whose checkpoint readers see; another process within the time in which it is told of changes.
/// - A list need not be created: an unknown one is empty. Its name has 1 to 64 lower-case letters, digits, `-`, and `_`.
/// - [`Views::restart`](crate::subscription::Views::restart) of a subscription removes the items of its list that an event opened, with
///   what it wrote and parked. Those that were added stay.
pub trait Work: TellChanges + Steps {
    /// Adds up to 10,000 items that no event opens. Those whose id is in the list already are left as they are. Returns how many were
    /// added. Once this has returned, they survive a loss of power if the views survive it at all.
    ///
    /// # Errors
    /// The views failed, or an item or the name of the list is [beyond its limits](super::check_work); none was added then.
    fn add_work(&self, list: &str, items: Vec<NewWork>) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Claims items that are due, those due first at first, and counts the attempt.
    ///
    /// # Errors
    /// The views failed. Items may have been claimed; that claim ends by itself.
    fn claim_work(&self, list: &str, claim: ClaimWork) -> impl Future<Output = Result<ClaimedWork, StoreError>> + Send;

    /// Holds items for another `lease` from now on. Returns for each, by id and epoch, whether the claim still holds.
    ///
    /// # Errors
    /// The views failed.
    fn renew_work(
        &self,
        list: &str,
        held: Vec<(String, u64)>,
        lease: Duration,
    ) -> impl Future<Output = Result<Vec<bool>, StoreError>> + Send;

    /// Ends claims. Returns for each whether the claim still held; where it did not, nothing was changed.
    ///
    /// # Errors
    /// The views failed. Some may have been settled.
    fn settle_work(
        &self,
        list: &str,
        settled: Vec<Settled>,
    ) -> impl Future<Output = Result<Vec<bool>, StoreError>> + Send;

    /// The items of a list, by number.
    ///
    /// # Errors
    /// The views failed.
    fn list_work(&self, list: &str, which: ListWork) -> impl Future<Output = Result<Vec<WorkItem>, StoreError>> + Send;

    /// Lets an item that waits or is parked be done now, with its attempts counted anew. Returns whether there is such an item.
    ///
    /// # Errors
    /// The views failed.
    fn retry_work(&self, list: &str, id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Removes an item, whatever its state: who is doing it cannot settle it any more. Returns whether it was there.
    ///
    /// # Errors
    /// The views failed.
    fn drop_work(&self, list: &str, id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Which items to claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimWork {
    /// Only items of these kinds.
    pub kinds: Vec<String>,
    /// Only items that are due at this time, which is that of the caller's clock.
    pub now: Timestamp,
    /// At most this many; 1 or more.
    pub limit: u32,
    /// For how long, by the clock of the views.
    pub lease: Duration,
}

/// The items that were claimed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClaimedWork {
    /// Each with its new epoch and number of attempts.
    pub items: Vec<WorkItem>,
    /// If there were fewer than asked for: when the next waiting item of these kinds is due that no other item of its key is before;
    /// `None` if there is none. It is at or after [`ClaimWork::now`], unless the item became claimable meanwhile.
    pub next_due: Option<Timestamp>,
}

/// How a claim ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settled {
    /// The id of the item.
    pub id: String,
    /// The epoch of the claim.
    pub epoch: u64,
    /// What becomes of the item.
    pub outcome: Outcome,
}

/// What becomes of an item that was claimed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is done, and removed.
    Done,
    /// It failed, and is tried again at this time.
    Retry {
        /// When it is due again.
        at: Timestamp,
        /// The text of the error.
        text: String,
    },
    /// It failed for good.
    Park {
        /// The text of the error.
        text: String,
    },
    /// It has had its last try before, which was not settled: it is parked without another one, as if it had not been claimed.
    GiveUp {
        /// The text of the error.
        text: String,
    },
    /// It is done, and is to be done again at this time, with its attempts counted anew: a schedule.
    Again {
        /// When it is due again.
        at: Timestamp,
        /// Its content from now on.
        payload: Option<String>,
    },
    /// It was not tried: as if it had not been claimed.
    Release,
}

/// Which items to list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListWork {
    /// Only items with numbers after this one.
    pub after: u64,
    /// At most this many.
    pub limit: u32,
    /// Only parked items.
    pub is_parked: bool,
}

impl Default for ListWork {
    /// The first 1,000 items.
    fn default() -> ListWork {
        ListWork { after: 0, limit: 1_000, is_parked: false }
    }
}

impl ListWork {
    /// Whether an item is among them.
    pub fn takes(&self, item: &WorkItem) -> bool {
        item.number > self.after && (!self.is_parked || item.state == WorkState::Parked)
    }
}
