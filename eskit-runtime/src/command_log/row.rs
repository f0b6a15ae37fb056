use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::execute::{Decision, OutcomeKind};
use crate::log::bounds::EVENTS_PER_APPEND_MAX;
use crate::log::id::EventId;
use crate::log::metadata::Metadata;
use crate::log::name::SchemaVersion;
use crate::log::position::{Place, Position};
use crate::log::time::Timestamp;
use crate::model::storable::StoredCommand;

use super::entry::CommandEntry;
use super::query::CommandQuery;

/// The most bytes of a text that is looked for in an index.
const SEARCHABLE_BYTES_MAX: usize = 512;

/// An entry as a database keeps it: columns for what is looked for, and everything else as JSON.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandRow {
    /// The name of the command.
    pub command: String,
    /// When it began, in microseconds since 1970.
    pub began_at: i64,
    /// [`OutcomeKind::as_str`].
    pub outcome: String,
    /// The correlation id, without NUL, and cut after 512 bytes.
    pub correlation_id: Option<String>,
    /// The position of its first event.
    pub first: Option<i64>,
    /// The position of its last event.
    pub last: Option<i64>,
    /// Everything else.
    pub rest: String,
}

#[derive(Serialize, Deserialize)]
struct Rest {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    metadata: Metadata,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<String>,
    /// The wire name, the version and the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stored: Option<(String, u32, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
    /// The ids of the first and the last event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<(Option<EventId>, Option<EventId>)>,
    duration_us: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    attempts: u32,
}

impl CommandRow {
    /// The row of an entry.
    pub fn new(entry: CommandEntry) -> CommandRow {
        let CommandEntry { command, metadata, began_at, outcome, events, stored, .. } = entry;
        let column = |place: Place| i64::try_from(place.position.get()).unwrap_or(i64::MAX);
        let correlation_id = metadata.correlation_id().map(searchable);
        let stored = stored.map(|StoredCommand { name, version, payload, .. }| {
            (name.as_str().to_owned(), version.get(), String::from_utf8_lossy(&payload).into_owned())
        });
        let rest = Rest {
            tags: entry.tags,
            metadata,
            idempotency_key: entry.idempotency_key,
            stored,
            decision: entry.decision,
            events: events.map(|(first, last)| (first.id, last.id)),
            duration_us: u64::try_from(entry.duration.as_micros()).unwrap_or(u64::MAX),
            text: entry.text,
            attempts: entry.attempts,
        };
        CommandRow {
            command,
            began_at: began_at.as_micros(),
            outcome: outcome.as_str().to_owned(),
            correlation_id,
            first: events.map(|(first, _)| column(first)),
            last: events.map(|(_, last)| column(last)),
            // Strings and numbers are always written.
            rest: serde_json::to_string(&rest).unwrap_or_default(),
        }
    }

    /// The entry of a row; nothing if it is damaged, or a newer program wrote it.
    pub fn into_entry(self) -> Option<CommandEntry> {
        let rest: Rest = serde_json::from_str(&self.rest).ok()?;
        let (first, last) = rest.events.unwrap_or_default();
        let place = |column: i64, id| Some(Place { position: Position::new(u64::try_from(column).ok()?), id });
        let stored = match rest.stored {
            Some((name, version, payload)) => Some(StoredCommand::new(name, SchemaVersion::new(version)?, payload)),
            None => None,
        };
        let outcome = OutcomeKind::from_name(&self.outcome)?;
        let mut entry = CommandEntry::new(self.command, Timestamp::from_micros(self.began_at), outcome);
        entry.tags = rest.tags;
        entry.metadata = rest.metadata;
        entry.idempotency_key = rest.idempotency_key;
        entry.stored = stored;
        entry.decision = rest.decision;
        entry.duration = Duration::from_micros(rest.duration_us);
        entry.text = rest.text;
        entry.attempts = rest.attempts;
        let first = self.first.and_then(|column| place(column, first));
        entry.events = first.zip(self.last.and_then(|column| place(column, last)));
        Some(entry)
    }
}

/// A value of a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CommandValue {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
}

/// What must hold for a row to be found: a column, an operator of SQL, and a value. The columns are `id`, `command`, `began_at`, `outcome`,
/// `correlation`, `first_pos`, and `last_pos`.
pub fn conditions(query: &CommandQuery) -> Vec<(&'static str, &'static str, CommandValue)> {
    let number = |number: u64| CommandValue::Number(i64::try_from(number).unwrap_or(i64::MAX));
    let time = |time: Timestamp| CommandValue::Number(time.as_micros());
    let position = query.event.map(|event| event.position.get());
    // An append has so many events at most, and the index is by the last.
    let last_max = position.map(|position| position.saturating_add(EVENTS_PER_APPEND_MAX as u64 - 1));
    let conditions = [
        ("command", "=", query.command.clone().map(CommandValue::Text)),
        ("correlation", "=", query.correlation_id.as_deref().map(|id| CommandValue::Text(searchable(id)))),
        ("outcome", "=", query.outcome.map(|outcome| CommandValue::Text(outcome.as_str().to_owned()))),
        ("began_at", ">=", query.from.map(time)),
        ("began_at", "<", query.until.map(time)),
        ("id", "=", query.id.map(number)),
        ("id", "<", query.before.map(number)),
        ("last_pos", ">=", position.map(number)),
        ("last_pos", "<=", last_max.map(number)),
        ("first_pos", "<=", position.map(number)),
    ];
    conditions.into_iter().filter_map(|(column, operator, value)| Some((column, operator, value?))).collect()
}

/// A text as it is looked for: without NUL, which PostgreSQL does not take, and cut to what fits into an index.
fn searchable(text: &str) -> String {
    text[..text.floor_char_boundary(SEARCHABLE_BYTES_MAX)].replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_back_from_its_row() {
        let mut entry = CommandEntry::new("ShipOrder", Timestamp::from_micros(17), OutcomeKind::Appended);
        assert_eq!(CommandRow::new(entry.clone()).into_entry(), Some(entry.clone()));
        entry.tags = vec!["order:17".to_owned()];
        entry.metadata = Metadata::new().with_correlation_id("request-1").with("tenant", "acme");
        entry.idempotency_key = Some("ship:17".to_owned());
        entry.stored = Some(StoredCommand::new("shop.ShipOrder", SchemaVersion::FIRST, "{}"));
        entry.duration = Duration::from_micros(1_500);
        entry.text = Some("it was \"shipped\" already".to_owned());
        entry.attempts = 2;
        let place = |position| Place::new(Position::new(position), EventId::new());
        entry.events = Some((place(3), place(5)));
        entry.decision = Some(Decision::default());
        let row = CommandRow::new(entry.clone());
        assert_eq!((row.first, row.last, row.correlation_id.as_deref()), (Some(3), Some(5), Some("request-1")));
        assert_eq!(row.into_entry(), Some(entry.clone()));

        let damaged = CommandRow { rest: String::new(), ..CommandRow::new(entry.clone()) };
        assert_eq!(damaged.into_entry(), None);
        let newer = CommandRow { outcome: "paused".to_owned(), ..CommandRow::new(entry) };
        assert_eq!(newer.into_entry(), None);
    }
}
