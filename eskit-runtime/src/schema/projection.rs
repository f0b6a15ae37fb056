//! Projections in the schema lock: at one version, a projection takes the same events for ever.
//!
//! Its rows hold what it took so far. A method for one more event would see only those to come.

use super::claim::Claims;
use super::current::{Lock, is_test_module};
use super::record::ProjectionRecord;
use crate::codec::kind::PayloadKind;
use crate::message::{Message, Words, contains, same};
use crate::model::event::{EventType, EventTypes};
use crate::model::subscriber::SubscriberType;

/// What `eskit.lock` records of a projection.
#[derive(Clone, Copy, Debug)]
pub struct RecordedProjection<'a> {
    /// The newest version.
    pub version: u32,
    /// The wire names of the events for which it has a method.
    pub events: &'a [&'a str],
    /// Whether it takes every other event too.
    pub takes_all: bool,
}

/// What the program knows of a projection.
#[derive(Clone, Copy, Debug)]
pub struct CurrentProjection {
    /// Its name and version.
    pub projection: &'static SubscriberType,
    /// The events for which it has a method.
    pub events: EventTypes,
    /// Whether it takes every other event too.
    pub takes_all: bool,
}

inventory::collect!(CurrentProjection);

impl CurrentProjection {
    /// Projections of test modules are not locked: nothing of theirs is kept.
    pub(super) const fn is_locked(&self) -> bool {
        !is_test_module(self.projection.location.module)
    }

    const fn title(&self) -> Message {
        let SubscriberType { name, version, .. } = *self.projection;
        Message::new().text("projection ").code(name).text(" version ").number(version)
    }

    fn record(&self) -> ProjectionRecord {
        let mut events = Vec::new();
        self.events.for_each(&mut |event| events.push(event.name.to_owned()));
        events.sort_unstable();
        events.dedup();
        let SubscriberType { name, version, .. } = *self.projection;
        ProjectionRecord { name: name.to_owned(), version, events, takes_all: self.takes_all }
    }
}

/// A projection must take the events that the file records for its version. A renamed event is the same event; one that is gone
/// from the crate is reported there.
#[track_caller]
pub const fn check_projection(
    lock: Lock,
    events: &[Claims],
    recorded: Option<&RecordedProjection<'_>>,
    current: &CurrentProjection,
) {
    if matches!(lock, Lock::Off | Lock::Writing) || !current.is_locked() {
        return;
    }
    let is_recorded = match recorded {
        Some(recorded) => {
            if let Some(problem) = problem(recorded, current)
                && !lost_event(events, recorded)
            {
                refuse(problem, recorded, current);
            }
            recorded.version == current.projection.version
        }
        None => false,
    };
    if matches!(lock, Lock::Strict) && !is_recorded {
        let message = current.title().text(
            " is not recorded in `eskit.lock`, but a release needs all of it there\nhelp: run `ESKIT_LOCK=write cargo test eskit_lock`, and commit the file",
        );
        panic!("{}", message.as_str());
    }
}

/// Whether one of the recorded events is gone, or has lost its name.
const fn lost_event(events: &[Claims], recorded: &RecordedProjection<'_>) -> bool {
    let mut i = 0;
    while i < events.len() {
        if events[i].kind.is(PayloadKind::Event) && !events[i].are_kept() && contains(recorded.events, events[i].name) {
            return true;
        }
        i += 1;
    }
    false
}

#[track_caller]
const fn refuse(problem: Message, recorded: &RecordedProjection<'_>, current: &CurrentProjection) {
    let version = current.projection.version;
    let message = if recorded.version > version {
        problem.text("\nhelp: write `version = ").number(recorded.version).text("`, or a higher one if it has changed")
    } else {
        let message = problem.text("\nhelp: write `version = ").number(version + 1);
        message.text("`, so that it is built anew beside the old one")
    };
    let message = message
        .text("; if version ")
        .number(recorded.version)
        .text(" was never released, record it anew with `ESKIT_LOCK=force cargo test eskit_lock`");
    panic!("{}", message.as_str());
}

/// Why the projection is not what is recorded, if it is not.
const fn problem(recorded: &RecordedProjection<'_>, current: &CurrentProjection) -> Option<Message> {
    if recorded.version > current.projection.version {
        let message = current.title().text(" comes before version ").number(recorded.version);
        return Some(message.text(", which `eskit.lock` records"));
    }
    if recorded.version < current.projection.version {
        return None;
    }
    let (mut added, mut removed, mut i) = (Words::new(), Words::new(), 0);
    add_new(current.events, recorded.events, &mut added);
    while i < recorded.events.len() {
        if !takes(current.events, recorded.events[i]) {
            removed.add(recorded.events[i]);
        }
        i += 1;
    }
    let (all_added, all_removed) = (current.takes_all && !recorded.takes_all, recorded.takes_all && !current.takes_all);
    let (adds, removes) = (added.len() > 0 || all_added, removed.len() > 0 || all_removed);
    if !adds && !removes {
        return None;
    }
    let mut message = current.title();
    if adds {
        message = events(message.text(" now takes "), &added, all_added).text(if recorded.takes_all {
            " in a method of its own, which it did not before"
        } else {
            ", which it did not before"
        });
    }
    if adds && removes {
        message = message.text(", and");
    }
    if removes {
        message = events(message.text(" no longer takes "), &removed, all_removed);
        if current.takes_all {
            message = message.text(" in a method of its own");
        }
    }
    Some(message)
}

/// The events by name, and all that are not named.
const fn events(message: Message, named: &Words<'_>, every_other: bool) -> Message {
    let message = message.list(named);
    match (every_other, named.len()) {
        (false, _) => message,
        (true, 0) => message.text("every other event"),
        (true, _) => message.text(" and every other event"),
    }
}

/// Adds the events of which neither the name nor a former name is recorded.
const fn add_new(events: EventTypes, recorded: &[&str], words: &mut Words<'_>) {
    match events {
        EventTypes::One(event) => {
            if !is_recorded(event, recorded) {
                words.add(event.name);
            }
        }
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                add_new(sets[i], recorded, words);
                i += 1;
            }
        }
    }
}

const fn is_recorded(event: &EventType, recorded: &[&str]) -> bool {
    let mut i = 0;
    while i < event.aliases.len() {
        if contains(recorded, event.aliases[i]) {
            return true;
        }
        i += 1;
    }
    contains(recorded, event.name)
}

/// Whether an event is in the set by this name or, formerly, was called so.
const fn takes(events: EventTypes, name: &str) -> bool {
    match events {
        EventTypes::One(event) => same(event.name, name) || contains(event.aliases, name),
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                if takes(sets[i], name) {
                    return true;
                }
                i += 1;
            }
            false
        }
    }
}

/// The records of these projections, after `old`, and why they must not be written. The record of one that is gone stays, so that
/// its name does not come back at the same version with other events.
pub(super) fn update<'a>(
    old: &[ProjectionRecord],
    current: impl Iterator<Item = &'a CurrentProjection>,
    refused: &mut Vec<String>,
) -> Vec<ProjectionRecord> {
    let mut new: Vec<ProjectionRecord> = Vec::new();
    for current in current {
        let record = current.record();
        if let Some(old) = old.iter().find(|old| old.name == record.name) {
            let names: Vec<&str> = old.events.iter().map(String::as_str).collect();
            let recorded = RecordedProjection { version: old.version, events: &names, takes_all: old.takes_all };
            refused.extend(problem(&recorded, current).map(|problem| problem.as_str().to_owned()));
        }
        new.push(record);
    }
    let gone = old.iter().filter(|old| new.iter().all(|new| new.name != old.name)).cloned();
    let gone: Vec<ProjectionRecord> = gone.collect();
    new.extend(gone);
    new.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    new
}
