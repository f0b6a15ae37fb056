use std::future::Future;

use crate::block_on::block_on;

/// Runs a task beside its caller: in the tokio runtime of the caller, or else on a thread of its own.
pub(super) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    #[cfg(any(feature = "tokio", feature = "postgres"))]
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        drop(runtime.spawn(task));
        return;
    }
    // Without a thread the task is dropped, which it notices.
    let _ = std::thread::Builder::new().name("eskit-snapshots".to_owned()).spawn(move || block_on(task));
}
