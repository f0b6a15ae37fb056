//! Wire names and versions must fit together.

use crate::__private::message::Message;
use crate::event::{EventType, EventTypes, SingleEvent};
use crate::table::{name_hash, same};

/// No two members of a set may claim one wire name.
#[track_caller]
pub const fn check_unique<const N: usize>(sets: &[EventTypes], owner: &str) {
    let mut seen: Claims<N> = [None; N];
    let mut i = 0;
    while i < sets.len() {
        claim_set(sets[i], &mut seen, owner);
        i += 1;
    }
}

/// An open-addressing table of names, each with the event type that claims it.
type Claims<const N: usize> = [Option<(&'static str, &'static EventType)>; N];

#[track_caller]
const fn claim_set<const N: usize>(set: EventTypes, seen: &mut Claims<N>, owner: &str) {
    match set {
        EventTypes::One(event) => {
            claim(event.name, event, seen, owner);
            let mut i = 0;
            while i < event.aliases.len() {
                claim(event.aliases[i], event, seen, owner);
                i += 1;
            }
        }
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                claim_set(sets[i], seen, owner);
                i += 1;
            }
        }
    }
}

#[track_caller]
const fn claim<const N: usize>(name: &'static str, event: &'static EventType, seen: &mut Claims<N>, owner: &str) {
    let mut at = name_hash(name.as_bytes()) as usize & (N - 1);
    while let Some((other_name, other)) = seen[at] {
        if same(other_name, name) {
            panic_claimed(name, other, event, owner);
        }
        at = (at + 1) & (N - 1);
    }
    seen[at] = Some((name, event));
}

#[track_caller]
const fn panic_claimed(name: &str, first: &EventType, second: &EventType, owner: &str) {
    let message = if is_same(first, second) {
        Message::new()
            .text("event ")
            .code(name)
            .text(" stands twice in ")
            .code(owner)
            .text("\nhelp: keep one of them; an enum of events holds each event of its variants")
    } else {
        Message::new()
            .code(first.rust_name)
            .text(" and ")
            .code(second.rust_name)
            .text(" in ")
            .code(owner)
            .text(" both claim the wire name ")
            .code(name)
            .text("\nhelp: give one of them another with `#[event(name = \"..\")]`, or drop the alias")
    };
    panic!("{}", message.as_str());
}

/// Whether two descriptions are of one Rust type.
const fn is_same(a: &EventType, b: &EventType) -> bool {
    same(a.rust_name, b.rust_name)
        && a.version == b.version
        && a.location.line == b.location.line
        && same(a.location.module, b.location.module)
}

/// The version before must have the same wire name and the number before.
#[track_caller]
pub const fn check_previous<E: SingleEvent>() {
    if let Some(previous) = E::TYPE.previous {
        check_precedes(previous, E::TYPE);
    }
}

#[track_caller]
const fn check_precedes(previous: &EventType, event: &EventType) {
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
