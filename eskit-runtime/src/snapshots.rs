//! Snapshots: states of aggregates that outlive the process, so that a long history is not read again for each command, and projections
//! in memory that need not be built from the beginning of the log at each start.
//!
//! A snapshot is a cached state that is kept in [`Snapshots`], such as `SqliteViews` or `PostgresViews`. `App::with_snapshots` adds them
//! to an app. Nothing depends on them: a command reads the events after the snapshot, and checks that the log still holds the last event
//! of the snapshot. What is missing, late, or cannot be read is folded from the log.
//!
//! A [`Fingerprint`] says which program wrote a snapshot. Another program does not see it.

mod counted;
mod fingerprint;
mod state;
mod store;
mod stored;

pub use counted::{CountSnapshots, SnapshotCount};
pub use fingerprint::Fingerprint;
pub use state::{SnapshotProjection, SnapshotState, Snapshotted};
pub use store::Snapshots;
pub use stored::{RemoveSnapshots, SnapshotsOf, StoredSnapshot};
