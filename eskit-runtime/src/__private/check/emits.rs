//! What a decider emits must be evolved, and have a place to go.

use super::{one, tags_with_key};
use crate::__private::message::Message;
use crate::aggregate::{AggregateType, Key};
use crate::command::CommandType;
use crate::decider::home;
use crate::event::{EventType, EventTypes, TagField};
use crate::table::same;

/// Where a command is seen, so is the event that its decider returns. Of an enum only rustc knows.
#[track_caller]
pub(super) const fn check_visible(command: &CommandType, emits: EventTypes) {
    if let EventTypes::One(event) = emits
        && command.public
        && !event.public
    {
        panic_private(event.rust_name, command);
    }
}

/// rustc refuses a private type here too, but does not say what to write.
#[track_caller]
pub(super) const fn panic_private(name: &str, command: &CommandType) {
    let message = Message::new()
        .code(name)
        .text(" is not `pub`, but the command ")
        .code(command.name)
        .text(" is\nhelp: write `pub` in front of the `struct` or `enum` ")
        .code(name)
        .text(", or take it away from that of ")
        .code(command.name);
    panic!("{}", message.as_str());
}

/// What an aggregate's own `#[decide]` method emits, the aggregate must evolve.
#[track_caller]
pub(super) const fn check_emits(emits: EventTypes, evolves: EventTypes, aggregate: &AggregateType) {
    match emits {
        EventTypes::One(event) => {
            if !evolves.hold(event.name) {
                let message = Message::new().code(aggregate.name).text(" emits event ").code(event.name);
                panic_not_evolved(message.text(", but does not evolve it"), event, aggregate);
            }
        }
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                check_emits(sets[i], evolves, aggregate);
                i += 1;
            }
        }
    }
}

/// Ends a message about an event that an aggregate does not evolve with what to write.
#[track_caller]
const fn panic_not_evolved(message: Message, event: &EventType, aggregate: &AggregateType) {
    let message = message
        .text("\nhelp: add `#[evolve] fn ")
        .snake(event.rust_name)
        .text("(&mut self, event: &")
        .text(event.rust_name)
        .text(") { .. }` to the impl block of ")
        .code(aggregate.name);
    panic!("{}", message.as_str());
}

/// It must be known which stream an emitted event goes to: that of its own tag, or else that of the only model which is a
/// stream; what is evolved by tag alone goes to none. The models of that stream must evolve it.
#[track_caller]
pub(super) const fn check_routes(
    emits: EventTypes,
    models: &[(&'static AggregateType, EventTypes)],
    method: bool,
    decider: &str,
) {
    match emits {
        EventTypes::One(event) => check_route(event, models, method, decider),
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                check_routes(sets[i], models, method, decider);
                i += 1;
            }
        }
    }
}

#[track_caller]
const fn check_route(event: &EventType, models: &[(&'static AggregateType, EventTypes)], method: bool, decider: &str) {
    let (mut streams, mut named, mut i) = (0, "", 0);
    let mut first_stream = "";
    while i < models.len() {
        if let Key::Stream(name) = models[i].0.key {
            streams += 1;
            if first_stream.is_empty() {
                first_stream = name;
            }
            let (found, first) = tags_with_key(event.tags, name);
            if found > 1 {
                panic_several(event, name);
            }
            if found == 1 && !one(event.tags[first].arity) {
                panic_many(event, &event.tags[first]);
            }
            if found == 1 {
                if !named.is_empty() && !same(named, name) {
                    panic_ambiguous(event, named, name);
                }
                named = name;
                // No later decision could read a stream that holds an event which its aggregate does not know.
                if !models[i].0.partial && !models[i].1.hold(event.name) {
                    let message = Message::new()
                        .code(decider)
                        .text(" emits event ")
                        .code(event.name)
                        .text(" into a stream of ")
                        .code(models[i].0.name)
                        .text(", which does not evolve it");
                    panic_not_evolved(message, event, models[i].0);
                }
            }
        }
        i += 1;
    }
    if streams > 0 && named.is_empty() && home(event.name, models, method).is_none() {
        check_untagged(event, models, streams, decider, first_stream);
    }
}

/// An event without a tag that names a stream, and without a home.
#[track_caller]
const fn check_untagged(
    event: &EventType,
    models: &[(&'static AggregateType, EventTypes)],
    streams: usize,
    decider: &str,
    first_stream: &str,
) {
    let (mut by_stream, mut by_tag, mut last, mut i) = (false, false, 0, 0);
    while i < models.len() {
        let evolved = models[i].1.hold(event.name);
        match models[i].0.key {
            Key::Stream(_) => {
                by_stream |= evolved;
                last = i;
            }
            Key::Tags(_) => by_tag |= evolved,
        }
        i += 1;
    }
    if by_tag && !by_stream {
        return;
    }
    if streams == 1 {
        let message = Message::new().code(decider).text(" emits event ").code(event.name);
        panic_not_evolved(message.text(", which none of its models evolves"), event, models[last].0);
    }
    let message = Message::new()
        .text("it is not known which stream event ")
        .code(event.name)
        .text(" goes to: it carries no ")
        .code(first_stream)
        .text(" tag, and ")
        .code(decider)
        .text(" reads several streams\nhelp: put `#[tag(\"")
        .text(first_stream)
        .text("\")]` on the field of ")
        .code(event.rust_name)
        .text(" that holds the stream's id");
    panic!("{}", message.as_str());
}

#[track_caller]
const fn panic_several(event: &EventType, key: &str) {
    let message = Message::new()
        .text("it is not known which stream event ")
        .code(event.name)
        .text(" goes to: it carries several ")
        .code(key)
        .text(" tags\nhelp: emit one event for each stream, each with exactly one such tag");
    panic!("{}", message.as_str());
}

#[track_caller]
const fn panic_many(event: &EventType, tag: &TagField) {
    let message = Message::new()
        .text("it is not known which stream event ")
        .code(event.name)
        .text(" goes to: its field ")
        .code(tag.field)
        .text(" may yield none or several ")
        .code(tag.key)
        .text(" tags\nhelp: give the field a type that holds one value, not an `Option` or a `Vec`");
    panic!("{}", message.as_str());
}

#[track_caller]
const fn panic_ambiguous(event: &EventType, first: &str, second: &str) {
    let message = Message::new()
        .text("event ")
        .code(event.name)
        .text(" names more than one stream, by its tags ")
        .code(first)
        .text(" and ")
        .code(second)
        .text("\nhelp: emit one event for each stream, each with exactly one such tag");
    panic!("{}", message.as_str());
}
