//! A command must select one instance of each model.

use super::{contains, one, tags_with_key};
use crate::__private::message::Message;
use crate::aggregate::AggregateType;
use crate::command::CommandType;
use crate::decider::Binding;
use crate::table::same;

/// The command must yield exactly one value for each key of a model that its decider needs.
#[track_caller]
pub(super) const fn check_command(command: &CommandType, aggregate: &AggregateType, bindings: &[Binding]) {
    if !command.complete {
        return;
    }
    let keys = aggregate.key.names();
    let mut i = 0;
    while i < keys.len() {
        match bound_field(bindings, keys[i]) {
            Some(field) => check_bound_field(command, aggregate, keys[i], field),
            None => check_command_key(command, aggregate, keys[i]),
        }
        i += 1;
    }
    let mut i = 0;
    while i < bindings.len() {
        if bindings[i].key.is_empty() && keys.len() > 1 {
            let message = Message::new()
                .code(aggregate.name)
                .text(" has several keys, and `#[key(")
                .text(bindings[i].field)
                .text(")]` does not say which one the field feeds\nhelp: write `#[key(")
                .text(keys[0])
                .text(" = ")
                .text(bindings[i].field)
                .text(")]`");
            panic!("{}", message.as_str());
        }
        if !bindings[i].key.is_empty() && !contains(keys, bindings[i].key) {
            let message = Message::new()
                .code(aggregate.name)
                .text(" has no key ")
                .code(bindings[i].key)
                .text("\nhelp: write `#[key(")
                .text(keys[0])
                .text(" = ")
                .text(bindings[i].field)
                .text(")]`");
            panic!("{}", message.as_str());
        }
        i += 1;
    }
}

const fn bound_field(bindings: &[Binding], key: &str) -> Option<&'static str> {
    let mut i = 0;
    while i < bindings.len() {
        if bindings[i].key.is_empty() || same(bindings[i].key, key) {
            return Some(bindings[i].field);
        }
        i += 1;
    }
    None
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
            (_, first) => message.text("write `#[key(").text(command.tags[first].field).text(")]`"),
        }
    };
    panic!("{}", message.as_str());
}

const fn has_field(command: &CommandType, field: &str) -> bool {
    let mut i = 0;
    while i < command.fields.len() {
        if same(command.fields[i].name, field) {
            return true;
        }
        i += 1;
    }
    false
}

#[track_caller]
const fn check_command_key(command: &CommandType, aggregate: &AggregateType, key: &str) {
    let (found, first) = tags_with_key(command.tags, key);
    if found == 0 {
        let message = Message::new()
            .text("command ")
            .code(command.name)
            .text(" carries no ")
            .code(key)
            .text(" tag, which ")
            .code(aggregate.name)
            .text(" is keyed by\nhelp: put `#[tag(\"")
            .text(key)
            .text("\")]` on the field of ")
            .code(command.name)
            .text(" that holds it");
        panic!("{}", message.as_str());
    }
    if found > 1 {
        let message = Message::new()
            .text("command ")
            .code(command.name)
            .text(" has several ")
            .code(key)
            .text(" tags, so ")
            .code(aggregate.name)
            .text(" could be found by any of them\nhelp: name the field at the parameter: `#[key(")
            .text(command.tags[first].field)
            .text(")] model: &")
            .text(aggregate.name)
            .text("`");
        panic!("{}", message.as_str());
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
