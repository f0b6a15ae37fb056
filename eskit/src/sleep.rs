use std::future::Future;
use std::time::Duration;

use eskit_runtime::Sleep;

/// Sleeps on tokio's clock.
pub(crate) struct TokioSleep;

impl Sleep for TokioSleep {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }
}
