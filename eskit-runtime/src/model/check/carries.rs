//! What an aggregate with tags evolves must carry its tags.

use super::{one, tags_with_key};
use crate::message::{Message, Words, contains, is_like, same};
use crate::model::aggregate::{AggregateType, Key};
use crate::model::event::{EventType, EventTypes, Field, TagField};

/// `events` are one of the sets that the aggregate evolves, at this index.
#[track_caller]
pub(super) const fn check_events_carry_key(
    events: EventTypes,
    aggregate: &AggregateType,
    sets: &[EventTypes],
    index: usize,
) {
    if let Key::Tags(keys) = aggregate.key {
        match events {
            EventTypes::One(event) => check_event_carries(event, aggregate, keys, sets, index),
            EventTypes::Many(members) => {
                let mut i = 0;
                while i < members.len() {
                    check_events_carry_key(members[i], aggregate, sets, index);
                    i += 1;
                }
            }
        }
    }
}

#[track_caller]
const fn check_event_carries(
    event: &EventType,
    aggregate: &AggregateType,
    keys: &[&str],
    sets: &[EventTypes],
    index: usize,
) {
    let mut i = 0;
    while i < keys.len() {
        if tags_with_key(event.tags, keys[i]).0 == 0 && !is_slip(aggregate, keys[i], sets, index) {
            let lacks = Lacks { key: keys[i], owner: event.rust_name, tags: event.tags, fields: event.fields };
            let message = lacks.push(Message::new().text("event ").code(event.name));
            let message = message.text(", so it can never reach ").code(aggregate.name);
            let mut message = lacks.push_help_of_event(message, aggregate);
            if !lacks.has_field() && meant(aggregate, keys[i], event.tags).is_none() {
                message =
                    message.text("; if none does, let ").code(aggregate.name).text(" evolve only events that carry it");
            }
            panic!("{}", message.as_str());
        }
        i += 1;
    }
}

/// Whether a key that nothing carries is a slip of the aggregate: none of its events carries it, and one of the first
/// `count` sets something similar. That event reports it for all.
pub(super) const fn is_slip(aggregate: &AggregateType, key: &str, sets: &[EventTypes], count: usize) -> bool {
    let (mut reported, mut i) = (false, 0);
    while i < sets.len() {
        if carries(sets[i], key) {
            return false;
        }
        reported |= i < count && carries_similar(sets[i], aggregate, key);
        i += 1;
    }
    reported
}

pub(super) const fn carries(events: EventTypes, key: &str) -> bool {
    match events {
        EventTypes::One(event) => tags_with_key(event.tags, key).0 > 0,
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                if carries(sets[i], key) {
                    return true;
                }
                i += 1;
            }
            false
        }
    }
}

const fn carries_similar(events: EventTypes, aggregate: &AggregateType, key: &str) -> bool {
    match events {
        EventTypes::One(event) => meant(aggregate, key, event.tags).is_some(),
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                if carries_similar(sets[i], aggregate, key) {
                    return true;
                }
                i += 1;
            }
            false
        }
    }
}

/// The carried tag that the aggregate may have meant by a key, and does not name otherwise.
const fn meant(aggregate: &AggregateType, key: &str, tags: &'static [TagField]) -> Option<&'static str> {
    let mut i = 0;
    while i < tags.len() {
        if is_like(key, tags[i].key) && !contains(aggregate.key.names(), tags[i].key) {
            return Some(tags[i].key);
        }
        i += 1;
    }
    None
}

/// The type of the field that carries a tag, in the first event of a set that does.
pub(super) const fn type_of_tag(events: EventTypes, key: &str) -> Option<&'static str> {
    match events {
        EventTypes::One(event) => {
            let (found, first) = tags_with_key(event.tags, key);
            if found != 1 || !one(event.tags[first].arity) {
                return None;
            }
            let mut i = 0;
            while i < event.fields.len() {
                if same(event.fields[i].name, event.tags[first].field) {
                    return Some(event.fields[i].rust_type);
                }
                i += 1;
            }
            None
        }
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                if let Some(found) = type_of_tag(sets[i], key) {
                    return Some(found);
                }
                i += 1;
            }
            None
        }
    }
}

/// Whether a key can be the name of a field.
pub(super) const fn is_name(key: &str) -> bool {
    let bytes = key.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'-' {
            return false;
        }
        i += 1;
    }
    true
}

/// An event or a command that carries no tag for a key of an aggregate.
pub(super) struct Lacks<'a> {
    pub(super) key: &'a str,
    /// The name of its type.
    pub(super) owner: &'a str,
    pub(super) tags: &'static [TagField],
    pub(super) fields: &'static [Field],
}

impl Lacks<'_> {
    /// Which tag it lacks, and which ones it carries.
    pub(super) const fn push(&self, message: Message) -> Message {
        let message = message.text(" carries no ").code(self.key).text(" tag");
        let (mut carried, mut i) = (Words::new(), 0);
        while i < self.tags.len() {
            carried.add(self.tags[i].key);
            i += 1;
        }
        if carried.len() == 0 { message } else { message.text(" (only ").list(&carried).text(")") }
    }

    /// What to write at the event; or, where the key may be a slip, at the aggregate.
    const fn push_help_of_event(&self, message: Message, aggregate: &AggregateType) -> Message {
        let message = self.push_slip(message.text("\nhelp: "), aggregate);
        let message = self.push_tag(message.text("put "));
        if self.has_field() {
            return message.text(" on the field ").code(self.key).text(" of ").code(self.owner);
        }
        message.text(" on the field of ").code(self.owner).text(" that holds it")
    }

    /// What to write at the command; or, where the key may be a slip, at the aggregate. Where an event of the aggregate
    /// carries the tag, it is none, and `rust_type` is the type of its field.
    pub(super) const fn push_help_of_command(
        &self,
        message: Message,
        aggregate: &AggregateType,
        rust_type: Option<&str>,
    ) -> Message {
        let mut message = message.text("\nhelp: ");
        if self.has_field() {
            return self
                .push_tag(message.text("put "))
                .text(" on the field ")
                .code(self.key)
                .text(" of ")
                .code(self.owner);
        }
        match (rust_type, meant(aggregate, self.key, self.tags)) {
            (Some(_), Some(slip)) => {
                message = self.push_tag(message.text("if ").code(slip).text(" is a slip, write "));
                message = message.text(" in its place; or ");
            }
            _ => message = self.push_slip(message, aggregate),
        }
        message = message.text("add a field to ").code(self.owner).text(" that says which ").code(aggregate.name);
        message = message.text(" is meant, `#[tag");
        message = match (is_name(self.key), rust_type) {
            (true, Some(rust_type)) => message.text("] ").text(self.key).text(": ").text(rust_type).text("`"),
            (true, None) => message.text("] ").text(self.key).text(": ..`"),
            (false, Some(rust_type)) => message.text("(\"").text(self.key).text("\")] id: ").text(rust_type).text("`"),
            (false, None) => message.text("(\"").text(self.key).text("\")] id: ..`"),
        };
        self.push_tag(message.text(", or put ")).text(" on the one that does")
    }

    pub(super) const fn push_tag(&self, message: Message) -> Message {
        message.text("`#[tag(\"").text(self.key).text("\")]`")
    }

    /// What to write at the aggregate, where its key may be a slip for a tag that is there.
    const fn push_slip(&self, message: Message, aggregate: &AggregateType) -> Message {
        let Some(meant) = meant(aggregate, self.key, self.tags) else { return message };
        let mut message = message.text("if ").code(meant).text(" is meant, write `");
        message = match aggregate.key {
            Key::Stream(_) => message.text("stream = "),
            Key::Tags([_]) => message.text("tag = "),
            Key::Tags(_) | Key::All => message,
        };
        message = message.text("\"").text(meant).text("\"`");
        if let Key::Tags([_, _, ..]) = aggregate.key {
            message = message.text(" for `\"").text(self.key).text("\"`");
        }
        message.text(" on ").code(aggregate.name).text("; or ")
    }

    /// Whether a field has the name of the key.
    pub(super) const fn has_field(&self) -> bool {
        let mut i = 0;
        while i < self.fields.len() {
            if same(self.fields[i].name, self.key) {
                return true;
            }
            i += 1;
        }
        false
    }
}
