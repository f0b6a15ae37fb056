use crate::log::id::LogId;
use crate::log::position::Place;
use crate::log::time::Timestamp;

use super::fingerprint::Fingerprint;

/// Whose snapshots are meant: those of one aggregate of one log, as one program writes them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SnapshotsOf {
    /// The log.
    pub log: LogId,
    /// The name of the aggregate, [`AggregateType::slug`](crate::model::AggregateType::slug).
    pub name: &'static str,
    /// The program.
    pub fingerprint: Fingerprint,
}

/// A snapshot as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredSnapshot {
    /// The key of the instance, as that of a [row](crate::rows::StoredRow::key).
    pub key: String,
    /// The place of the last event of the state. Its id is always there.
    pub last: Place,
    /// The version of the stream, or the number of events.
    pub version: u64,
    /// The state as JSON.
    pub state: String,
    /// When it was written.
    pub written_at: Timestamp,
}

/// Which snapshots to remove.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RemoveSnapshots {
    /// Those of these instances, whatever program wrote them.
    Keys(Vec<String>),
    /// All of the aggregate, whatever program wrote them.
    All,
    /// Those that were written before this time, whatever program wrote them.
    WrittenBefore(Timestamp),
    /// Those that another program wrote before this time.
    OfOthersBefore(Timestamp),
}
