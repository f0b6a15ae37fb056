//! A read model of events with personal data says what it keeps of that.

use crate::message::{Message, Words};
use crate::model::aggregate::{AggregateType, Evolve};
use crate::model::event::{EventType, EventTypes};
use crate::personal::KeptPersonal;

/// The name of the event that says that a subject was forgotten.
const FORGOTTEN: &str = "eskit.SubjectForgotten";

/// What becomes of the personal data in the events of a projection. `takes_all` says whether it also takes every other event.
#[track_caller]
pub(crate) const fn check_kept_events(
    projection: &str,
    events: EventTypes,
    takes_all: bool,
    said: Option<KeptPersonal>,
) {
    let mut personal = Words::new();
    add_personal(events, &mut personal);
    let message = Message::new();
    let message = match said {
        None if personal.len() == 0 => return,
        None => message
            .code(projection)
            .text(" takes personal data with ")
            .list(&personal)
            .text(", and does not say what it keeps of that\nhelp: write `personal = \"none\"` in `#[projection(..)]`, or `personal = \"revealed\"` if it keeps any of it in the clear"),
        Some(_) if personal.len() == 0 && !takes_all => {
            message.text("no event of ").code(projection).text(" holds personal data\nhelp: drop `personal`")
        }
        Some(KeptPersonal::Revealed) if !takes_all && !events.claim(FORGOTTEN) => message
            .code(projection)
            .text(" keeps personal data, and does not hear when a subject is forgotten\nhelp: add an `#[on]` method that takes `&eskit::vault::SubjectForgotten`, and removes what is about its `kind` and `id`"),
        Some(_) => return,
    };
    panic!("{}", message.as_str());
}

/// What becomes of the personal data in the events of an aggregate whose states are kept, as rows or as snapshots. Rows are to hear when
/// a subject is forgotten; snapshots are removed then.
#[track_caller]
pub const fn check_kept_states<A: Evolve>(as_rows: bool) {
    check_states(A::TYPE, A::EVENTS, as_rows);
}

#[track_caller]
const fn check_states(aggregate: &AggregateType, events: EventTypes, as_rows: bool) {
    let mut personal = Words::new();
    add_personal(events, &mut personal);
    if personal.len() == 0 {
        return;
    }
    let message = Message::new().code(aggregate.name);
    let message = match aggregate.personal {
        None => message
            .text(" evolves personal data with ")
            .list(&personal)
            .text(", and does not say whether its state, which is kept, holds any\nhelp: write `personal = \"none\"` in `#[aggregate(..)]`, or `personal = \"revealed\"` if it does"),
        Some(KeptPersonal::Revealed) if as_rows && !events.claim(FORGOTTEN) => message
            .text(" keeps personal data in its rows, and does not hear when a subject is forgotten\nhelp: add an `#[evolve]` method that takes `&eskit::vault::SubjectForgotten`, and clears what is about its `kind` and `id`"),
        Some(_) => return,
    };
    panic!("{}", message.as_str());
}

/// The events that hold personal data.
const fn add_personal(events: EventTypes, all: &mut Words<'static>) {
    match events {
        EventTypes::One(EventType { name, personal: Some(_), .. }) => all.add(name),
        EventTypes::One(_) => {}
        EventTypes::Many(sets) => {
            let mut i = 0;
            while i < sets.len() {
                add_personal(sets[i], all);
                i += 1;
            }
        }
    }
}
