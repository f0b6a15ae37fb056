//! Calls with an idempotency key: how their events are told from those of other calls.

use std::fmt::{self, Write};

use uuid::Uuid;

use crate::log::append::ConflictEvent;
use crate::log::id::EventId;
use crate::log::new_event::NewEvent;
use crate::log::recorded::RecordedEvent;
use crate::model::decider::{Decide, Emit};
use crate::model::event::EventTypes;

/// The extra of the metadata by which a call knows its own events again.
const MARK: &str = "eskit.command";

/// A call with an idempotency key.
pub(super) struct Keyed<'k> {
    key: &'k str,
    /// The event that the ids are to be near.
    cause: Option<EventId>,
    command: &'static str,
    /// The command, and a hash of its tag values.
    mark: String,
    emits: EventTypes,
}

impl<'k> Keyed<'k> {
    pub(super) fn new<C: Decide>(key: &'k str, cause: Option<EventId>, command: &C) -> Keyed<'k> {
        Keyed { key, cause, command: C::TYPE.name, mark: command_mark(command), emits: C::Events::EMITS }
    }

    /// The id of the call's event with this index.
    pub(super) fn id(&self, index: usize) -> EventId {
        match self.cause {
            Some(cause) => EventId::from_key_near(cause, self.key, index),
            None => EventId::from_key(self.key, index),
        }
    }

    /// Makes the events of a decision those of this call.
    pub(super) fn mark(&self, events: &mut [NewEvent]) {
        for (index, event) in events.iter_mut().enumerate() {
            event.id = self.id(index);
            event.metadata = std::mem::take(&mut event.metadata).with(MARK, self.mark.as_str());
        }
    }

    /// Checks that events that carry ids of the key are those of this call. What does not say whose they are, such as an append by
    /// hand, is taken for the call's own as long as the command could have emitted it.
    pub(super) fn check(&self, events: &[RecordedEvent]) -> Result<(), KeyReused> {
        for event in events {
            let mark = event.metadata.get(MARK);
            if mark.is_some_and(|mark| mark != self.mark) || !self.emits.has(&event.name) {
                return Err(KeyReused {
                    key: self.key.to_owned(),
                    command: self.command,
                    used_by: mark.map(|mark| mark.rsplit_once(' ').map_or(mark, |(name, _)| name).to_owned()),
                    event: ConflictEvent { position: event.position, name: event.name.clone() },
                });
            }
        }
        Ok(())
    }
}

/// What tells a command from others: its name, and a hash of its tag values.
pub fn command_mark<C: Decide>(command: &C) -> String {
    format!("{} {:016x}", C::TYPE.name, hash_of_tags(command))
}

/// A hash of a command's tag values that is the same in every process. The values are sorted: those of a set come in another
/// order each time.
fn hash_of_tags<C: Decide>(command: &C) -> u64 {
    let mut values = Vec::new();
    command.each_tag(&mut |index, value| {
        if let Some(tag) = C::TYPE.tags.get(index) {
            values.push((tag.key, tag.field, value.to_string()));
        }
    });
    values.sort_unstable();
    let mut text = String::new();
    for (key, field, value) in values {
        // Writing to a text cannot fail. The length keeps a value from spelling the next one.
        let _ = write!(text, "{key}:{field}:{}:{value};", value.len());
    }
    Uuid::new_v5(&Uuid::nil(), text.as_bytes()).as_u64_pair().0
}

/// An idempotency key was used before, for another call: of another command, or of the same one with other tag values. Fields of
/// a command that are no tags do not tell calls apart.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct KeyReused {
    /// The key.
    pub key: String,
    /// The command that was not executed.
    pub command: &'static str,
    /// The command that used the key before; `None` if its events do not say, for example after an append by hand.
    pub used_by: Option<String>,
    /// An event that was appended with the key.
    pub event: ConflictEvent,
}

impl fmt::Display for KeyReused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KeyReused { key, command, used_by, event: ConflictEvent { position, name } } = self;
        write!(f, "the idempotency key `{key}` was used before ")?;
        match used_by.as_deref() {
            Some(used_by) if used_by == *command => {
                return write!(
                    f,
                    "by the command `{used_by}` with other tag values, whose event `{name}` is at position {position}, so this \
                     `{command}` was not executed\nhelp: a key names one call; give this one a key of its own, such as the id of \
                     its request"
                );
            }
            Some(used_by) => write!(f, "by the command `{used_by}`, whose event `{name}` is at position {position}")?,
            None => write!(f, "for the event `{name}` at position {position}, which `{command}` does not emit")?,
        }
        write!(
            f,
            ", so `{command}` was not executed\nhelp: a key names one call; give this one a key of its own, such as \
             `{command}:{key}`"
        )
    }
}

impl std::error::Error for KeyReused {}
