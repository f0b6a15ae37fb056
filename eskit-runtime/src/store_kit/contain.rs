use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Runs code of a caller that may panic, such as a waker. The thread survives, since other callers need it too; the panic hook has
/// already reported the panic.
///
/// # Errors
/// The message of the panic.
pub fn contain<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(text)
}

/// As [`contain`], for a future: it ends with the first poll that panics.
///
/// # Errors
/// The message of the panic.
pub async fn contain_polls<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    poll_fn(|context| match contain(|| future.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(text) => Poll::Ready(Err(text)),
    })
    .await
}

fn text(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map_or("a panic without a text", |text| *text).to_owned();
            // What was thrown may panic in turn as it is dropped.
            std::mem::forget(panic);
            text
        }
    }
}
