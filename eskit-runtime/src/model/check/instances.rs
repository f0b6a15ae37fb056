//! Models of one aggregate type must be different instances, each selected by a field of its own.

use super::bindings::{bound_field, push_binding};
use super::command::Decider;
use super::{one, tags_with_key};
use crate::message::same;
use crate::message::{Message, Words};
use crate::model::aggregate::AggregateType;

impl Decider {
    /// The field by which a model is found for one of its keys, if there is exactly one.
    const fn selected(&self, model: usize, key: &str) -> Option<&'static str> {
        match bound_field(self.bindings[model], key) {
            Some(field) => Some(field),
            None => match tags_with_key(self.command.tags, key) {
                (1, first) => Some(self.command.tags[first].field),
                _ => None,
            },
        }
    }

    /// Whether two models are of one type: of one aggregate, both of them one instance of it or both `Each`.
    const fn are_of_one_type(&self, a: usize, b: usize) -> bool {
        let is_alike = self.models[a].each == self.models[b].each;
        let (a, b): (&AggregateType, &AggregateType) = (self.models[a].aggregate, self.models[b].aggregate);
        is_alike
            && same(a.name, b.name)
            && a.location.line == b.location.line
            && same(a.location.module, b.location.module)
    }

    /// Whether two models are found by the same fields.
    const fn are_found_alike(&self, a: usize, b: usize) -> bool {
        let keys = self.models[a].aggregate.key.names();
        let mut i = 0;
        while i < keys.len() {
            match (self.selected(a, keys[i]), self.selected(b, keys[i])) {
                (Some(first), Some(second)) if same(first, second) => {}
                // All fields with the tag.
                (None, None) if self.models[a].each => {}
                _ => return false,
            }
            i += 1;
        }
        true
    }

    /// The fields with a tag of this key that select no other model of the type.
    const fn free_fields(&self, model: usize, key: &str) -> Words<'static> {
        let (mut free, mut i) = (Words::new(), 0);
        while i < self.command.tags.len() {
            let tag = &self.command.tags[i];
            if same(tag.key, key) && one(tag.arity) && !self.is_taken(model, key, tag.field) {
                free.add(tag.field);
            }
            i += 1;
        }
        free
    }

    /// Whether a field selects another model of the type.
    const fn is_taken(&self, model: usize, key: &str, field: &str) -> bool {
        let mut i = 0;
        while i < self.models.len() {
            if i != model
                && self.are_of_one_type(i, model)
                && let Some(selected) = self.selected(i, key)
                && same(selected, field)
            {
                return true;
            }
            i += 1;
        }
        false
    }

    /// How many models of the type stand before this one and wait for a field too.
    const fn waiting_before(&self, model: usize, key: &str) -> usize {
        let (mut waiting, mut i) = (0, 0);
        while i < model {
            if self.are_of_one_type(i, model) && self.selected(i, key).is_none() {
                waiting += 1;
            }
            i += 1;
        }
        waiting
    }
}

/// Several fields could select the model.
#[track_caller]
pub(super) const fn panic_several(decider: &Decider, model: usize, key: &str) {
    let (command, aggregate) = (decider.command, decider.models[model].aggregate);
    let (mut fields, mut i) = (Words::new(), 0);
    while i < command.tags.len() {
        if same(command.tags[i].key, key) {
            fields.add(command.tags[i].field);
        }
        i += 1;
    }
    let message = Message::new()
        .text("command ")
        .code(command.name)
        .text(" has several ")
        .code(key)
        .text(" tags, on its fields ")
        .list(&fields)
        .text(", so ")
        .code(aggregate.name)
        .text(" could be found by any of them\nhelp: ");
    let free = decider.free_fields(model, key);
    if free.len() == 0 {
        let message = message.text("each of them selects another ").code(aggregate.name);
        panic!("{}", message.text(" already: leave this one out").as_str());
    }
    let mut at = decider.waiting_before(model, key);
    if at >= free.len() {
        at = 0;
    }
    let message = if decider.method {
        push_binding(message.text("name the field at the method: "), aggregate, key, free.at(at))
    } else {
        // Without the backtick at the end, since the parameter follows.
        let message = push_binding(message.text("name the field at the parameter: "), aggregate, key, free.at(at));
        message.without_last().text(" model: &").text(aggregate.name).text("`")
    };
    panic!("{}", push_others(message, aggregate, key, &free, at).as_str());
}

/// The fields that would do as well.
const fn push_others(
    mut message: Message,
    aggregate: &AggregateType,
    key: &str,
    free: &Words<'_>,
    but: usize,
) -> Message {
    let mut i = 0;
    while i < free.len() {
        if i != but {
            message = push_binding(message.text(", or "), aggregate, key, free.at(i));
        }
        i += 1;
    }
    message
}

/// A model must not be found by the same fields as another one of its type that stands before it.
#[track_caller]
pub(super) const fn check_distinct(decider: &Decider, model: usize) {
    let mut i = 0;
    while i < model {
        if decider.are_of_one_type(i, model) && decider.are_found_alike(i, model) {
            panic_same(decider, model);
        }
        i += 1;
    }
}

#[track_caller]
const fn panic_same(decider: &Decider, model: usize) {
    let (command, aggregate) = (decider.command, decider.models[model].aggregate);
    let keys = aggregate.key.names();
    let (mut fields, mut i) = (Words::new(), 0);
    while i < keys.len() {
        if let Some(field) = decider.selected(model, keys[i]) {
            fields.add(field);
        }
        i += 1;
    }
    let message = Message::new().text("two models are the same ").code(aggregate.name);
    if keys.is_empty() {
        panic!("{}", message.text(", of all events\nhelp: leave this one out").as_str());
    }
    let message =
        message.text(": command ").code(command.name).text(" selects both by ").list(&fields).text("\nhelp: ");
    let mut i = 0;
    while i < keys.len() {
        let free = decider.free_fields(model, keys[i]);
        if free.len() > 0 {
            let message = push_binding(message.text("select this one by "), aggregate, keys[i], free.at(0));
            panic!("{}", push_others(message, aggregate, keys[i], &free, 0).as_str());
        }
        i += 1;
    }
    let message = message
        .text("put `#[tag(\"")
        .text(keys[0])
        .text("\")]` on another field of ")
        .code(command.name)
        .text(", and name it here: ");
    let message = push_binding(message, aggregate, keys[0], "field").text("; or leave this model out");
    panic!("{}", message.as_str());
}
