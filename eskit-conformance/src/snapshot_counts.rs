//! What views say of the snapshots that they keep.

use eskit_runtime::Timestamp;
use eskit_runtime::log::{EventId, LogId, Place, Position};
use eskit_runtime::snapshots::{CountSnapshots, Fingerprint, SnapshotCount, SnapshotsOf, StoredSnapshot};

use crate::failure::{Failure, same};

/// Checks that views keep the rules of [`CountSnapshots`](eskit_runtime::snapshots::CountSnapshots). They hold no snapshot yet.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), eskit_conformance::Failure> {
/// eskit_conformance::check_snapshot_counts(&eskit::MemoryViews::new()).await
/// # }
/// ```
///
/// # Errors
/// The first rule that they do not keep.
pub async fn check_snapshot_counts(views: &impl CountSnapshots) -> Result<(), Failure> {
    let mut logs = [LogId::new(), LogId::new()];
    logs.sort_unstable();
    same("counts where there are none", &views.count_snapshots().await?, &Vec::new())?;
    same("forgotten where there are none", &views.forget_snapshots(logs[0], "account").await?, &0)?;

    let mut expected = Vec::new();
    for (log, name, program, seconds) in [
        (logs[0], "account", 1, &[5, 3, 4][..]),
        // As a signed number it would come first.
        (logs[0], "account", u64::MAX, &[7]),
        (logs[0], "order", 1, &[1, 2]),
        (logs[1], "account", 1, &[6]),
    ] {
        expected.push(write(views, SnapshotsOf { log, name, fingerprint: Fingerprint::new(program) }, seconds).await?);
    }
    same("the counts", &views.count_snapshots().await?, &expected)?;
    same("forgotten of a name that has none", &views.forget_snapshots(logs[1], "order").await?, &0)?;
    same("forgotten of two programs", &views.forget_snapshots(logs[0], "account").await?, &4)?;
    same("what is left", &views.count_snapshots().await?, &expected.split_off(2))
}

/// Writes a snapshot at each of these seconds.
async fn write(views: &impl CountSnapshots, of: SnapshotsOf, seconds: &[i64]) -> Result<SnapshotCount, Failure> {
    let at = |second: i64| Timestamp::from_micros(second * 1_000_000);
    let snapshots = seconds.iter().map(|second| StoredSnapshot {
        key: format!("k-{second}"),
        last: Place::new(Position::new(1), EventId::new()),
        version: 1,
        state: "{}".to_owned(),
        written_at: at(*second),
    });
    views.write_snapshots(of, snapshots.collect()).await?;
    let (oldest, newest) = (seconds.iter().min().copied(), seconds.iter().max().copied());
    let mut count = SnapshotCount::one(of.log, of.name, of.fingerprint, at(oldest.unwrap_or_default()));
    (count.snapshots, count.newest) = (seconds.len() as u64, at(newest.unwrap_or_default()));
    Ok(count)
}
