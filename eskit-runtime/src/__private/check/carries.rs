//! What an aggregate with tags evolves must carry its tags.

use super::{contains, tags_with_key};
use crate::__private::message::{Message, Words, is_like};
use crate::aggregate::{AggregateType, Key};
use crate::event::{EventType, EventTypes, Field, TagField};
use crate::table::same;

#[track_caller]
pub(super) const fn check_events_carry_key(events: EventTypes, aggregate: &AggregateType) {
    if let Key::Tags(keys) = aggregate.key {
        match events {
            EventTypes::One(event) => check_event_carries(event, aggregate, keys),
            EventTypes::Many(sets) => {
                let mut i = 0;
                while i < sets.len() {
                    check_events_carry_key(sets[i], aggregate);
                    i += 1;
                }
            }
        }
    }
}

#[track_caller]
const fn check_event_carries(event: &EventType, aggregate: &AggregateType, keys: &[&str]) {
    let mut i = 0;
    while i < keys.len() {
        if tags_with_key(event.tags, keys[i]).0 == 0 {
            let lacks = Lacks { key: keys[i], owner: event.rust_name, tags: event.tags, fields: event.fields };
            let message = lacks.push(Message::new().text("event ").code(event.name));
            let message = message.text(", so it can never reach ").code(aggregate.name);
            panic!("{}", lacks.push_help(message, aggregate).as_str());
        }
        i += 1;
    }
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
        if carried.len() == 0 { message } else { message.text(", only ").list(&carried) }
    }

    /// What to write at the type; or, where the key may be a slip, at the aggregate.
    pub(super) const fn push_help(&self, message: Message, aggregate: &AggregateType) -> Message {
        let mut message = message.text("\nhelp: ");
        if let Some(meant) = self.meant(aggregate) {
            message = message.text("if ").code(meant).text(" is meant, write `");
            message = match aggregate.key {
                Key::Stream(_) => message.text("stream = "),
                Key::Tags([_]) => message.text("tag = "),
                Key::Tags(_) => message,
            };
            message = message.text("\"").text(meant).text("\"`");
            if let Key::Tags([_, _, ..]) = aggregate.key {
                message = message.text(" for `\"").text(self.key).text("\"`");
            }
            message = message.text(" on ").code(aggregate.name).text("; or ");
        }
        let message = message.text("put `#[tag(\"").text(self.key).text("\")]` on ");
        let mut i = 0;
        while i < self.fields.len() {
            if same(self.fields[i].name, self.key) {
                return message.text("the field ").code(self.key).text(" of ").code(self.owner);
            }
            i += 1;
        }
        message.text("the field of ").code(self.owner).text(" that holds it")
    }

    /// The carried tag that the aggregate may have meant, and does not name otherwise.
    const fn meant(&self, aggregate: &AggregateType) -> Option<&'static str> {
        let mut i = 0;
        while i < self.tags.len() {
            if is_like(self.key, self.tags[i].key) && !contains(aggregate.key.names(), self.tags[i].key) {
                return Some(self.tags[i].key);
            }
            i += 1;
        }
        None
    }
}
