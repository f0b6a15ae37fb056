use std::future::Future;

use crate::log::Log;

/// What goes wrong with the disk under a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Writes fail because no space is left. Of a write that fails a first part may be on the disk.
    FullDisk,
    /// Writes go through, but making them last (`fsync`) fails. What was written since the last time that it succeeded may
    /// be on the disk or not; both should come up.
    FailedSync,
}

/// A way to make the disk under a log fail, for [`Suite::faults`](crate::Suite::faults).
///
/// ```
/// use eskit_conformance::{Fault, Faults, Log};
///
/// /// The quota of a bucket is its free space.
/// struct Quotas;
///
/// impl Faults for Quotas {
///     const OFFERED: &'static [Fault] = &[Fault::FullDisk];
///
///     async fn begin(&self, log: Log, _: Fault) {
///         set_quota(log.name(), Some(0)).await;
///     }
///
///     async fn heal(&self, log: Log) {
///         set_quota(log.name(), None).await;
///     }
/// }
/// # async fn set_quota(_: &str, _: Option<u64>) {}
/// ```
pub trait Faults: Send + Sync + 'static {
    /// The faults that can be caused. Cases about the others are skipped.
    const OFFERED: &'static [Fault];

    /// Lets a log that is open, and in use, fail from now on, until it is healed. Other logs go on.
    ///
    /// From the moment that this returns, at the latest, an append that the log would have to take in fails. A log has one
    /// fault at a time.
    fn begin(&self, log: Log, fault: Fault) -> impl Future<Output = ()> + Send;

    /// Ends the fault of a log; does nothing when it has none. The handles of the log may be open or closed.
    fn heal(&self, log: Log) -> impl Future<Output = ()> + Send;
}
