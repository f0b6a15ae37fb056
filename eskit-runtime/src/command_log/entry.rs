use std::time::Duration;

use crate::execute::{Decision, OutcomeKind};
use crate::log::metadata::Metadata;
use crate::log::position::Place;
use crate::log::time::Timestamp;
use crate::model::storable::StoredCommand;

/// What is kept of a command.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct CommandEntry {
    /// The name of the command: that of its Rust type.
    pub command: String,
    /// Its tags, as `key:value`.
    pub tags: Vec<String>,
    /// The metadata of its events: who asked for it, and for what request.
    pub metadata: Metadata,
    /// Its idempotency key.
    pub idempotency_key: Option<String>,
    /// The command as it is stored, where payloads are kept and it is a stored one.
    pub stored: Option<StoredCommand>,
    /// What it was decided on, where that is kept.
    pub decision: Option<Decision>,
    /// When it began to be executed.
    pub began_at: Timestamp,
    /// How long that took.
    pub duration: Duration,
    /// What came of it.
    pub outcome: OutcomeKind,
    /// Why it failed, or was refused.
    pub text: Option<String>,
    /// How many times the decision was made.
    pub attempts: u32,
    /// The places of its first and its last event.
    pub events: Option<(Place, Place)>,
}

impl CommandEntry {
    /// An entry about a command that began at this time.
    pub fn new(command: impl Into<String>, began_at: Timestamp, outcome: OutcomeKind) -> CommandEntry {
        CommandEntry {
            command: command.into(),
            tags: Vec::new(),
            metadata: Metadata::new(),
            idempotency_key: None,
            stored: None,
            decision: None,
            began_at,
            duration: Duration::ZERO,
            outcome,
            text: None,
            attempts: 0,
            events: None,
        }
    }

    /// Whether the event at this place may be one of its events: it is between the first and the last of them, and is that event
    /// where it has the position of the first or the last. A log that was replaced has other events at the same positions.
    pub fn may_have(&self, event: Place) -> bool {
        let is_it = |known: Place| known.position != event.position || event.id.is_none() || known.id == event.id;
        self.events.is_some_and(|(first, last)| {
            (first.position..=last.position).contains(&event.position) && is_it(first) && is_it(last)
        })
    }
}

/// An entry as it is kept.
#[derive(Clone, PartialEq, Debug)]
pub struct KeptCommand {
    /// Its id: that of a newer entry is higher.
    pub id: u64,
    /// The entry.
    pub entry: CommandEntry,
}
