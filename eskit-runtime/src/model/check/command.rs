//! A command must select one instance of each model.

use super::bindings::{bound_field, check_bindings, has_field, push_binding};
use super::carries::{Lacks, is_slip, type_of_tag};
use super::emits::panic_private;
use super::ids::check_command_field;
use super::instances::{check_distinct, panic_several};
use super::{one, tags_with_key};
use crate::message::Message;
use crate::message::same;
use crate::model::aggregate::{AggregateType, Key};
use crate::model::command::CommandType;
use crate::model::decider::Binding;
use crate::model::event::{EventTypes, TagField};
use crate::model::models::ModelType;

/// A decider as the rules see it: its command and its models, each with what `#[key(..)]` says of it.
pub(super) struct Decider {
    pub(super) command: &'static CommandType,
    pub(super) models: &'static [ModelType],
    pub(super) bindings: &'static [&'static [Binding]],
    pub(super) method: bool,
}

/// The command must yield exactly one value for each key of a model that its decider needs, or for `Each` any number for one of
/// them, and not those by which another model of the same type is found.
#[track_caller]
pub(super) const fn check_command(decider: &Decider, index: usize) {
    let command = decider.command;
    if !command.complete {
        return;
    }
    let (aggregate, bindings) = (decider.models[index].aggregate, decider.bindings[index]);
    let keys = aggregate.key.names();
    match aggregate.key {
        // The aggregate could not be read, which is reported there.
        Key::Tags([]) => return,
        Key::All if decider.models[index].each => panic_each_of_all(aggregate),
        _ => check_bindings(command, aggregate, bindings),
    }
    if command.public && !aggregate.public {
        panic_private(aggregate.name, command);
    }
    let mut i = 0;
    while i < keys.len() {
        match bound_field(bindings, keys[i]) {
            Some(field) => check_bound_field(decider, index, keys[i], field),
            None => check_command_key(decider, index, keys[i]),
        }
        check_ids(decider, index, i);
        i += 1;
    }
    if decider.models[index].each {
        check_one_varies(decider, index);
    }
    check_distinct(decider, index);
}

/// What the command yields for key number `key` must be ids of its type.
#[track_caller]
const fn check_ids(decider: &Decider, index: usize, key: usize) {
    let model = &decider.models[index];
    let name = model.aggregate.key.names()[key];
    let (tags, field, mut i) = (decider.command.tags, bound_field(decider.bindings[index], name), 0);
    while i < tags.len() {
        if feeds(&tags[i], name, field) {
            check_command_field(decider.command.name, &tags[i], model.aggregate, model.events, key);
        }
        i += 1;
    }
}

#[track_caller]
const fn panic_each_of_all(aggregate: &AggregateType) {
    let message = Message::new()
        .code(aggregate.name)
        .text(" has no key, so there is only one, of all events\nhelp: write `&")
        .text(aggregate.name)
        .text("`");
    panic!("{}", message.as_str());
}

/// Of the keys of an `Each`, only one may have any number of values: which values of two would belong together is not known.
#[track_caller]
const fn check_one_varies(decider: &Decider, index: usize) {
    let (command, aggregate) = (decider.command, decider.models[index].aggregate);
    let keys = aggregate.key.names();
    let (mut varying, mut i) = ("", 0);
    while i < keys.len() {
        if varies(command.tags, keys[i], bound_field(decider.bindings[index], keys[i])) {
            if !varying.is_empty() {
                let message = Message::new()
                    .text("command ")
                    .code(command.name)
                    .text(" may yield several values for both keys of ")
                    .code(aggregate.name)
                    .text(", ")
                    .code(varying)
                    .text(" and ")
                    .code(keys[i])
                    .text(", and which of them belong together is not known\nhelp: let only one of them vary: name a field that holds one value, such as ");
                let message = push_binding(message, aggregate, keys[i], "field");
                panic!("{}", message.as_str());
            }
            varying = keys[i];
        }
        i += 1;
    }
}

/// Whether a tag yields values for a key: that of the field which is bound to it, or else each with that key.
const fn feeds(tag: &TagField, key: &str, field: Option<&str>) -> bool {
    match field {
        Some(field) => same(tag.field, field),
        None => same(tag.key, key),
    }
}

/// Whether a key may have more or less than one value: that of a field, or those of all fields with its tag.
const fn varies(tags: &[TagField], key: &str, field: Option<&str>) -> bool {
    let (mut fields, mut i) = (0, 0);
    while i < tags.len() {
        let feeds = feeds(&tags[i], key, field);
        if feeds && !one(tags[i].arity) {
            return true;
        }
        if feeds && field.is_none() {
            fields += 1;
        }
        i += 1;
    }
    fields > 1
}

#[track_caller]
const fn check_bound_field(decider: &Decider, index: usize, key: &str, field: &str) {
    let (command, aggregate) = (decider.command, decider.models[index].aggregate);
    let mut i = 0;
    while i < command.tags.len() {
        if same(command.tags[i].field, field) {
            if !one(command.tags[i].arity) && !decider.models[index].each {
                panic_many(decider, aggregate, key, field);
            }
            return;
        }
        i += 1;
    }
    panic_no_tag_field(command, aggregate, key, field);
}

#[track_caller]
const fn panic_no_tag_field(command: &CommandType, aggregate: &AggregateType, key: &str, field: &str) {
    let message = Message::new().text("command ").code(command.name);
    let message = if has_field(command, field) {
        message
            .text(" has no tag on its field ")
            .code(field)
            .text(", by which ")
            .code(aggregate.name)
            .text(" is to be found\nhelp: put `#[tag(\"")
            .text(key)
            .text("\")]` on it")
    } else {
        let message = message
            .text(" has no field ")
            .code(field)
            .text(", by which ")
            .code(aggregate.name)
            .text(" is to be found\nhelp: ");
        match tags_with_key(command.tags, key) {
            (0, _) => message.text("name the field that holds its ").code(key),
            (_, first) => push_binding(message.text("write "), aggregate, key, command.tags[first].field),
        }
    };
    panic!("{}", message.as_str());
}

#[track_caller]
const fn check_command_key(decider: &Decider, index: usize, key: &str) {
    let (command, aggregate) = (decider.command, decider.models[index].aggregate);
    let (found, first) = tags_with_key(command.tags, key);
    if found == 0 {
        if let (Key::Tags(_), EventTypes::Many(sets)) = (aggregate.key, decider.models[index].events)
            && is_slip(aggregate, key, sets, sets.len())
        {
            return;
        }
        let lacks = Lacks { key, owner: command.name, tags: command.tags, fields: command.fields };
        let message = lacks.push(Message::new().text("command ").code(command.name));
        let message = message.text(", which ").code(aggregate.name).text(" is keyed by");
        if decider.models[index].each {
            let message = message
                .text("\nhelp: put `#[tag(\"")
                .text(key)
                .text("\")]` on the field of ")
                .code(command.name)
                .text(" that lists them; where it lists structs, each derives `TagValue`, with `#[tag]` on the field that holds the ")
                .code(key);
            panic!("{}", message.as_str());
        }
        let rust_type = type_of_tag(decider.models[index].events, key);
        panic!("{}", lacks.push_help_of_command(message, aggregate, rust_type).as_str());
    }
    if decider.models[index].each {
        return;
    }
    if found > 1 {
        panic_several(decider, index, key);
    }
    if !one(command.tags[first].arity) {
        panic_many(decider, aggregate, key, command.tags[first].field);
    }
}

#[track_caller]
const fn panic_many(decider: &Decider, aggregate: &AggregateType, key: &str, field: &str) {
    let command = decider.command;
    let message = Message::new()
        .text("the field ")
        .code(field)
        .text(" of command ")
        .code(command.name)
        .text(" may yield none or several ")
        .code(key)
        .text(" tags, but ")
        .code(aggregate.name)
        .text(" is found by exactly one\nhelp: give the field a type that holds one value, not an `Option` or a `Vec`; or ")
        .text(if decider.method { "decide in a function that takes `&Each<" } else { "take `&Each<" })
        .text(aggregate.name)
        .text(">`, which holds one ")
        .code(aggregate.name)
        .text(" for each value");
    panic!("{}", message.as_str());
}
