//! The event types of several sets, each once: what a processor takes, of whose methods several may take one event.

use crate::model::check::{is_same, refuse_shared};
use crate::model::event::{EventType, EventTypes};

/// How many places [`distinct`] needs.
pub const fn types_len(sets: &[EventTypes]) -> usize {
    let (mut len, mut i) = (0, 0);
    while i < sets.len() {
        len += match sets[i] {
            EventTypes::One(_) => 1,
            EventTypes::Many(inner) => types_len(inner),
        };
        i += 1;
    }
    len
}

/// The event types of these sets, each once; the places that are left hold none. That two types claim one name is a mistake, which is
/// reported as one of `owner`.
#[track_caller]
pub const fn distinct<const N: usize>(sets: &'static [EventTypes], owner: &str) -> [EventTypes; N] {
    let mut found = [EventTypes::NONE; N];
    let mut len = 0;
    add_all(sets, &mut found, &mut len, owner);
    found
}

#[track_caller]
const fn add_all(sets: &'static [EventTypes], found: &mut [EventTypes], len: &mut usize, owner: &str) {
    let mut i = 0;
    while i < sets.len() {
        match sets[i] {
            EventTypes::One(event) => add(event, found, len, owner),
            EventTypes::Many(inner) => add_all(inner, found, len, owner),
        }
        i += 1;
    }
}

#[track_caller]
const fn add(event: &'static EventType, found: &mut [EventTypes], len: &mut usize, owner: &str) {
    let mut i = 0;
    while i < *len {
        if let EventTypes::One(other) = found[i]
            && is_same(event, other)
        {
            return;
        }
        i += 1;
    }
    found[*len] = EventTypes::One(event);
    *len += 1;
    refuse_claimed(event, found, owner);
}

/// Refuses the event if another one has a name of it.
#[track_caller]
const fn refuse_claimed(event: &EventType, found: &[EventTypes], owner: &str) {
    if claims(found, event.name) > 1 {
        refuse_shared(event.name, found, owner);
    }
    let mut i = 0;
    while i < event.aliases.len() {
        if claims(found, event.aliases[i]) > 1 {
            refuse_shared(event.aliases[i], found, owner);
        }
        i += 1;
    }
}

/// How many of the types have this name, now or formerly.
const fn claims(found: &[EventTypes], name: &str) -> usize {
    let (mut count, mut i) = (0, 0);
    while i < found.len() {
        if found[i].claim(name) {
            count += 1;
        }
        i += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::kind::PayloadKind;
    use crate::model::event::SourceLocation;

    const fn event(name: &'static str, version: u32, aliases: &'static [&'static str]) -> EventType {
        EventType {
            kind: PayloadKind::Event,
            name,
            version,
            aliases,
            rust_name: name,
            tags: &[],
            fields: &[],
            previous: None,
            public: true,
            content_type: "application/json",
            personal: None,
            location: SourceLocation { module: "shop", file: "", line: version },
        }
    }

    static A: EventType = event("a", 1, &["former"]);
    static B: EventType = event("b", 1, &[]);
    static C: EventType = event("c", 1, &[]);

    #[test]
    fn an_event_of_several_sets_is_there_once() {
        static SETS: [EventTypes; 3] = [
            EventTypes::Many(&[EventTypes::One(&A), EventTypes::One(&B)]),
            EventTypes::Many(&[EventTypes::Many(&[EventTypes::One(&B), EventTypes::One(&C)]), EventTypes::NONE]),
            EventTypes::One(&A),
        ];
        static ALL: [EventTypes; types_len(&SETS)] = distinct(&SETS, "All");
        assert_eq!(EventTypes::Many(&ALL).names(), ["a", "former", "b", "c"]);
    }

    #[test]
    #[should_panic(expected = "`a` and `a` in `All` are versions of one event, `a`\nhelp: keep the newer one")]
    fn two_versions_of_an_event_are_reported() {
        static NEWER: EventType = EventType { previous: Some(&A), ..event("a", 2, &[]) };
        static SETS: [EventTypes; 2] = [EventTypes::One(&A), EventTypes::Many(&[EventTypes::One(&NEWER)])];
        let _: [EventTypes; 2] = distinct(&SETS, "All");
    }

    #[test]
    #[should_panic(expected = "`a` and `d` in `All` both claim the wire name `former`")]
    fn a_former_name_of_two_events_is_reported() {
        static OTHER: EventType =
            EventType { location: SourceLocation { module: "other", file: "", line: 1 }, ..event("d", 1, &["former"]) };
        static SETS: [EventTypes; 2] = [EventTypes::One(&A), EventTypes::One(&OTHER)];
        let _: [EventTypes; 2] = distinct(&SETS, "All");
    }
}
