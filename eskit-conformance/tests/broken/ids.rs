//! Stores that know ids wrongly.

use eskit_runtime::log::{Appended, EventId, NewEvent};
use eskit_runtime::{RecordedEvent, Timestamp};

use crate::sound::{Sound, broken};
use crate::table::Row;

type Repeat = Result<Option<Appended>, eskit_runtime::log::AppendError>;

fn finding(
    mistake: &'static str,
    find: fn(&eskit_conformance::Model, &eskit_runtime::log::Append) -> Repeat,
    told: &'static str,
    cases: &'static [&'static str],
) -> Row {
    broken(mistake, move |store: &mut Sound| store.find_repeat = find, told, cases)
}

/// The answer to a repeat of these events.
fn answer(events: &[RecordedEvent]) -> Appended {
    let versions = events.iter().map(|event| event.stream.as_ref().map(|at| at.version)).collect();
    Appended::repeated(events.iter().map(|event| event.position).collect(), versions, events[0].recorded_at)
}

/// The events of the log that have the ids of an append, in the order of the log.
fn known(log: &[RecordedEvent], events: &[NewEvent]) -> Vec<RecordedEvent> {
    log.iter().filter(|event| events.iter().any(|own| own.id == event.id)).cloned().collect()
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = repeats();
    rows.extend(reuses());
    rows
}

fn repeats() -> Vec<Row> {
    vec![
        finding(
            "ids are not checked",
            |_, _| Ok(None),
            "the positions of a repeat",
            &[
                "ids::a_repeat_is_answered_with_the_original_places",
                "ids::a_repeat_is_answered_when_its_conditions_no_longer_hold",
                "ids::ids_of_any_kind_are_known_again",
                "ids::known_and_new_ids_do_not_mix",
                "ids::repeats_at_the_same_time_write_once",
                "ids::an_id_is_won_once",
            ],
        ),
        finding(
            "conditions are checked before ids",
            |log, append| {
                log.check(&append.conditions)?;
                log.find_repeat(&append.events)
            },
            "refused",
            &["ids::a_repeat_is_answered_when_its_conditions_no_longer_hold"],
        ),
        finding(
            "a repeat must have the same contents",
            |log, append| {
                let same =
                    |event: &NewEvent| log.events().iter().any(|own| own.id == event.id && own.name == event.name);
                if append.events.iter().all(same) { log.find_repeat(&append.events) } else { Ok(None) }
            },
            "the positions of a repeat",
            &["ids::a_repeat_is_known_by_its_ids_alone"],
        ),
        finding(
            "a repeat is answered with the time of now",
            |log, append| {
                let now = |again: Appended| Appended::repeated(again.positions, again.versions, Timestamp::now());
                Ok(log.find_repeat(&append.events)?.map(now))
            },
            "the time of a repeat",
            &["ids::a_repeat_tells_the_original_time"],
        ),
        finding(
            "a repeat is not marked",
            |log, append| {
                let unmarked = |again: Appended| Appended::new(again.positions, again.versions, again.recorded_at);
                Ok(log.find_repeat(&append.events)?.map(unmarked))
            },
            "not marked",
            &["ids::a_repeat_is_answered_with_the_original_places"],
        ),
        finding(
            "only ids of version 7 are looked up",
            |log, append| {
                let is_new = |id: EventId| id.as_uuid().get_version_num() == 7;
                if append.events.iter().all(|event| is_new(event.id)) {
                    log.find_repeat(&append.events)
                } else {
                    Ok(None)
                }
            },
            "the positions of a repeat",
            &["ids::ids_of_any_kind_are_known_again"],
        ),
    ]
}

fn reuses() -> Vec<Row> {
    vec![
        finding(
            "known ids in a row are a repeat",
            |log, append| {
                let known = known(log.events(), &append.events);
                let in_order = known.iter().map(|event| event.id).eq(append.events.iter().map(|event| event.id));
                let in_a_row = known.windows(2).all(|pair| pair[1].position == pair[0].position.next());
                if in_order && in_a_row { Ok(Some(answer(&known))) } else { log.find_repeat(&append.events) }
            },
            "ids were used again, and the answer was Ok",
            &["ids::a_part_of_an_append_is_no_repeat", "ids::several_appends_in_one_are_no_repeat"],
        ),
        finding(
            "known ids are a repeat in any order",
            |log, append| {
                let known = known(log.events(), &append.events);
                if known.len() == append.events.len() {
                    Ok(Some(answer(&known)))
                } else {
                    log.find_repeat(&append.events)
                }
            },
            "ids were used again, and the answer was Ok",
            &["ids::another_order_is_no_repeat"],
        ),
        finding(
            "one known id makes a repeat",
            |log, append| {
                let known = known(log.events(), &append.events);
                Ok((!known.is_empty()).then(|| answer(&known)))
            },
            "ids were used again, and the answer was Ok",
            &["ids::known_and_new_ids_do_not_mix"],
        ),
    ]
}
