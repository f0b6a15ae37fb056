use std::fmt;

use eskit_runtime::log::{Append, AppendError, Appended, NewEvent, StoreErrorKind};
use eskit_runtime::{EventStore, RecordedEvent, StoreError, delegate_store};

type Before = Box<dyn Fn(&mut Append) -> Result<(), AppendError> + Send + Sync>;
type After = Box<dyn Fn(&[RecordedEvent]) + Send + Sync>;

/// A store with functions that are called before and after each append, in the order in which they were added.
///
/// They run inside the append and delay it, so they must not block. Work that takes long, or that must not be lost when the
/// program ends, should follow the log instead; see [`EventStore::watch`](crate::EventStore::watch).
///
/// ```
/// # use eskit::prelude::*;
/// # use eskit::log::StoreErrorKind;
/// # use eskit::StoreError;
/// use eskit::layer::Hooked;
///
/// let store = Hooked::new(MemoryStore::new()).before_append(|append| {
///     for event in &append.events {
///         if event.metadata.initiator().is_none() {
///             let text = format!("`{}` names no initiator\nhelp: pass it with `.metadata(..)`", event.name);
///             return Err(StoreError::new(StoreErrorKind::Refused, text).into());
///         }
///     }
///     Ok(())
/// });
/// ```
pub struct Hooked<S> {
    store: S,
    before: Vec<Before>,
    after: Vec<After>,
}

impl<S> Hooked<S> {
    /// The store, with no functions yet.
    pub fn new(store: S) -> Hooked<S> {
        Hooked { store, before: Vec::new(), after: Vec::new() }
    }

    /// Adds a function that is called before each append.
    ///
    /// It may change the metadata, the tags and the time of the events, and the conditions; the caller gets the events as they
    /// were recorded. Or it refuses the append by returning an error, such as one of
    /// [`StoreErrorKind::Refused`](crate::log::StoreErrorKind::Refused). Then nothing is written, and no later function is called.
    ///
    /// It must not add, remove or reorder events, nor change their ids, streams or payloads; such an append is refused with the
    /// same kind of error.
    ///
    /// When an append is tried again, the function is called again with the same event ids, so its effect must not depend on the
    /// number of calls.
    #[must_use]
    pub fn before_append(
        mut self,
        hook: impl Fn(&mut Append) -> Result<(), AppendError> + Send + Sync + 'static,
    ) -> Hooked<S> {
        self.before.push(Box::new(hook));
        self
    }

    /// Adds a function that is called after each append, with the recorded events. A repeated append calls it again, since the
    /// first answer may have been lost.
    ///
    /// Do not rely on it to see every event; code that must should follow the log. In these cases it misses events, or sees events
    /// that are not in the log:
    ///
    /// - The program ends between the commit and the call.
    /// - The answer of the append is lost, and the append is not repeated. Repeating a command with its idempotency key does not
    ///   repeat the append: the events are found by a read.
    /// - Around a store inside a transaction of the caller, it is called before the commit, which may fail.
    #[must_use]
    pub fn after_append(mut self, hook: impl Fn(&[RecordedEvent]) + Send + Sync + 'static) -> Hooked<S> {
        self.after.push(Box::new(hook));
        self
    }

    /// Calls the functions before an append. Returns whether they changed its events.
    fn run_before(&self, append: &mut Append) -> Result<bool, AppendError> {
        if self.before.is_empty() {
            return Ok(false);
        }
        let events = append.events.clone();
        self.before.iter().try_for_each(|hook| hook(append))?;
        check_kept(&events, &append.events)?;
        Ok(events != append.events)
    }
}

/// Refuses events that are not those that were decided. The command's answer, its retries and its idempotency key go by their
/// ids and their order, and its models were to evolve what their payloads say.
fn check_kept(decided: &[NewEvent], events: &[NewEvent]) -> Result<(), StoreError> {
    let refuse = |what: String| {
        let help = "change only metadata, tags, times and conditions, and append other events by themselves";
        let text = format!("a `before_append` function changed {what}\nhelp: {help}");
        Err(StoreError::new(StoreErrorKind::Refused, text))
    };
    if decided.len() != events.len() {
        return refuse(format!("the number of events from {} to {}", decided.len(), events.len()));
    }
    for (decided, event) in decided.iter().zip(events) {
        let changed = [
            ("id", event.id != decided.id),
            ("name", event.name != decided.name),
            ("schema version", event.schema_version != decided.schema_version),
            ("stream", event.stream != decided.stream),
            ("content type", event.content_type != decided.content_type),
            ("payload", event.payload != decided.payload),
        ];
        if let Some((part, _)) = changed.iter().find(|(_, has_changed)| *has_changed) {
            return refuse(format!("the {part} of `{}`", decided.name));
        }
    }
    Ok(())
}

impl<S: EventStore> EventStore for Hooked<S> {
    delegate_store!(|layer| &layer.store, except append);

    async fn append(&self, mut append: Append) -> Result<Appended, AppendError> {
        let has_changed = self.run_before(&mut append)?;
        if self.after.is_empty() && !has_changed {
            return self.store.append(append).await;
        }
        let events = append.events.clone();
        let mut appended = self.store.append(append).await?;
        let recorded = appended.record(events);
        self.after.iter().for_each(|hook| hook(&recorded));
        if has_changed {
            appended.recorded = Some(recorded);
        }
        Ok(appended)
    }
}

impl<S: fmt::Debug> fmt::Debug for Hooked<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (self.before.len(), self.after.len());
        f.debug_struct("Hooked").field("store", &self.store).field("before", &before).field("after", &after).finish()
    }
}
