//! What a projection or a processor takes must carry the tag by which it is ordered.

use super::carries::{Lacks, carries};
use super::{one, tags_with_key};
use crate::log::tag::TENANT_TAG;
use crate::message::{Message, Words, is_like, same};
use crate::model::event::{EventType, EventTypes};
use crate::model::subscriber::{Order, SubscriberType};

/// At least one event of the projection must carry the tag of `by = ".."`: else that is a slip, and said once for all.
#[track_caller]
pub const fn check_order(projection: &SubscriberType, sets: &'static [EventTypes]) {
    let Order::Tag(key) = projection.order else { return };
    // The store of a tenant adds that tag to events of every type.
    if !carries(EventTypes::Many(sets), key) && !same(key, TENANT_TAG) {
        let (mut carried, mut meant) = (Words::new(), Words::new());
        let mut i = 0;
        while i < sets.len() {
            add_tags(sets[i], key, &mut carried, &mut meant);
            i += 1;
        }
        let message = Message::new().text("no event of ").code(projection.name).text(" carries a ").code(key);
        let mut message = message.text(" tag, by which it is ordered");
        if carried.len() > 0 {
            message = message.text(" (only ").list(&carried).text(")");
        }
        message = message.text("\nhelp: ");
        message = if meant.len() > 0 {
            message.text("did you mean `by = \"").text(meant.at(0)).text("\"`?")
        } else {
            message.text("write the key of a tag that each of its events carries, or `by = \"stream\"`")
        };
        panic!("{}", message.as_str());
    }
}

/// Each event that a method of the projection takes must carry exactly one tag of `by = ".."`, or it has no place in the order. `all` are
/// the events of all methods, and `set` those of one.
#[track_caller]
pub const fn check_ordered(projection: &SubscriberType, all: &'static [EventTypes], set: EventTypes) {
    if let Order::Tag(key) = projection.order
        && carries(EventTypes::Many(all), key)
    {
        check_set(projection, set, key);
    }
}

#[track_caller]
const fn check_set(projection: &SubscriberType, events: EventTypes, key: &str) {
    match events {
        EventTypes::One(event) => check_event(projection, event, key),
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                check_set(projection, sets[i], key);
                i += 1;
            }
        }
    }
}

#[track_caller]
const fn check_event(projection: &SubscriberType, event: &EventType, key: &str) {
    match tags_with_key(event.tags, key) {
        (1, first) if one(event.tags[first].arity) => {}
        (0, _) => panic_lacks(projection, event, key),
        (_, first) => panic_several(projection, event, key, event.tags[first].field),
    }
}

#[track_caller]
const fn panic_lacks(projection: &SubscriberType, event: &EventType, key: &str) {
    let lacks = Lacks { key, owner: event.rust_name, tags: event.tags, fields: event.fields };
    let message = lacks.push(Message::new().text("event ").code(event.name));
    let message = message.text(", by which ").code(projection.name).text(" is ordered\nhelp: ");
    let mut message = lacks.push_tag(message.text("put "));
    message = if lacks.has_field() {
        message.text(" on the field ").code(key).text(" of ").code(event.rust_name)
    } else {
        message.text(" on the field of ").code(event.rust_name).text(" that holds it")
    };
    panic!("{}", message.text("; if none does, take the event in a projection or a processor of its own").as_str());
}

#[track_caller]
const fn panic_several(projection: &SubscriberType, event: &EventType, key: &str, field: &str) {
    let message = Message::new().text("event ").code(event.name).text(" may carry none or several ").code(key);
    let message = message.text(" tags, and ").code(projection.name).text(" is ordered by exactly one\nhelp: let ");
    let message =
        message.code(field).text(" alone carry it, with a type that holds one value, not an `Option` or a `Vec`");
    panic!("{}", message.text("; or take the event in a projection or a processor of its own").as_str());
}

/// Adds the keys of the tags that events carry, and those that may be meant by `key`.
const fn add_tags(events: EventTypes, key: &str, carried: &mut Words<'static>, meant: &mut Words<'static>) {
    match events {
        EventTypes::One(event) => {
            let mut i = 0;
            while i < event.tags.len() {
                carried.add(event.tags[i].key);
                if is_like(key, event.tags[i].key) {
                    meant.add(event.tags[i].key);
                }
                i += 1;
            }
        }
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                add_tags(sets[i], key, carried, meant);
                i += 1;
            }
        }
    }
}
