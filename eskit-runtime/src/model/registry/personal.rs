//! What personal data a program handles.

use std::fmt;

use serde_json::{Value, json};

use super::Registry;
use crate::model::event::{EventType, EventTypes, SourceLocation};
use crate::personal::{KeptPersonal, PersonalField, personal_values};

/// What personal data the events of a program hold, and what reads it. `Display` writes it as Markdown.
///
/// It covers what the [`Registry`] has: a crate whose code the program never names may be missing.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct PersonalReport {
    /// The events with personal data, each version for itself, sorted by name and version.
    pub events: Vec<PersonalEvent>,
    /// The aggregates, projections and processors that take such events, in this order.
    pub readers: Vec<PersonalReader>,
}

/// A version of an event that holds personal data.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct PersonalEvent {
    /// The wire name.
    pub name: &'static str,
    /// The schema version.
    pub version: u32,
    /// The Rust type, with its module.
    pub rust_type: String,
    /// The values.
    pub values: Vec<PersonalField>,
}

/// What takes events with personal data.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct PersonalReader {
    /// `aggregate`, `projection` or `processor`.
    pub kind: &'static str,
    /// The name of the subscription, or of the aggregate.
    pub name: &'static str,
    /// The Rust type, with its module.
    pub rust_type: String,
    /// The wire names of the events with personal data that it takes.
    pub events: Vec<&'static str>,
    /// What it keeps of the values, if it says so. Nobody else does: an aggregate whose states are not kept, and a processor.
    pub keeps: Option<KeptPersonal>,
}

impl Registry {
    /// What personal data the events of this program hold, and what reads it.
    pub fn personal(&self) -> PersonalReport {
        let events = self.events.iter().filter_map(|event| {
            let values = personal_values(event.personal?);
            let rust_type = path(&event.location, event.rust_name);
            Some(PersonalEvent { name: event.name, version: event.version, rust_type, values })
        });
        let aggregates = self.aggregates.iter().filter_map(|(aggregate, events)| {
            let rust_type = path(&aggregate.location, aggregate.name);
            reader(("aggregate", aggregate.name, rust_type), *events, aggregate.personal)
        });
        let subscribers = |acts| {
            self.subscribers(acts).filter_map(move |entry| {
                let (kind, subscriber) = (if acts { "processor" } else { "projection" }, entry.subscriber);
                let rust_type = path(&subscriber.location, subscriber.rust_name);
                reader((kind, subscriber.name, rust_type), entry.events, entry.personal)
            })
        };
        let readers = aggregates.chain(subscribers(false)).chain(subscribers(true)).collect();
        PersonalReport { events: events.collect(), readers }
    }
}

fn reader(
    (kind, name, rust_type): (&'static str, &'static str, String),
    events: EventTypes,
    keeps: Option<KeptPersonal>,
) -> Option<PersonalReader> {
    let mut personal = Vec::new();
    events.for_each(&mut |event: &'static EventType| {
        if event.personal.is_some() && !personal.contains(&event.name) {
            personal.push(event.name);
        }
    });
    (!personal.is_empty()).then_some(PersonalReader { kind, name, rust_type, events: personal, keeps })
}

fn path(location: &SourceLocation, name: &str) -> String {
    format!("{}::{name}", location.module)
}

impl PersonalReport {
    /// The same as JSON: `{"events": [..], "readers": [..]}`.
    pub fn to_json(&self) -> Value {
        let value = |value: &PersonalField| {
            json!({
                "path": value.path,
                "kind": value.kind,
                "subject": value.subject,
                "forgotten": value.forgotten,
            })
        };
        let event = |event: &PersonalEvent| {
            json!({
                "name": event.name,
                "version": event.version,
                "type": event.rust_type,
                "values": event.values.iter().map(value).collect::<Vec<_>>(),
            })
        };
        let reader = |reader: &PersonalReader| {
            json!({
                "kind": reader.kind,
                "name": reader.name,
                "type": reader.rust_type,
                "events": reader.events,
                "keeps": reader.keeps.map(KeptPersonal::word),
            })
        };
        json!({
            "events": self.events.iter().map(event).collect::<Vec<_>>(),
            "readers": self.readers.iter().map(reader).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for PersonalReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("# Personal data\n\n## In events\n\n")?;
        if self.events.is_empty() {
            return f.write_str("No event holds personal data.\n");
        }
        f.write_str(
            "| event | version | value | subject | its id | read once forgotten |\n|---|---|---|---|---|---|\n",
        )?;
        for PersonalEvent { name, version, values, .. } in &self.events {
            for PersonalField { path, kind, subject, forgotten } in values {
                writeln!(f, "| `{name}` | {version} | `{path}` | {kind} | `{subject}` | `{forgotten}` |")?;
            }
        }
        f.write_str("\n## Read by\n\n| | name | events | keeps |\n|---|---|---|---|\n")?;
        for PersonalReader { kind, name, events, keeps, .. } in &self.readers {
            let events: Vec<String> = events.iter().map(|event| format!("`{event}`")).collect();
            let keeps = match keeps {
                Some(KeptPersonal::None) => "nothing",
                Some(KeptPersonal::Revealed) => "values in the clear, until the subject is forgotten",
                None if *kind == "aggregate" => "states in memory",
                None => "not said",
            };
            writeln!(f, "| {kind} | `{name}` | {} | {keeps} |", events.join(", "))?;
        }
        Ok(())
    }
}
