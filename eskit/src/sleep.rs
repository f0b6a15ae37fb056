use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use eskit_runtime::execute::Sleep;
use futures_timer::Delay;

/// Sleeps on the clock of a thread of its own, so that it needs no async runtime and works in every one.
pub(crate) struct Timer;

impl Sleep for Timer {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        Delay::new(duration)
    }
}

/// The same, for the changes of read models.
pub(crate) fn sleep(duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(Delay::new(duration))
}
