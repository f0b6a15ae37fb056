use serde::{Deserialize, Serialize};

use crate::log::position::Place;
use crate::log::time::Timestamp;

/// An item that is to be opened. Views refuse one that is beyond its limits ([`check_work`](super::check_work)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewWork {
    /// Its id, unique in its list: 1 to 1,024 bytes without NUL.
    pub id: String,
    /// Items with the same key are done one after another: 1 to 512 bytes without NUL.
    pub key: String,
    /// What it takes to do it, such as the wire name and the version of a command, `shop.ShipOrder@1`: 1 to 272 bytes without NUL. Only a
    /// process that knows that kind claims it.
    pub kind: String,
    /// The event that opened it, from which its content is computed; `None` if it was added by [`Work::add_work`](super::Work::add_work).
    pub event: Option<Place>,
    /// Its content as JSON, if that is not computed from an event: at most 1 MiB without NUL.
    pub payload: Option<String>,
    /// It is not done before this time.
    pub due: Timestamp,
}

/// A command on its way into a queue, for a transaction of the caller: `PostgresViews::enqueue_in` and `SqliteViews::enqueue_in` take it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "it is put into its queue by `enqueue_in` of the views that keep the queue"]
pub struct QueueItem {
    /// The name of its queue.
    pub queue: &'static str,
    /// The item of the queue.
    pub item: NewWork,
}

/// An item as views keep it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkItem {
    /// Its id, unique in its list.
    pub id: String,
    /// Items with the same key are done one after another.
    pub key: String,
    /// What it takes to do it.
    pub kind: String,
    /// The event that opened it.
    pub event: Option<Place>,
    /// Its content as JSON, if that is not computed from an event.
    pub payload: Option<String>,
    /// Its place among the items of its list: higher than that of every item that was there before.
    pub number: u64,
    /// It is not done before this time.
    pub due: Timestamp,
    /// How often it was claimed since it was opened or last retried by hand, this time included.
    pub attempts: u32,
    /// The text of the last error, cut after 8 KiB; empty for none.
    pub text: String,
    /// The number of its latest claim; 0 before the first. Only who made that one may settle it.
    pub epoch: u64,
    /// Whether it waits, is being done, or is parked.
    pub state: WorkState,
    /// When it was opened.
    pub opened_at: Timestamp,
}

impl WorkItem {
    /// An item that was opened now and waits. Views that read one from their database set its other fields.
    pub fn opened(new: NewWork, number: u64) -> WorkItem {
        let NewWork { id, key, kind, event, payload, due } = new;
        WorkItem {
            id,
            key,
            kind,
            event,
            payload,
            number,
            due,
            attempts: 0,
            text: String::new(),
            epoch: 0,
            state: WorkState::Waiting,
            opened_at: Timestamp::now(),
        }
    }
}

/// What becomes of an item.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum WorkState {
    /// It is done when it is due and the items before it with the same key are gone.
    Waiting,
    /// Somebody is doing it, and holds it until this time by the clock of the views.
    Claimed {
        /// Until when.
        until: Timestamp,
    },
    /// It failed for good. The later items of its key wait behind it.
    Parked,
}
