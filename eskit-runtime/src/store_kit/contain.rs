use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code of a caller that may panic, such as a waker. The thread survives, since other callers need it too; the panic hook has
/// already reported the panic.
///
/// # Errors
/// The message of the panic.
pub fn contain<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(text)
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
