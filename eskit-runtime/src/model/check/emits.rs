//! What a decider emits must be evolved by a model, or be said to be for others, and have a place to go.

use super::{one, tags_with_key};
use crate::message::Message;
use crate::message::same;
use crate::model::aggregate::{AggregateType, Key};
use crate::model::command::CommandType;
use crate::model::decider::DeciderType;
use crate::model::event::{EventType, EventTypes, TagField};
use crate::model::models::ModelType;
use crate::model::route::{Claim, home};

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

/// A decider as these rules see it.
#[derive(Clone, Copy)]
pub(super) struct Emitting {
    pub(super) decider: &'static DeciderType,
    pub(super) models: &'static [ModelType],
}

impl Emitting {
    /// Checks each event that the decider may emit.
    #[track_caller]
    pub(super) const fn check(&self, emits: EventTypes) {
        match emits {
            EventTypes::One(event) => {
                self.check_evolved(event);
                self.check_route(event);
            }
            EventTypes::Many(sets) => {
                let mut i = 0;
                while i < sets.len() {
                    self.check(sets[i]);
                    i += 1;
                }
            }
        }
    }

    /// A decision that changes none of its models would be made again: a model must evolve the event, unless it is said to be for
    /// others, or lies in a stream of a model that passes over what it does not evolve.
    #[track_caller]
    const fn check_evolved(&self, event: &EventType) {
        // A decider without models is said to decide nothing.
        if self.models.is_empty() || self.evolved_by(event).is_some() || self.decider.unevolved.hold(event.name) {
            return;
        }
        let mut i = 0;
        while i < self.models.len() {
            // What evolves nothing at all could not be read, which is reported there.
            if let EventTypes::Many([]) = self.models[i].events {
                return;
            }
            if let Some(name) = Claim::PassesOver.of(&self.models[i], event.name)
                && tags_with_key(event.tags, name).0 > 0
            {
                return;
            }
            i += 1;
        }
        let aggregate = self.models[self.meant_by(event)].aggregate;
        let message = if self.decider.method {
            Message::new().code(aggregate.name).text(" emits event ").code(event.name).text(", but does not evolve it")
        } else {
            let message = Message::new().code(self.decider.name).text(" emits event ").code(event.name);
            message.text(", which none of its models evolves")
        };
        let message = message
            .text("\nhelp: add `#[evolve] fn ")
            .snake(event.rust_name)
            .text("(&mut self, event: &")
            .text(event.rust_name)
            .text(") { .. }` to the impl block of ")
            .code(aggregate.name)
            .text("; or, if it is for others only, write `#[")
            .text(if self.decider.method { "decide" } else { "decider" })
            .text("(unevolved(")
            .text(event.rust_name)
            .text("))]`");
        panic!("{}", message.as_str());
    }

    /// The first model that evolves an event.
    const fn evolved_by(&self, event: &EventType) -> Option<&'static AggregateType> {
        let mut i = 0;
        while i < self.models.len() {
            if self.models[i].events.hold(event.name) {
                return Some(self.models[i].aggregate);
            }
            i += 1;
        }
        None
    }

    /// The model that most likely should evolve an event: the first whose tags it carries, or else the last that is a stream.
    const fn meant_by(&self, event: &EventType) -> usize {
        let (mut last_stream, mut i) = (0, 0);
        while i < self.models.len() {
            let key = &self.models[i].aggregate.key;
            if !key.names().is_empty() && carries_all(event, key.names()) {
                return i;
            }
            if let Key::Stream(_) = key {
                last_stream = i;
            }
            i += 1;
        }
        last_stream
    }

    /// It must be known which stream an event goes to: the one that its own tag names, among the streams of models that evolve it,
    /// or else that of the only such model. What is evolved by tag alone goes to none.
    #[track_caller]
    const fn check_route(&self, event: &EventType) {
        let (mut named, mut i) = ("", 0);
        while named.is_empty() && i < Claim::ALL.len() {
            named = self.claimed(event, Claim::ALL[i]);
            i += 1;
        }
        if !named.is_empty() || home(event.name, self.models).is_some() {
            return;
        }
        let mut i = 0;
        while i < self.models.len() {
            if let Some(name) = Claim::Evolves.of(&self.models[i], event.name) {
                panic_unknown(event, name, self.decider.name);
            }
            i += 1;
        }
    }

    /// The type of the only stream that the event names, of those that are claimed like this.
    #[track_caller]
    const fn claimed(&self, event: &EventType, claim: Claim) -> &'static str {
        let (mut named, mut i) = ("", 0);
        while i < self.models.len() {
            if let Some(name) = claim.of(&self.models[i], event.name) {
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
                }
            }
            i += 1;
        }
        named
    }

    /// What is said to be for others must be emitted, and evolved by no model.
    #[track_caller]
    pub(super) const fn check_unevolved(&self, said: EventTypes, emits: EventTypes) {
        match said {
            EventTypes::One(event) => {
                let message = Message::new().code(self.decider.name);
                if !emits.hold(event.name) {
                    let message = message.text(" does not emit event ").code(event.name);
                    panic!("{}", message.text("\nhelp: leave it out of `unevolved(..)`").as_str());
                }
                if let Some(aggregate) = self.evolved_by(event) {
                    let message = Message::new().text("event ").code(event.name).text(" is evolved by ");
                    let message = message.code(aggregate.name).text(", a model of ").code(self.decider.name);
                    panic!("{}", message.text("\nhelp: leave it out of `unevolved(..)`").as_str());
                }
            }
            EventTypes::Many(sets) => {
                let mut i = 0;
                while i < sets.len() {
                    self.check_unevolved(sets[i], emits);
                    i += 1;
                }
            }
        }
    }
}

const fn carries_all(event: &EventType, keys: &[&str]) -> bool {
    let mut i = 0;
    while i < keys.len() {
        if tags_with_key(event.tags, keys[i]).0 == 0 {
            return false;
        }
        i += 1;
    }
    true
}

/// The event carries no tag that names a stream, and several streams could be meant.
#[track_caller]
const fn panic_unknown(event: &EventType, stream: &str, decider: &str) {
    let message = Message::new()
        .text("it is not known which stream event ")
        .code(event.name)
        .text(" goes to: it carries no ")
        .code(stream)
        .text(" tag, and ")
        .code(decider)
        .text(" reads several streams\nhelp: put `#[tag(\"")
        .text(stream)
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
