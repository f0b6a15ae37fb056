//! What an aggregate with tags evolves must carry its tags.

use super::tags_with_key;
use crate::__private::message::Message;
use crate::aggregate::{AggregateType, Key};
use crate::event::{EventType, EventTypes};

#[track_caller]
pub(super) const fn check_events_carry_key(events: EventTypes, aggregate: &AggregateType) {
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
