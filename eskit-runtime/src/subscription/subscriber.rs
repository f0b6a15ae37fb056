use std::future::Future;

use crate::log::recorded::RecordedEvent;
use crate::model::check::check_kept_events;
use crate::model::event::EventTypes;
use crate::model::subscriber::SubscriberType;
use crate::personal::KeptPersonal;
use crate::store_kit::{contain, contain_polls};

use super::handled::HandleError;

/// What handles the events of a subscription. Implemented by `#[projection]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection\nhelp: put `#[projection(name = \"..\")]` on an impl block of `{Self}` with `#[on]` methods",
    label = "not a projection"
)]
pub trait Subscriber: Send + Sync + 'static {
    /// Its description.
    const TYPE: &'static SubscriberType;
    /// The event types that its handlers take.
    const EVENTS: EventTypes;
    /// Whether it also takes every other event.
    const TAKES_ALL: bool = false;
    /// Whether it acts on events, as a processor does, and keeps no read model. What is new to its handlers then begins at its
    /// checkpoint, and it is not built anew.
    const ACTS: bool = false;
    /// What its read model keeps of the personal data in its events, if that is said.
    const PERSONAL: Option<KeptPersonal> = None;

    /// Called when the subscription has handled everything that the log held: at the start, and each time that it has fallen behind
    /// by more than a page.
    fn caught_up(&self) {}
}

/// A subscriber that writes with a transaction of this type, in plain functions. Implemented by `#[projection]`.
#[diagnostic::on_unimplemented(
    message = "these views cannot keep `{Self}`, which has no plain functions that write with `{Tx}`\nhelp: let its `#[on]` methods be plain `fn`, with `tx: &mut {Tx}` as their last parameter; or keep it in the views to which its own transaction belongs, or with `with_memory` if it has none; a processor is added with `with_processor`",
    label = "its methods take another transaction, or are `async`"
)]
pub trait Handle<Tx>: Subscriber {
    /// Handles one event. Returns `false` for an event that no handler takes.
    ///
    /// # Errors
    /// The event cannot be read, or its handler failed.
    fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError>;

    /// Handles events in this order, up to the first that fails. A panic is a failure.
    ///
    /// # Errors
    /// The event that failed is at the index that the error has.
    fn handle_all(&self, events: &[&RecordedEvent], tx: &mut Tx) -> Result<(), (usize, HandleError)> {
        for (index, event) in events.iter().enumerate() {
            let handled = contain(|| self.handle(event, tx)).unwrap_or_else(|text| Err(HandleError::panicked(text)));
            handled.map_err(|error| (index, error))?;
        }
        Ok(())
    }
}

/// A subscriber that writes with a transaction of this type, in async functions. Implemented by `#[projection]`.
#[diagnostic::on_unimplemented(
    message = "these views cannot keep `{Self}`, which has no `async` functions that write with `{Tx}`\nhelp: let its `#[on]` methods be `async fn`, with `tx: &mut {Tx}` as their last parameter; or keep it in the views to which its own transaction belongs, or with `with_memory` if it has none; a processor is added with `with_processor`",
    label = "its methods take another transaction, or are not `async`"
)]
pub trait HandleAsync<Tx: Send>: Subscriber {
    /// Handles one event. Returns `false` for an event that no handler takes.
    ///
    /// # Errors
    /// The event cannot be read, or its handler failed.
    fn handle<'a>(
        &'a self,
        event: &'a RecordedEvent,
        tx: &'a mut Tx,
    ) -> impl Future<Output = Result<bool, HandleError>> + Send + 'a;

    /// Handles events in this order, up to the first that fails. A panic is a failure.
    ///
    /// # Errors
    /// The event that failed is at the index that the error has.
    fn handle_all<'a>(
        &'a self,
        events: &'a [&'a RecordedEvent],
        tx: &'a mut Tx,
    ) -> impl Future<Output = Result<(), (usize, HandleError)>> + Send + 'a {
        async move {
            for (index, event) in events.iter().enumerate() {
                let handled = contain_polls(self.handle(event, &mut *tx)).await;
                let handled = handled.unwrap_or_else(|text| Err(HandleError::panicked(text)));
                handled.map_err(|error| (index, error))?;
            }
            Ok(())
        }
    }
}

/// A subscriber that is itself the read model, in memory. Implemented by `#[projection(memory)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection in memory\nhelp: write `#[projection(name = \"..\", memory)]`, and let its `#[on]` methods take `&mut self` and no transaction; a processor is added with `with_processor`",
    label = "not a projection in memory"
)]
pub trait HandleMut: Subscriber {
    /// A hash of the source of its `#[on]` methods, by which its snapshots of other logic are told.
    const LOGIC: u64 = 0;

    /// Handles one event. Returns `false` for an event that no handler takes.
    ///
    /// # Errors
    /// The event cannot be read, or its handler failed.
    fn handle(&mut self, event: &RecordedEvent) -> Result<bool, HandleError>;
}

/// What a projection keeps of the personal data in its events, it says.
#[doc(hidden)]
#[track_caller]
pub const fn check_kept<P: Subscriber>(projection: &str) {
    check_kept_events(projection, P::EVENTS, P::TAKES_ALL, P::PERSONAL);
}
