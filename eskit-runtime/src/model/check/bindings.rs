//! What `#[key(..)]` says must fit the model.

use crate::message::{Message, contains, is_like, same};
use crate::model::aggregate::{AggregateType, Key};
use crate::model::command::CommandType;
use crate::model::decider::Binding;

/// Each binding names a key of the model, or the model has only one; no key is fed twice.
#[track_caller]
pub(super) const fn check_bindings(command: &CommandType, aggregate: &AggregateType, bindings: &[Binding]) {
    let keys = aggregate.key.names();
    let mut i = 0;
    while i < bindings.len() {
        let Binding { key, field } = bindings[i];
        if let Key::All = aggregate.key {
            let message = Message::new()
                .code(aggregate.name)
                .text(" has no key, so no field feeds it: there is one, of all events\nhelp: leave out `#[key(")
                .text(field)
                .text(")]`");
            panic!("{}", message.as_str());
        }
        if key.is_empty() && keys.len() > 1 {
            let message = Message::new()
                .code(aggregate.name)
                .text(" has several keys, and `#[key(")
                .text(field)
                .text(")]` does not say which one the field feeds\nhelp: write ");
            panic!("{}", push_binding(message, aggregate, meant(command, aggregate, "", field), field).as_str());
        }
        if !key.is_empty() && !contains(keys, key) {
            let message = Message::new().code(aggregate.name).text(" has no key ").code(key).text("\nhelp: write ");
            panic!("{}", push_binding(message, aggregate, meant(command, aggregate, key, field), field).as_str());
        }
        let mut j = 0;
        while j < i {
            if same(bindings[j].key, key) || bindings[j].key.is_empty() || key.is_empty() {
                let message = Message::new()
                    .text("two fields, ")
                    .code(bindings[j].field)
                    .text(" and ")
                    .code(field)
                    .text(", feed one key of ")
                    .code(aggregate.name)
                    .text("\nhelp: keep one of them");
                panic!("{}", message.as_str());
            }
            j += 1;
        }
        i += 1;
    }
}

/// The key of the aggregate that a binding most likely means: that of the field's own tag, or one like the word that
/// was written.
const fn meant<'a>(command: &CommandType, aggregate: &'a AggregateType, written: &str, field: &str) -> &'a str {
    let keys = aggregate.key.names();
    let mut i = 0;
    while i < command.tags.len() {
        if same(command.tags[i].field, field) && contains(keys, command.tags[i].key) {
            return command.tags[i].key;
        }
        i += 1;
    }
    let mut i = 0;
    while i < keys.len() {
        if is_like(written, keys[i]) {
            return keys[i];
        }
        i += 1;
    }
    keys[0]
}

/// `` `#[key(field)]` ``, or `` `#[key(key = field)]` `` where the aggregate has several keys.
pub(super) const fn push_binding(message: Message, aggregate: &AggregateType, key: &str, field: &str) -> Message {
    let message = message.text("`#[key(");
    let message = if aggregate.key.names().len() > 1 { message.text(key).text(" = ") } else { message };
    message.text(field).text(")]`")
}

/// The field that `#[key(..)]` names for a key.
pub(super) const fn bound_field(bindings: &[Binding], key: &str) -> Option<&'static str> {
    let mut i = 0;
    while i < bindings.len() {
        if bindings[i].key.is_empty() || same(bindings[i].key, key) {
            return Some(bindings[i].field);
        }
        i += 1;
    }
    None
}

pub(super) const fn has_field(command: &CommandType, field: &str) -> bool {
    let mut i = 0;
    while i < command.fields.len() {
        if same(command.fields[i].name, field) {
            return true;
        }
        i += 1;
    }
    false
}
