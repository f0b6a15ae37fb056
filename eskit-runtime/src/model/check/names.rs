//! Wire names and versions must fit together.

use crate::codec::kind::PayloadKind;
use crate::message::{Message, contains, same};
use crate::model::event::{EventType, EventTypes};

/// Refuses a set of which two members claim one wire name. Where two types of one crate do, rustc has found the claims
/// that their derives wrote, and shows both places.
#[track_caller]
pub(crate) const fn refuse_shared(name: &str, sets: &[EventTypes], owner: &str) {
    let mut claimants = [None; 2];
    find_claimants(sets, name, &mut claimants);
    match claimants {
        [Some(first), Some(second)] if is_found_by_claims(first, second, name) => {}
        [Some(first), Some(second)] => panic_claimed(name, first, second, owner),
        [Some(only), None] => panic_claimed(name, only, only, owner),
        [None, _] => panic!("nothing claims the wire name"),
    }
}

/// The first two events that claim a name; one that claims it twice counts twice.
const fn find_claimants(sets: &[EventTypes], name: &str, found: &mut [Option<&'static EventType>; 2]) {
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
        let kind = first.kind.word();
        let message = Message::new().text(kind).text(" ").code(name).text(" stands twice in ").code(owner);
        let message = message.text("\nhelp: keep one of them; an enum of ").text(kind);
        message.text("s holds each ").text(kind).text(" of its variants")
    } else if same(first.name, second.name) && first.version != second.version {
        Message::new()
            .code(first.rust_name)
            .text(" and ")
            .code(second.rust_name)
            .text(" in ")
            .code(owner)
            .text(" are versions of one ")
            .text(first.kind.word())
            .text(", ")
            .code(name)
            .text("\nhelp: keep the newer one, which reads what the older one does")
    } else {
        Message::new()
            .code(first.rust_name)
            .text(" and ")
            .code(second.rust_name)
            .text(" in ")
            .code(owner)
            .text(" both claim the wire name ")
            .code(name)
            .text("\nhelp: give one of them another with `")
            .text(first.kind.attribute())
            .text("name = \"..\")]`, or drop the alias")
    };
    panic!("{}", message.as_str());
}

/// Whether the derives of two types claim one name as the same macro of one crate: its first version, which only one type
/// of a chain may read; or the same version of it.
const fn is_found_by_claims(first: &EventType, second: &EventType, name: &str) -> bool {
    if is_same(first, second) {
        return false;
    }
    if first.version == second.version && same(first.name, second.name) {
        return are_of_one_crate(first, second);
    }
    let (first, second) = (reader_of_first(first, name), reader_of_first(second, name));
    are_of_one_crate(first, second) && !is_same(first, second)
}

/// The type of an event's chain that claims the first version of a name: under its wire name the oldest one.
const fn reader_of_first<'a>(event: &'a EventType, name: &str) -> &'a EventType {
    let mut reader = event;
    while let Some(previous) = reader.previous
        && same(reader.name, name)
    {
        reader = previous;
    }
    reader
}

const fn are_of_one_crate(a: &EventType, b: &EventType) -> bool {
    let (a, b) = (a.location.module.as_bytes(), b.location.module.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] && a[i] != b':' {
        i += 1;
    }
    (i == a.len() || a[i] == b':') && (i == b.len() || b[i] == b':')
}

/// Whether two descriptions are of one Rust type.
pub(crate) const fn is_same(a: &EventType, b: &EventType) -> bool {
    same(a.rust_name, b.rust_name)
        && a.version == b.version
        && a.location.line == b.location.line
        && same(a.location.module, b.location.module)
}

/// The version before must have the same wire name and the number before.
#[track_caller]
pub const fn check_previous(newer: &EventType, previous: &EventType) {
    // A type that could not be read has no name, and errors of its own.
    if !previous.name.is_empty() {
        check_precedes(previous, newer);
    }
}

#[track_caller]
const fn check_precedes(previous: &EventType, event: &EventType) {
    let expected = event.version - 1;
    if !same(event.name, previous.name) {
        let message = Message::new()
            .code(previous.rust_name)
            .text(" has the wire name ")
            .code(previous.name)
            .text(", so it cannot be the version before ")
            .code(event.name)
            .text("\nhelp: ");
        let message = if previous.version == expected && has_attribute(previous) {
            let message = message.text("add `name = \"").text(event.name).text("\"` to the `#[");
            message.text(event.kind.word()).text("(..)]` of ")
        } else {
            let message = message.text("put `").text(event.kind.attribute());
            let message = message.text("name = \"").text(event.name).text("\"");
            if previous.version == expected {
                message.text(")]` on ")
            } else {
                push_version(message.text(", "), expected).text(")]` on ")
            }
        };
        panic!("{}", message.code(previous.rust_name).as_str());
    }
    if previous.version == event.version && are_of_one_crate(previous, event) {
        // Rustc shows that both claim this version.
        return;
    }
    if previous.version != expected {
        let message = Message::new()
            .code(previous.rust_name)
            .text(" is version ")
            .number(previous.version)
            .text(" of ")
            .text(event.kind.word())
            .text(" ")
            .code(event.name)
            .text(", so it cannot be the one before version ")
            .number(event.version)
            .text("\nhelp: ");
        let message = if previous.version == 1 {
            push_version(message.text("if it is version ").number(expected).text(", put `"), expected)
                .text("` on ")
                .code(previous.rust_name)
                .text("; `from` names the type of version ")
        } else {
            message.text("`from` names the type of version ")
        };
        panic!("{}", message.number(expected).as_str());
    }
}

/// Whether the type has an attribute of its own: a stored command, or an event that says more of itself than that it is one.
const fn has_attribute(event: &EventType) -> bool {
    event.kind.is(PayloadKind::Command) || event.version > 1 || !event.aliases.is_empty()
}

/// `version = 3, upcast(1 = from_v1, 2 = from_v2)`.
const fn push_version(message: Message, version: u32) -> Message {
    let mut message = message.text("version = ").number(version);
    let mut step = 1;
    while step < version {
        message = message.text(if step == 1 { ", upcast(" } else { ", " });
        message = message.number(step).text(" = from_v").number(step);
        step += 1;
    }
    if version > 1 { message.text(")") } else { message }
}
