//! What selects an instance, and what its events carry, must be ids of one type.

use super::carries::is_name;
use super::one;
use crate::log::tag::IdType;
use crate::message::{Message, same};
use crate::model::aggregate::{AggregateType, KeyValue};
use crate::model::event::{EventType, EventTypes, TagField};

/// The type by which an aggregate is keyed, and the event that it was taken from, unless the aggregate states it.
#[derive(Clone, Copy)]
struct KeyType {
    id_type: IdType,
    event: Option<&'static EventType>,
}

impl KeyType {
    /// That of the key number `index`: the stated one, or that of the first event that carries a known one.
    const fn of(aggregate: &AggregateType, events: EventTypes, index: usize) -> Option<KeyType> {
        if index < aggregate.id_types.len() {
            return Some(KeyType { id_type: aggregate.id_types[index], event: None });
        }
        carried(events, aggregate.key.names()[index])
    }

    /// `` `Stock` is keyed by `Sku` ``, and how that is known.
    const fn push(&self, message: Message, aggregate: &AggregateType, other: &IdType) -> Message {
        let message = message.code(aggregate.name).text(" is keyed by ");
        let message = push_type(message, &self.id_type, other);
        match self.event {
            Some(event) => message.text(", as in event ").code(event.name),
            None => message,
        }
    }
}

/// The name of a type; with its module where the other one has the same name.
const fn push_type(message: Message, id_type: &IdType, other: &IdType) -> Message {
    if same(id_type.name(), other.name()) {
        return message.text("`").text(id_type.module()).text("::").text(id_type.name()).text("`");
    }
    message.code(id_type.name())
}

/// The known type that the first event of a set carries in a tag.
const fn carried(events: EventTypes, key: &str) -> Option<KeyType> {
    match events {
        EventTypes::One(event) => match known(event.tags, key) {
            Some(tag) => Some(KeyType { id_type: tag.id_type, event: Some(event) }),
            None => None,
        },
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                let found = carried(sets[i], key);
                if found.is_some() {
                    return found;
                }
                i += 1;
            }
            None
        }
    }
}

/// The first tag with this key whose type is known.
const fn known(tags: &'static [TagField], key: &str) -> Option<&'static TagField> {
    let mut i = 0;
    while i < tags.len() {
        if tags[i].id_type.is_known() && same(tags[i].key, key) {
            return Some(&tags[i]);
        }
        i += 1;
    }
    None
}

/// Each tag of an event that is a key of an aggregate which evolves it must be of the key's type.
#[track_caller]
pub(super) const fn check_event_ids(events: EventTypes, aggregate: &AggregateType, all: EventTypes) {
    match events {
        EventTypes::One(event) => {
            let mut i = 0;
            while i < event.tags.len() {
                if event.tags[i].id_type.is_known() {
                    check_event_tag(event, &event.tags[i], aggregate, all);
                }
                i += 1;
            }
        }
        EventTypes::Many(members) => {
            let mut i = 0;
            while i < members.len() {
                check_event_ids(members[i], aggregate, all);
                i += 1;
            }
        }
    }
}

#[track_caller]
const fn check_event_tag(event: &EventType, tag: &TagField, aggregate: &AggregateType, all: EventTypes) {
    let Some(key) = key_of(tag, aggregate, all) else { return };
    let message = Message::new().text("event ").code(event.name).text(" carries ");
    let message = push_type(message, &tag.id_type, &key.id_type).text(" in its tag ").code(tag.key).text(", but ");
    let message = key.push(message, aggregate, &tag.id_type);
    panic!("{}", push_help(message, event.rust_name, tag, &key.id_type).as_str());
}

/// The type by which an aggregate is keyed, where a tag with its key is of another.
const fn key_of(tag: &TagField, aggregate: &AggregateType, events: EventTypes) -> Option<KeyType> {
    let (keys, mut i) = (aggregate.key.names(), 0);
    while i < keys.len() {
        if same(keys[i], tag.key)
            && let Some(key) = KeyType::of(aggregate, events, i)
            && tag.id_type.differs_from(&key.id_type)
        {
            return Some(key);
        }
        i += 1;
    }
    None
}

/// What to write at the field of an event or a command.
const fn push_help(message: Message, owner: &str, tag: &TagField, expected: &IdType) -> Message {
    let message =
        push_type(message.text("\nhelp: use "), expected, &tag.id_type).text(" in the field ").code(tag.field);
    message
        .text(" of ")
        .code(owner)
        .text("; or, if it holds ids of something else, give its tag another key: `#[tag(\"..\")]`")
}

/// A field of a command that selects an aggregate must be of the type by which it is keyed. Where its events disagree on that,
/// they are told.
#[track_caller]
pub(super) const fn check_command_field(
    command: &str,
    tag: &TagField,
    aggregate: &AggregateType,
    events: EventTypes,
    key: usize,
) {
    if !tag.id_type.is_known() {
        return;
    }
    let Some(key_type) = KeyType::of(aggregate, events, key) else { return };
    if !tag.id_type.differs_from(&key_type.id_type) || !agree(events, aggregate.key.names()[key], &key_type.id_type) {
        return;
    }
    let message = Message::new().text("command ").code(command).text(" selects ").code(aggregate.name);
    let message = message.text(" by ");
    let message = push_type(message, &tag.id_type, &key_type.id_type).text(" in its field ").code(tag.field);
    let message = key_type.push(message.text(", but "), aggregate, &tag.id_type);
    panic!("{}", push_help(message, command, tag, &key_type.id_type).as_str());
}

/// Whether no event carries another type in a tag.
const fn agree(events: EventTypes, key: &str, id_type: &IdType) -> bool {
    match events {
        EventTypes::One(event) => {
            let mut i = 0;
            while i < event.tags.len() {
                if event.tags[i].id_type.differs_from(id_type) && same(event.tags[i].key, key) {
                    return false;
                }
                i += 1;
            }
            true
        }
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                if !agree(sets[i], key, id_type) {
                    return false;
                }
                i += 1;
            }
            true
        }
    }
}

/// The values that were given as a key.
#[track_caller]
pub(super) const fn check_given(values: &[KeyValue], aggregate: &AggregateType, events: EventTypes) {
    let (keys, mut i) = (aggregate.key.names(), 0);
    while i < values.len() && i < keys.len() {
        let KeyValue { arity, id_type } = values[i];
        if !one(arity) {
            let message = Message::new().code(aggregate.name).text(" is found by exactly one ").code(keys[i]);
            let message = message.text(", and an `Option` or a list may hold none or several");
            let message = message.text("\nhelp: take the value out of it first, as in `if let Some(");
            panic!("{}", message.text(if is_name(keys[i]) { keys[i] } else { "id" }).text(") = ..`").as_str());
        }
        if let Some(key_type) = KeyType::of(aggregate, events, i)
            && id_type.differs_from(&key_type.id_type)
        {
            let message = key_type.push(Message::new(), aggregate, &id_type).text(", not by ");
            let message = push_type(message, &id_type, &key_type.id_type).text("\nhelp: pass a value of type ");
            panic!("{}", push_type(message, &key_type.id_type, &id_type).as_str());
        }
        i += 1;
    }
}
