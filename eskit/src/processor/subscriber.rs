use std::future::Future;

use eskit_runtime::RecordedEvent;
use eskit_runtime::subscription::{HandleError, Start, Subscriber};

use super::effect::Effect;

/// What acts on the events of a log. Implemented by `#[processor]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a processor\nhelp: put `#[processor(name = \"..\", from = \"now\")]` on an impl block of `{Self}` with `#[on]` methods",
    label = "not a processor"
)]
pub trait Processor: Subscriber {
    /// Where it begins when it has no checkpoint yet.
    const FROM: Start;

    /// Acts on one event. Returns whether it did something, so that the event should not be acted on again: whether a command was
    /// executed, or an `async` method called.
    ///
    /// # Errors
    /// The event cannot be read, a command was not executed, or an effect failed.
    fn act<'a>(
        &'a self,
        event: &'a RecordedEvent,
        effect: &'a mut Effect<'_>,
    ) -> impl Future<Output = Result<bool, HandleError>> + Send + 'a;
}
