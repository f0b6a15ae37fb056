use std::future::Future;

use crate::log::Log;

/// A way to put a backup in the place of a log, for [`Suite::backups`](crate::Suite::backups).
///
/// ```
/// use eskit_conformance::{Backups, Log};
///
/// /// A server that keeps snapshots of its buckets.
/// struct Snapshots;
///
/// impl Backups for Snapshots {
///     async fn back_up(&self, log: Log) {
///         call("snapshot", log.name()).await;
///     }
///
///     async fn restore(&self, log: Log) {
///         call("restore", log.name()).await;
///     }
/// }
/// # async fn call(_: &str, _: &str) {}
/// ```
pub trait Backups: Send + Sync + 'static {
    /// Keeps a copy of a log as it is now. The log may be open; nothing is appended to it meanwhile.
    fn back_up(&self, log: Log) -> impl Future<Output = ()> + Send;

    /// Puts the copy in the place of a log that is open, as an operator would who restores a backup while programs run. Nothing is
    /// appended meanwhile.
    fn restore(&self, log: Log) -> impl Future<Output = ()> + Send;
}
