//! Rules that need more than one item: checked in `const _` blocks of the generated code, at the user's own tokens.
//! Every text follows one form: what is wrong, then a `help:` line to paste.

use crate::aggregate::{AggregateType, Evolve, Key, Models};
use crate::command::CommandType;
use crate::decider::{Binding, Decide, Decision, Emit};
use crate::event::{EventType, EventTypes, TagField};
use crate::registry::Entry;
use crate::tag::Arity;

use super::message::Message;
use crate::table::{name_hash, same};

const fn one(arity: Arity) -> bool {
    matches!(arity, Arity::One)
}

const fn contains(names: &[&str], name: &str) -> bool {
    let mut i = 0;
    while i < names.len() {
        if same(names[i], name) {
            return true;
        }
        i += 1;
    }
    false
}

/// How many of the tags have this key, and the place of the first.
const fn tags_with_key(tags: &[TagField], key: &str) -> (usize, usize) {
    let (mut found, mut first, mut i) = (0, 0, 0);
    while i < tags.len() {
        if same(tags[i].key, key) {
            if found == 0 {
                first = i;
            }
            found += 1;
        }
        i += 1;
    }
    (found, first)
}

/// The event that an aggregate's evolve method number `index` takes must carry the aggregate's tags, or it could never
/// arrive. In a stream it may come without.
#[track_caller]
pub const fn check_event<A: Evolve>(index: usize) {
    if let EventTypes::Many(sets) = A::EVENTS {
        check_events_carry_key(sets[index], A::TYPE);
    }
}

/// The command must select one instance of model number `index` of its decider.
#[track_caller]
pub const fn check_model<C: Decide>(index: usize) {
    check_command(C::TYPE, <C::State as Models>::LIST[index].0, C::DECIDER.bindings[index]);
}

/// What a decider emits must have a place to go, and an aggregate's own decider emits only what it evolves.
#[track_caller]
pub const fn check_decision<C: Decide>() {
    let emits = <<C::Decision as Decision>::Events as Emit>::EMITS;
    let models = <C::State as Models>::LIST;
    if C::DECIDER.method {
        check_emits(emits, models[0].1, models[0].0);
    }
    check_routes(emits, models, C::DECIDER.method, C::DECIDER.name);
}

/// What the registry holds of a decider.
pub const fn decider_entry<C: Decide>() -> Entry {
    let emits = <<C::Decision as Decision>::Events as Emit>::EMITS;
    Entry::Decider(C::TYPE, C::DECIDER, <C::State as Models>::LIST, emits)
}

#[track_caller]
const fn check_events_carry_key(events: EventTypes, aggregate: &AggregateType) {
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
            let message = Message::new()
                .text("event ")
                .code(event.name)
                .text(" carries no ")
                .code(keys[i])
                .text(" tag, so it can never reach ")
                .code(aggregate.name)
                .text("\nhelp: put `#[tag(\"")
                .text(keys[i])
                .text("\")]` on the field of ")
                .code(event.rust_name)
                .text(" that holds it");
            panic!("{}", message.as_str());
        }
        i += 1;
    }
}

/// The command must yield exactly one value for each key of a model that its decider needs.
#[track_caller]
const fn check_command(command: &CommandType, aggregate: &AggregateType, bindings: &[Binding]) {
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
                .text("\nhelp: its first key is ")
                .code(keys[0]);
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
    let message = Message::new()
        .text("command ")
        .code(command.name)
        .text(" has no tag field ")
        .code(field)
        .text(", by which ")
        .code(aggregate.name)
        .text(" is to be found\nhelp: put `#[tag(\"")
        .text(key)
        .text("\")]` on the field ")
        .code(field)
        .text(" of ")
        .code(command.name);
    panic!("{}", message.as_str());
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

/// What an aggregate's own `#[decide]` method emits, the aggregate must evolve.
#[track_caller]
const fn check_emits(emits: EventTypes, evolves: EventTypes, aggregate: &AggregateType) {
    match emits {
        EventTypes::One(event) => {
            if !holds(evolves, event.name) {
                let message = Message::new()
                    .code(aggregate.name)
                    .text(" emits event ")
                    .code(event.name)
                    .text(", but does not evolve it\nhelp: add `#[evolve] fn on(&mut self, event: &")
                    .text(event.rust_name)
                    .text(") { .. }` to the impl block of ")
                    .code(aggregate.name);
                panic!("{}", message.as_str());
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

const fn holds(set: EventTypes, name: &str) -> bool {
    match set {
        EventTypes::One(event) => same(event.name, name),
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                if holds(sets[i], name) {
                    return true;
                }
                i += 1;
            }
            false
        }
    }
}

/// It must be known which stream an emitted event goes to: that of its own tag, or that of the only model.
#[track_caller]
const fn check_routes(emits: EventTypes, models: &[(&'static AggregateType, EventTypes)], method: bool, decider: &str) {
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
            if found > 1 || (found == 1 && !one(event.tags[first].arity)) {
                panic_ambiguous(event, name, name);
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
    if streams > 0 && named.is_empty() && !method {
        let message = Message::new()
            .text("it is not known which stream event ")
            .code(event.name)
            .text(" goes to: it carries no ")
            .code(first_stream)
            .text(" tag, and ")
            .code(decider)
            .text(" is not a method of one aggregate\nhelp: put `#[tag(\"")
            .text(first_stream)
            .text("\")]` on the field of ")
            .code(event.rust_name)
            .text(" that holds the stream's id");
        panic!("{}", message.as_str());
    }
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

/// No two members of a set may claim one wire name.
#[track_caller]
pub const fn check_unique<const N: usize>(sets: &[EventTypes], owner: &str) {
    let mut seen: [Option<(&'static str, &'static str)>; N] = [None; N];
    let mut i = 0;
    while i < sets.len() {
        seen = claim(sets[i], seen, owner);
        i += 1;
    }
}

type Claims<const N: usize> = [Option<(&'static str, &'static str)>; N];

#[track_caller]
const fn claim<const N: usize>(set: EventTypes, mut seen: Claims<N>, owner: &str) -> Claims<N> {
    match set {
        EventTypes::One(event) => {
            seen = claim_name(event.name, event.rust_name, seen, owner);
            let mut i = 0;
            while i < event.aliases.len() {
                seen = claim_name(event.aliases[i], event.rust_name, seen, owner);
                i += 1;
            }
        }
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                seen = claim(sets[i], seen, owner);
                i += 1;
            }
        }
    }
    seen
}

#[track_caller]
const fn claim_name<const N: usize>(
    name: &'static str,
    rust_name: &'static str,
    mut seen: Claims<N>,
    owner: &str,
) -> Claims<N> {
    let mut at = name_hash(name.as_bytes()) as usize & (N - 1);
    while let Some((other, other_type)) = seen[at] {
        if same(other, name) {
            let message = Message::new()
                .code(other_type)
                .text(" and ")
                .code(rust_name)
                .text(" in ")
                .code(owner)
                .text(" both claim the wire name ")
                .code(name)
                .text("\nhelp: give one of them another with `#[event(name = \"..\")]`, or drop the alias");
            panic!("{}", message.as_str());
        }
        at = (at + 1) & (N - 1);
    }
    seen[at] = Some((name, rust_name));
    seen
}

/// The version before must have the same wire name and the number before.
#[track_caller]
pub const fn check_previous(event: &EventType, previous: &EventType) {
    if !same(event.name, previous.name) {
        let message = Message::new()
            .code(previous.rust_name)
            .text(" has the wire name ")
            .code(previous.name)
            .text(", so it cannot be the version before ")
            .code(event.name)
            .text("\nhelp: put `#[event(name = \"")
            .text(event.name)
            .text("\", version = ")
            .number(event.version - 1)
            .text(")]` on ")
            .code(previous.rust_name);
        panic!("{}", message.as_str());
    }
    if previous.version != event.version - 1 {
        let message = Message::new()
            .code(previous.rust_name)
            .text(" is version ")
            .number(previous.version)
            .text(" of event ")
            .code(event.name)
            .text(", so it cannot be the one before version ")
            .number(event.version)
            .text("\nhelp: `from` names the type of version ")
            .number(event.version - 1);
        panic!("{}", message.as_str());
    }
}
