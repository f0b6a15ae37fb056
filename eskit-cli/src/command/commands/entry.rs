//! How an entry of the log of commands is printed, and found by an event.

use std::time::Duration;

use eskit::command_log::{CommandQuery, KeptCommand};
use eskit::execute::{Decision, OutcomeKind};
use eskit::log::Place;
use eskit::model::StoredCommand;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::failure::Failure;
use crate::output::Rows;
use crate::views::AnyViews;
use crate::{json_text, record};

/// A command as JSON.
#[derive(Serialize)]
pub(crate) struct EntryJson<'c> {
    id: u64,
    command: &'c str,
    outcome: &'static str,
    began_at: String,
    duration_us: u64,
    attempts: u32,
    text: Option<&'c str>,
    events: Option<EventsJson>,
    tags: &'c [String],
    metadata: record::MetadataJson<'c>,
    idempotency_key: Option<&'c str>,
    decision: Option<&'c Decision>,
    stored: Option<StoredJson<'c>>,
}

/// The positions of its first and its last event.
#[derive(Serialize)]
struct EventsJson {
    first: u64,
    last: u64,
}

#[derive(Serialize)]
struct StoredJson<'c> {
    name: &'c str,
    version: u32,
    payload: Option<Box<RawValue>>,
}

impl EntryJson<'_> {
    pub(crate) fn new(KeptCommand { id, entry }: &KeptCommand) -> EntryJson<'_> {
        let stored = |stored: &'_ StoredCommand| payload(stored, json_text::compact);
        EntryJson {
            id: *id,
            command: &entry.command,
            outcome: entry.outcome.as_str(),
            began_at: entry.began_at.to_string(),
            duration_us: u64::try_from(entry.duration.as_micros()).unwrap_or(u64::MAX),
            attempts: entry.attempts,
            text: entry.text.as_deref(),
            events: entry
                .events
                .map(|(first, last)| EventsJson { first: first.position.get(), last: last.position.get() }),
            tags: &entry.tags,
            metadata: record::metadata(&entry.metadata),
            idempotency_key: entry.idempotency_key.as_deref(),
            decision: entry.decision.as_ref(),
            stored: entry.stored.as_ref().map(|command| StoredJson {
                name: command.name.as_str(),
                version: command.version.get(),
                payload: stored(command).and_then(|json| RawValue::from_string(json).ok()),
            }),
        }
    }
}

/// The payload laid out anew; `None` if it is no JSON.
fn payload(stored: &StoredCommand, lay_out: impl Fn(&str) -> String) -> Option<String> {
    let text = std::str::from_utf8(&stored.payload).ok()?;
    serde_json::from_str::<&RawValue>(text).ok()?;
    Some(lay_out(text))
}

/// An entry for people: the pairs, and the payload if it was kept.
pub(crate) fn fields(KeptCommand { id, entry }: &KeptCommand) -> (Rows, Option<String>) {
    let mut rows = Rows::pairs();
    rows.push(["id", &id.to_string()]);
    rows.push(["command", &entry.command]);
    let tries = if entry.attempts > 1 { format!(" at try {}", entry.attempts) } else { String::new() };
    rows.push(["outcome", &format!("{}{tries}", entry.outcome)]);
    if let Some(text) = &entry.text {
        rows.push(["text", text]);
    }
    rows.push(["began at", &entry.began_at.to_string()]);
    rows.push(["took", &shown(entry.duration)]);
    if let Some(events) = entry.events {
        rows.push(["events", &positions(events)]);
    }
    for tag in &entry.tags {
        rows.push(["tag", tag]);
    }
    if let Some(key) = &entry.idempotency_key {
        rows.push(["idempotency key", key]);
    }
    for (name, value) in record::metadata_pairs(&entry.metadata) {
        rows.push([name, value]);
    }
    let decision = entry.decision.iter();
    for model in decision.clone().flat_map(|decision| &decision.models) {
        let key = if model.key.is_empty() { "all events" } else { &model.key };
        let (version, last) = (model.version, model.last.position);
        rows.push(["decided on", &format!("{} {key} version {version}, last event at position {last}", model.model)]);
        rows.push(["condition", &model.condition.to_string()]);
    }
    for omitted in decision.map(|decision| decision.omitted).filter(|omitted| *omitted > 0) {
        rows.push(["decided on", &format!("{omitted} more")]);
    }
    let stored = entry.stored.as_ref();
    if let Some(stored) = stored {
        rows.push(["stored as", &format!("{} version {}", stored.name, stored.version)]);
    }
    (rows, stored.and_then(|stored| payload(stored, json_text::pretty)))
}

/// The positions of the events of a command.
pub(super) fn positions((first, last): (Place, Place)) -> String {
    let (first, last) = (first.position, last.position);
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// A duration in milliseconds.
pub(super) fn shown(duration: Duration) -> String {
    format!("{:.3} ms", duration.as_secs_f64() * 1_000.0)
}

/// The command that led to an event: the one that appended it, not a repeated call.
pub(crate) async fn led_to(views: &AnyViews, event: Place) -> Result<Option<KeptCommand>, Failure> {
    let mut query = CommandQuery::new().event(event).outcome(OutcomeKind::Appended).limit(1);
    loop {
        let page = views.find_commands(query.clone()).await?;
        if let Some(found) = page.entries.into_iter().next() {
            return Ok(Some(found));
        }
        // The page may have held what this version cannot read.
        let Some(next) = page.next else { return Ok(None) };
        query = query.before(next);
    }
}
