mod personal;
mod slips;
mod subscribers;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::codec::kind::PayloadKind;
use crate::model::aggregate::{AggregateType, Key};
use crate::model::command::CommandType;
use crate::model::decider::DeciderType;
use crate::model::event::{EventType, EventTypes, Field, SourceLocation, TagField};
use crate::model::models::ModelType;
use crate::model::subscriber::SubscriberType;

pub use personal::{PersonalEvent, PersonalReader, PersonalReport};
pub(crate) use subscribers::SubscriberEntry;

/// One thing that a macro registered.
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// An event type, or a type of stored commands.
    Event(&'static EventType),
    /// Those of a crate with a schema lock.
    Events(&'static [Option<&'static EventType>]),
    /// An aggregate, and the events that it evolves.
    Aggregate(&'static AggregateType, EventTypes),
    /// A command, its decider, the models that it needs, and the events that it may emit.
    Decider(&'static CommandType, &'static DeciderType, &'static [ModelType], EventTypes),
    /// A projection or a processor.
    Subscriber(SubscriberEntry),
}

inventory::collect!(Entry);

/// Every event type, stored command, aggregate, decider, projection and processor that was linked into this program.
///
/// Gathered by `inventory` before `main`. A crate whose code the program never names may be left out by the linker, and
/// on wasm and in static libraries entries are dropped; so nothing's correctness depends on the registry. It serves the
/// start-up check, catalogs and tools.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    events: Vec<&'static EventType>,
    stored_commands: Vec<&'static EventType>,
    aggregates: Vec<(&'static AggregateType, EventTypes)>,
    deciders: Vec<Entry>,
    subscribers: Vec<SubscriberEntry>,
}

impl Registry {
    /// Gathers the entries of this program, sorted by name.
    pub fn collect() -> Registry {
        let mut registry = Registry::default();
        for entry in inventory::iter::<Entry> {
            match *entry {
                Entry::Event(event) => registry.add(event),
                Entry::Events(events) => events.iter().flatten().for_each(|event| registry.add(event)),
                Entry::Aggregate(aggregate, events) => registry.aggregates.push((aggregate, events)),
                Entry::Decider(..) => registry.deciders.push(*entry),
                Entry::Subscriber(subscriber) => registry.subscribers.push(subscriber),
            }
        }
        for types in [&mut registry.events, &mut registry.stored_commands] {
            types.sort_by_key(|event| (event.name, event.version, event.location.module));
        }
        registry.aggregates.sort_by_key(|(aggregate, _)| (aggregate.name, aggregate.location.module));
        registry.deciders.sort_by_key(|entry| match entry {
            Entry::Decider(command, ..) => (command.name, command.location.module),
            _ => ("", ""),
        });
        registry.subscribers.sort_by_key(|entry| (entry.subscriber.name, entry.subscriber.location.module));
        registry
    }

    fn add(&mut self, event: &'static EventType) {
        match event.kind {
            PayloadKind::Event => self.events.push(event),
            PayloadKind::Command => self.stored_commands.push(event),
        }
    }

    /// The check that every program makes once, before its first command.
    pub(crate) fn checked() -> Result<(), &'static RegistryError> {
        static CHECKED: OnceLock<Result<(), RegistryError>> = OnceLock::new();
        CHECKED.get_or_init(|| Registry::collect().check()).as_ref().copied()
    }

    /// The event types, sorted by wire name and version.
    pub fn events(&self) -> &[&'static EventType] {
        &self.events
    }

    /// The types of stored commands, described as events are, sorted by wire name and version.
    pub fn stored_commands(&self) -> &[&'static EventType] {
        &self.stored_commands
    }

    /// The aggregates with the events that they evolve, sorted by name.
    pub fn aggregates(&self) -> &[(&'static AggregateType, EventTypes)] {
        &self.aggregates
    }

    /// The commands with their deciders, the models that these need and the events that they may emit, sorted by the names of the commands.
    pub fn deciders(
        &self,
    ) -> impl Iterator<Item = (&'static CommandType, &'static DeciderType, &'static [ModelType], EventTypes)> {
        self.deciders.iter().filter_map(|entry| match *entry {
            Entry::Decider(command, decider, models, emits) => Some((command, decider, models, emits)),
            _ => None,
        })
    }

    /// The projections with the events that their methods take, sorted by name.
    pub fn projections(&self) -> impl Iterator<Item = (&'static SubscriberType, EventTypes)> {
        self.subscribers(false).map(|entry| (entry.subscriber, entry.events))
    }

    /// The processors with the events that their methods take, sorted by name.
    pub fn processors(&self) -> impl Iterator<Item = (&'static SubscriberType, EventTypes)> {
        self.subscribers(true).map(|entry| (entry.subscriber, entry.events))
    }

    fn subscribers(&self, acts: bool) -> impl Iterator<Item = &SubscriberEntry> {
        self.subscribers.iter().filter(move |entry| entry.acts == acts)
    }

    /// Checks that no two event types of the program claim one wire name, nor two types of stored commands, that no two projections or processors have one name, and that no tag is
    /// a slip for the key of a stream: one letter from it, on an event of the stream that does not carry the key itself, where no
    /// aggregate is keyed by the tag and its ids are not known to be of another type.
    ///
    /// # Errors
    /// Every clash and every slip, in one error.
    pub fn check(&self) -> Result<(), RegistryError> {
        let slips = slips::find(&self.aggregates);
        let subscriptions = subscribers::clashes(&self.subscribers);
        let (clashes, commands) = (clashes(&self.events), clashes(&self.stored_commands));
        let error = RegistryError { clashes, commands, twice: twice(&self.events), slips, subscriptions };
        if error == RegistryError::default() { Ok(()) } else { Err(error) }
    }

    /// Everything in the registry as JSON: `{"events": [..], "stored_commands": [..], "aggregates": [..], "commands": [..], "projections": [..], "processors": [..]}`.
    pub fn to_json(&self) -> Value {
        json!({
            "events": self.events.iter().map(|event| event_json(event)).collect::<Vec<_>>(),
            "stored_commands": self.stored_commands.iter().map(|command| event_json(command)).collect::<Vec<_>>(),
            "aggregates": self.aggregates.iter().map(|(aggregate, events)| json!({
                "name": aggregate.name,
                "key": key_json(&aggregate.key),
                "events": events.names(),
                "source": source_json(&aggregate.location),
            })).collect::<Vec<_>>(),
            "commands": self.deciders.iter().filter_map(decider_json).collect::<Vec<_>>(),
            "projections": self.subscribers(false).map(subscribers::to_json).collect::<Vec<_>>(),
            "processors": self.subscribers(true).map(subscribers::to_json).collect::<Vec<_>>(),
        })
    }
}

/// The files that are compiled into this program twice, with the modules in which their event types stand, and one of those.
fn twice(events: &[&'static EventType]) -> Vec<String> {
    let mut files: BTreeMap<&str, (String, usize)> = BTreeMap::new();
    for (index, first) in events.iter().enumerate() {
        for second in events[index + 1..].iter().take_while(|second| second.name == first.name) {
            if is_written_once(first, second) {
                let found = files.entry(first.location.file).or_insert_with(|| (one_twice(first, second), 0));
                found.1 += 1;
            }
        }
    }
    let told = |(text, count): (String, usize)| match count {
        1 => text,
        more => format!("{text} and {} more of it", more - 1),
    };
    files.into_values().map(told).collect()
}

fn one_twice(first: &EventType, second: &EventType) -> String {
    let (file, name) = (first.location.file, first.name);
    let (one, other) = (first.location.module, second.location.module);
    let modules = if one == other { format!("`{one}` of two crates") } else { format!("`{one}` and `{other}`") };
    format!("`{file}` is compiled into this program twice, as {modules}, and so is its event `{name}`")
}

/// The clashes among these types.
fn clashes(events: &[&'static EventType]) -> Vec<String> {
    let mut claims: BTreeMap<&str, Vec<&'static EventType>> = BTreeMap::new();
    for event in events {
        for name in std::iter::once(&event.name).chain(event.aliases) {
            claims.entry(name).or_default().push(event);
        }
    }
    let mut found = Vec::new();
    claims.into_iter().for_each(|(name, claimants)| clashes_on(name, &claimants, &mut found));
    found
}

/// The clashes among the types that claim one name.
fn clashes_on(name: &str, claimants: &[&'static EventType], found: &mut Vec<String>) {
    for (index, first) in claimants.iter().enumerate() {
        for second in &claimants[index + 1..] {
            if !is_written_once(first, second) && !precedes(first, second) && !precedes(second, first) {
                found.push(format!(
                    "`{name}` is claimed by `{}` version {} ({}) and by `{}` version {} ({})",
                    path(first),
                    first.version,
                    place(&first.location),
                    path(second),
                    second.version,
                    place(&second.location)
                ));
            }
        }
    }
}

/// Whether `old` is an earlier version that `new` upcasts from, directly or through others.
fn precedes(old: &EventType, new: &EventType) -> bool {
    new.previous.is_some_and(|previous| {
        std::ptr::eq(previous, old) || is_written_once(previous, old) || precedes(old, previous)
    })
}

/// Whether two descriptions are of one type in the source: the compiler may place a constant more than once, and a file may be
/// a module of two crates.
fn is_written_once(a: &EventType, b: &EventType) -> bool {
    let place = |event: &EventType| (event.location.file, event.location.line);
    a.name == b.name && a.version == b.version && a.rust_name == b.rust_name && place(a) == place(b)
}

fn path(event: &EventType) -> String {
    format!("{}::{}", event.location.module, event.rust_name)
}

fn place(location: &SourceLocation) -> String {
    format!("{}:{}", location.file, location.line)
}

fn source_json(location: &SourceLocation) -> Value {
    json!({ "module": location.module, "file": location.file, "line": location.line })
}

fn key_json(key: &Key) -> Value {
    match key {
        Key::Stream(name) => json!({ "stream": name }),
        Key::Tags(names) => json!({ "tags": names }),
        Key::All => json!({ "all": true }),
    }
}

fn tags_json(tags: &[TagField]) -> Value {
    tags.iter().map(|tag| json!({ "key": tag.key, "field": tag.field })).collect()
}

fn fields_json(fields: &[Field]) -> Value {
    fields.iter().map(|field| json!({ "name": field.name, "type": field.rust_type })).collect()
}

fn event_json(event: &EventType) -> Value {
    json!({
        "name": event.name,
        "version": event.version,
        "aliases": event.aliases,
        "type": event.rust_name,
        "tags": tags_json(event.tags),
        "fields": fields_json(event.fields),
        "upcasts_from": event.previous.map(|previous| previous.rust_name),
        "source": source_json(&event.location),
    })
}

fn decider_json(entry: &Entry) -> Option<Value> {
    let Entry::Decider(command, decider, models, emits) = entry else { return None };
    Some(json!({
        "name": command.name,
        "stored_as": command.stored.map(|stored| stored.name),
        "tags": tags_json(command.tags),
        "fields": fields_json(command.fields),
        "decider": decider.name,
        "models": models.iter().map(|model| model.aggregate.name).collect::<Vec<_>>(),
        "emits": emits.names(),
        "source": source_json(&command.location),
    }))
}

/// Event types or stored commands of one program claim the same wire name, projections or processors have the same name, or tags are slips for the keys of streams.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RegistryError {
    clashes: Vec<String>,
    /// The clashes of stored commands.
    commands: Vec<String>,
    /// The files that are compiled twice.
    twice: Vec<String>,
    /// The tags that are most likely misspelt, with what to write.
    slips: Vec<String>,
    /// The projections and processors that have one name.
    subscriptions: Vec<String>,
}

impl RegistryError {
    /// Every clash of two types of stored commands, with both and where they stand.
    pub fn command_clashes(&self) -> &[String] {
        &self.commands
    }

    /// Every clash of two event types, with both and where they stand.
    pub fn clashes(&self) -> &[String] {
        &self.clashes
    }

    /// Every clash of two projections or processors, with both and where they stand.
    pub fn subscription_clashes(&self) -> &[String] {
        &self.subscriptions
    }

    /// Every file whose event types are in the program twice, since it is a module of two crates.
    pub fn files_compiled_twice(&self) -> &[String] {
        &self.twice
    }

    /// Every tag that is one letter from the key of a stream, with what to write in its place.
    pub fn slips(&self) -> &[String] {
        &self.slips
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_clashes = !(self.twice.is_empty() && self.clashes.is_empty());
        if has_clashes {
            f.write_str("event types clash:")?;
            self.twice.iter().chain(&self.clashes).try_for_each(|clash| write!(f, "\n  {clash}"))?;
        }
        if !self.twice.is_empty() {
            f.write_str(
                "\nhelp: keep the `mod` of the file in the library, and in the program write `use` with the library's name, as in `use shop::events;`",
            )?;
        }
        if !self.clashes.is_empty() {
            f.write_str(
                "\nhelp: give one of each pair another name with `#[event(name = \"..\")]` or `#[event(context = \"..\")]`; an older version is read with `from = ..`, and what an older program wrote is written in a test with `NewEvent::json`",
            )?;
        }
        for (index, slip) in self.slips.iter().enumerate() {
            let before = if index > 0 || has_clashes { "\n" } else { "" };
            write!(f, "{before}{slip}")?;
        }
        if !self.commands.is_empty() {
            let before = if has_clashes || !self.slips.is_empty() { "\n" } else { "" };
            write!(f, "{before}stored commands clash:")?;
            self.commands.iter().try_for_each(|clash| write!(f, "\n  {clash}"))?;
            f.write_str(
                "\nhelp: give one of each pair another name with `#[command(stored, name = \"..\")]` or `#[command(stored, context = \"..\")]`",
            )?;
        }
        if !self.subscriptions.is_empty() {
            let is_first = !has_clashes && self.slips.is_empty() && self.commands.is_empty();
            let before = if is_first { "" } else { "\n" };
            write!(f, "{before}names of subscriptions clash:")?;
            self.subscriptions.iter().try_for_each(|clash| write!(f, "\n  {clash}"))?;
            f.write_str("\nhelp: give one of each pair another `name`: each keeps its checkpoint under its own")?;
        }
        Ok(())
    }
}

impl std::error::Error for RegistryError {}
