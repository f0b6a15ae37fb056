use crate::execute::OutcomeKind;
use crate::log::position::Place;
use crate::log::time::Timestamp;

use super::entry::{CommandEntry, KeptCommand};

/// The most entries of one page.
const LIMIT_MAX: u32 = 1_000;

/// Which entries of a log of commands to find: those for which all that is said holds. Without anything, all of them.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::command_log::CommandQuery;
///
/// let of_request = CommandQuery::new().correlation_id("request-17");
/// let refused = CommandQuery::new().command("ShipOrder").outcome(eskit::execute::OutcomeKind::Refused).limit(50);
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct CommandQuery {
    /// The name of the command.
    pub command: Option<String>,
    /// The correlation id in its metadata.
    pub correlation_id: Option<String>,
    /// What came of it.
    pub outcome: Option<OutcomeKind>,
    /// It began at this time, or later.
    pub from: Option<Timestamp>,
    /// It began before this time.
    pub until: Option<Timestamp>,
    /// The event at this place [may be one of its events](super::CommandEntry::may_have).
    pub event: Option<Place>,
    /// Its entry has this id.
    pub id: Option<u64>,
    /// Its entry is older than the one with this id.
    pub before: Option<u64>,
    /// The most entries of a page, 1 to 1,000.
    pub limit: u32,
}

impl CommandQuery {
    /// All entries, in pages of 100.
    pub fn new() -> CommandQuery {
        CommandQuery {
            command: None,
            correlation_id: None,
            outcome: None,
            from: None,
            until: None,
            event: None,
            id: None,
            before: None,
            limit: 100,
        }
    }

    /// Only of commands with this name: that of their Rust type.
    #[must_use]
    pub fn command(self, name: impl Into<String>) -> CommandQuery {
        CommandQuery { command: Some(name.into()), ..self }
    }

    /// Only of commands with this correlation id.
    #[must_use]
    pub fn correlation_id(self, id: impl Into<String>) -> CommandQuery {
        CommandQuery { correlation_id: Some(id.into()), ..self }
    }

    /// Only of commands with this outcome.
    #[must_use]
    pub fn outcome(self, outcome: OutcomeKind) -> CommandQuery {
        CommandQuery { outcome: Some(outcome), ..self }
    }

    /// Only of commands that began at this time or later.
    #[must_use]
    pub fn from(self, time: Timestamp) -> CommandQuery {
        CommandQuery { from: Some(time), ..self }
    }

    /// Only of commands that began before this time.
    #[must_use]
    pub fn until(self, time: Timestamp) -> CommandQuery {
        CommandQuery { until: Some(time), ..self }
    }

    /// Only of the command that led to this event: its place, or its position alone.
    #[must_use]
    pub fn event(self, event: impl Into<Place>) -> CommandQuery {
        CommandQuery { event: Some(event.into()), ..self }
    }

    /// Only the entry with this id.
    #[must_use]
    pub fn id(self, id: u64) -> CommandQuery {
        CommandQuery { id: Some(id), ..self }
    }

    /// Only entries that are older than the one with this id: [`CommandPage::next`] gives it.
    #[must_use]
    pub fn before(self, id: u64) -> CommandQuery {
        CommandQuery { before: Some(id), ..self }
    }

    /// At most this many entries, 1 to 1,000.
    #[must_use]
    pub fn limit(self, limit: u32) -> CommandQuery {
        CommandQuery { limit: limit.clamp(1, LIMIT_MAX), ..self }
    }

    /// Whether an entry is one of them, apart from the limit.
    pub fn matches(&self, KeptCommand { id, entry }: &KeptCommand) -> bool {
        fn is<T: PartialEq>(wanted: Option<T>, found: Option<T>) -> bool {
            wanted.is_none() || wanted == found
        }
        is(self.command.as_deref(), Some(entry.command.as_str()))
            && is(self.correlation_id.as_deref(), entry.metadata.correlation_id())
            && is(self.outcome, Some(entry.outcome))
            && self.from.is_none_or(|time| entry.began_at >= time)
            && self.until.is_none_or(|time| entry.began_at < time)
            && is(self.id, Some(*id))
            && self.before.is_none_or(|before| *id < before)
            && self.event.is_none_or(|event| entry.may_have(event))
    }
}

impl Default for CommandQuery {
    fn default() -> CommandQuery {
        CommandQuery::new()
    }
}

/// Entries that were found, the newest first.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct CommandPage {
    /// The entries. There may be fewer than the limit, or none, and more on the next page: those that a newer version of the program wrote,
    /// and this one cannot read, are left out.
    pub entries: Vec<KeptCommand>,
    /// What to pass to [`CommandQuery::before`] for the next page; `None` for the last one.
    pub next: Option<u64>,
}

impl CommandPage {
    /// The page of what was looked at: the id of each entry and, if it is readable, the entry, the newest first. For views.
    pub fn new(query: &CommandQuery, looked_at: Vec<(u64, Option<CommandEntry>)>) -> CommandPage {
        let is_full = looked_at.len() >= query.limit as usize;
        let next = looked_at.last().filter(|_| is_full).map(|(id, _)| *id);
        let kept = looked_at.into_iter().filter_map(|(id, entry)| Some(KeptCommand { id, entry: entry? }));
        CommandPage { entries: kept.filter(|kept| query.matches(kept)).collect(), next }
    }
}
