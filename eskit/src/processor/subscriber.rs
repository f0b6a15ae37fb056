use std::future::Future;

use eskit_runtime::model::EventTypes;
use eskit_runtime::subscription::{HandleError, Start, Subscriber};
use eskit_runtime::work::{Schedule, TodoChanges, WorkOptions};
use eskit_runtime::{RecordedEvent, Timestamp};

use super::effect::Effect;

/// What acts on the events of a log. Implemented by `#[processor]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a processor\nhelp: put `#[processor(name = \"..\", from = \"now\")]` on an impl block of `{Self}` with `#[on]` methods",
    label = "not a processor"
)]
pub trait Processor: Subscriber {
    /// Where it begins when it has no checkpoint yet.
    const FROM: Start;
    /// The events of its `#[todo]` methods. Only a process whose program has such a method for an event does what that event opened.
    const OPENS: EventTypes = EventTypes::NONE;
    /// How it does its to-dos; `None` if it has none.
    const WORK: Option<WorkOptions> = None;
    /// Its schedules.
    const SCHEDULES: &'static [Schedule] = &[];

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

    /// Adds the to-dos that an event closes and opens.
    ///
    /// # Errors
    /// The event cannot be read, or a method gave what cannot be kept.
    fn todos(&self, event: &RecordedEvent, changes: &mut TodoChanges) -> Result<(), HandleError> {
        let _ = (event, changes);
        Ok(())
    }

    /// Does the to-do with this key that the event opened. One that the event does not open any more, after a change of the program, is
    /// done.
    ///
    /// # Errors
    /// The event cannot be read, a command was not executed, or an effect failed.
    fn work<'a>(
        &'a self,
        event: &'a RecordedEvent,
        key: &'a str,
        effect: &'a mut Effect<'_>,
    ) -> impl Future<Output = Result<(), HandleError>> + Send + 'a {
        let _ = (event, key, effect);
        std::future::ready(Ok(()))
    }

    /// Does up to [`WorkOptions::batch`] to-dos together: those with these keys that these events opened. Returns for each whether it
    /// is done. It is called in place of [`Processor::work`] by a processor whose `#[work]` method takes a slice.
    fn work_batch<'a>(
        &'a self,
        todos: &'a [(&'a RecordedEvent, &'a str)],
        effects: &'a mut [Effect<'_>],
    ) -> impl Future<Output = Vec<Result<(), HandleError>>> + Send + 'a {
        let _ = effects;
        std::future::ready(todos.iter().map(|_| Ok(())).collect())
    }

    /// Does what the schedule at this index of [`Processor::SCHEDULES`] is for.
    ///
    /// # Errors
    /// A command was not executed, or an effect failed.
    fn every<'a>(
        &'a self,
        schedule: usize,
        at: Timestamp,
        effect: &'a mut Effect<'_>,
    ) -> impl Future<Output = Result<(), HandleError>> + Send + 'a {
        let _ = (schedule, at, effect);
        std::future::ready(Ok(()))
    }
}
