//! Wire names and versions must fit together.

use super::contains;
use crate::__private::message::Message;
use crate::event::{EventType, EventTypes, SingleEvent};
use crate::table::same;

/// Refuses a set of which two members claim one wire name.
#[track_caller]
pub(crate) const fn refuse_shared(name: &str, sets: &'static [EventTypes], owner: &str) -> ! {
    let mut claimants = [None; 2];
    find_claimants(sets, name, &mut claimants);
    match claimants {
        [Some(first), Some(second)] => panic_claimed(name, first, second, owner),
        [Some(only), None] => panic_claimed(name, only, only, owner),
        [None, _] => panic!("nothing claims the wire name"),
    }
}

/// The first two events that claim a name; one that claims it twice counts twice.
const fn find_claimants(sets: &'static [EventTypes], name: &str, found: &mut [Option<&'static EventType>; 2]) {
    let mut i = 0;
    while i < sets.len() {
        match sets[i] {
            EventTypes::One(event) => {
                if same(event.name, name) {
                    add(event, found);
                }
                if contains(event.aliases, name) {
                    add(event, found);
                }
            }
            EventTypes::Many(inner) => find_claimants(inner, name, found),
        }
        i += 1;
    }
}

const fn add(event: &'static EventType, found: &mut [Option<&'static EventType>; 2]) {
    match found {
        [None, _] => found[0] = Some(event),
        [_, None] => found[1] = Some(event),
        _ => {}
    }
}

#[track_caller]
const fn panic_claimed(name: &str, first: &EventType, second: &EventType, owner: &str) -> ! {
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
