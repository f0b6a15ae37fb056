//! Wire names and versions must fit together.

use crate::__private::message::Message;
use crate::event::{EventType, EventTypes, SingleEvent};
use crate::table::{name_hash, same};

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
