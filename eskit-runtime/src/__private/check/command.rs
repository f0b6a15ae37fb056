//! A command must select one instance of each model.

use super::bindings::{bound_field, check_bindings, has_field, push_binding};
use super::carries::{Lacks, is_slip, type_of_tag};
use super::emits::panic_private;
use super::instances::{check_distinct, panic_several};
use super::{one, tags_with_key};
use crate::__private::message::Message;
use crate::aggregate::{AggregateType, Key};
use crate::command::CommandType;
use crate::decider::Binding;
use crate::event::EventTypes;
use crate::table::same;

/// A decider as the rules see it: its command and its models, each with what `#[key(..)]` says of it.
pub(super) struct Decider {
    pub(super) command: &'static CommandType,
    pub(super) models: &'static [(&'static AggregateType, EventTypes)],
    pub(super) bindings: &'static [&'static [Binding]],
    pub(super) method: bool,
}

/// The command must yield exactly one value for each key of a model that its decider needs, and not those by which
/// another model of the same type is found.
#[track_caller]
pub(super) const fn check_command(decider: &Decider, index: usize) {
    let command = decider.command;
    if !command.complete {
        return;
    }
    let (aggregate, bindings) = (decider.models[index].0, decider.bindings[index]);
    let keys = aggregate.key.names();
    if keys.is_empty() {
        // The aggregate could not be read, which is reported there.
        return;
    }
    if command.public && !aggregate.public {
        panic_private(aggregate.name, command);
    }
    check_bindings(command, aggregate, bindings);
    let mut i = 0;
    while i < keys.len() {
        match bound_field(bindings, keys[i]) {
            Some(field) => check_bound_field(command, aggregate, keys[i], field),
            None => check_command_key(decider, index, keys[i]),
        }
        i += 1;
    }
    check_distinct(decider, index);
}

#[track_caller]
const fn check_bound_field(command: &CommandType, aggregate: &AggregateType, key: &str, field: &str) {
    let mut i = 0;
    while i < command.tags.len() {
        if same(command.tags[i].field, field) {
            if !one(command.tags[i].arity) {
                panic_many(command, aggregate, key, field);
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
    let (command, aggregate) = (decider.command, decider.models[index].0);
    let (found, first) = tags_with_key(command.tags, key);
    if found == 0 {
        if let (Key::Tags(_), EventTypes::Many(sets)) = (aggregate.key, decider.models[index].1)
            && is_slip(aggregate, key, sets, sets.len())
        {
            return;
        }
        let lacks = Lacks { key, owner: command.name, tags: command.tags, fields: command.fields };
        let message = lacks.push(Message::new().text("command ").code(command.name));
        let message = message.text(", which ").code(aggregate.name).text(" is keyed by");
        let rust_type = type_of_tag(decider.models[index].1, key);
        panic!("{}", lacks.push_help_of_command(message, aggregate, rust_type).as_str());
    }
    if found > 1 {
        panic_several(decider, index, key);
    }
    if !one(command.tags[first].arity) {
        panic_many(command, aggregate, key, command.tags[first].field);
    }
}

#[track_caller]
const fn panic_many(command: &CommandType, aggregate: &AggregateType, key: &str, field: &str) {
    let message = Message::new()
        .text("the field ")
        .code(field)
        .text(" of command ")
        .code(command.name)
        .text(" may yield none or several ")
        .code(key)
        .text(" tags, but ")
        .code(aggregate.name)
        .text(" is found by exactly one\nhelp: give the field a type that holds one value, not an `Option` or a `Vec`");
    panic!("{}", message.as_str());
}
