use std::future::Future;

use crate::log::name::WireName;
use crate::log::position::{Place, Position};
use crate::log::store::EventStore;
use crate::log::store::error::StoreError;

/// What a log holds, in numbers. See [`Statistics`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct LogStats {
    /// The place of the last event.
    pub head: Place,
    /// How many events were deleted with their streams. They keep their positions.
    pub deleted_events: u64,
    /// How many streams are archived.
    pub archived_streams: u64,
    /// How many streams are tombstoned.
    pub tombstoned_streams: u64,
    /// How many streams are deleted.
    pub deleted_streams: u64,
    /// The wire names of the events, as they were recorded, sorted by their bytes. The names of deleted events are not among them.
    pub event_types: Vec<TypeStats>,
    /// The types of all streams that ever held an event, sorted by their bytes.
    pub stream_types: Vec<WireName>,
    /// The bytes that the log takes in its database; `None` where that is not known.
    pub size_bytes: Option<u64>,
}

/// Where the events of one wire name are.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TypeStats {
    /// The wire name.
    pub name: WireName,
    /// The position of the first event of this name.
    pub first: Position,
    /// The position of the last one.
    pub last: Position,
}

impl TypeStats {
    /// The events of this name lie between these positions, both included.
    pub fn new(name: impl Into<WireName>, first: Position, last: Position) -> TypeStats {
        TypeStats { name: name.into(), first, last }
    }
}

impl LogStats {
    /// How many events can be read: all up to the head without those that were deleted. For stores whose positions are contiguous.
    pub fn events(&self) -> u64 {
        self.head.position.get().saturating_sub(self.deleted_events)
    }
}

/// A store that can tell what its log holds without reading the events.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::StoreError;
/// use eskit::log::Statistics;
///
/// async fn print(store: &impl Statistics) -> Result<(), StoreError> {
///     let stats = store.stats().await?;
///     println!("{} events of {} types", stats.events(), stats.event_types.len());
///     Ok(())
/// }
/// ```
///
/// Every implementation must keep these rules, and the crate `eskit-conformance` tests them:
///
/// - The answer is a consistent snapshot of the log.
/// - The cost grows with the number of types and of closed streams, not with the number of events.
pub trait Statistics: EventStore {
    /// What the log holds.
    ///
    /// # Errors
    /// The store failed; see [`StoreErrorKind`](crate::log::StoreErrorKind).
    fn stats(&self) -> impl Future<Output = Result<LogStats, StoreError>> + Send;
}
