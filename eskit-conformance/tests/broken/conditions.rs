//! Stores that check conditions wrongly, without any concurrency.

use eskit_conformance::Model;
use eskit_runtime::Timestamp;
use eskit_runtime::log::{
    Append, Condition, Conflict, ConflictEvent, ConflictKind, ExpectedVersion, NewEvent, Position, Query, QueryItem,
    StreamId,
};

use crate::sound::{Sound, broken};
use crate::table::Row;

type Check = fn(&Model, &Append) -> Result<(), Conflict>;

fn checking(mistake: &'static str, check: Check, told: &'static str, cases: &'static [&'static str]) -> Row {
    broken(mistake, move |store: &mut Sound| store.check = check, told, cases)
}

/// Checks conditions after a change to each; `None` passes one over.
fn changed(log: &Model, append: &Append, change: impl Fn(Condition) -> Option<Condition>) -> Result<(), Conflict> {
    log.check(&append.conditions.iter().cloned().filter_map(change).collect::<Vec<_>>())
}

/// Checks conditions after a change to the items of their queries.
fn with_items(log: &Model, append: &Append, change: fn(QueryItem) -> QueryItem) -> Result<(), Conflict> {
    changed(log, append, |condition| match condition {
        Condition::NoEvents { query, after } => {
            Some(Condition::NoEvents { query: Query::any_of(query.items().iter().cloned().map(change)), after })
        }
        other => Some(other),
    })
}

/// Checks conditions from other positions than they say. A conflict tells of the right one.
fn moved(log: &Model, append: &Append, to: fn(Position) -> Position) -> Result<(), Conflict> {
    append.conditions.iter().try_for_each(|condition| match condition {
        Condition::NoEvents { query, after } => {
            let moved = Condition::NoEvents { query: query.clone(), after: to(*after) };
            let kind = ConflictKind::Query { after: *after };
            log.check(&[moved]).map_err(|conflict| Conflict::new(kind, conflict.event))
        }
        Condition::Stream { .. } | Condition::Holds(_) => log.check(std::slice::from_ref(condition)),
    })
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = streams();
    rows.extend(queries());
    rows.extend(combinations());
    rows.extend(conflicts());
    rows
}

fn streams() -> Vec<Row> {
    vec![
        checking(
            "any version is at least one event",
            |log, append| {
                changed(log, append, |condition| match condition {
                    Condition::Stream { stream, expected: ExpectedVersion::Any } => {
                        let empty = log.check(&[Condition::Stream {
                            stream: stream.clone(),
                            expected: ExpectedVersion::NoStream,
                        }]);
                        empty.is_ok().then_some(Condition::Stream { stream, expected: ExpectedVersion::Exact(1) })
                    }
                    other => Some(other),
                })
            },
            "at version 0, Any",
            &["conditions::any_version_always_holds"],
        ),
        checking(
            "a stream that must not exist may exist",
            |log, append| {
                let is_none =
                    |of: &Condition| matches!(of, Condition::Stream { expected: ExpectedVersion::NoStream, .. });
                changed(log, append, |condition| (!is_none(&condition)).then_some(condition))
            },
            "does not hold, but the append was answered with Ok",
            &["conditions::no_stream_asks_for_no_events"],
        ),
        checking(
            "an exact version is at least that",
            |log, append| match log.check(&append.conditions) {
                Err(Conflict {
                    kind: ConflictKind::Stream { expected: ExpectedVersion::Exact(expected), found, .. },
                    ..
                }) if found > expected => Ok(()),
                other => other,
            },
            "does not hold, but the append was answered with Ok",
            &["conditions::an_exact_version_is_the_last"],
        ),
        broken(
            "streams are known by their id alone",
            |store| {
                store.events_in = Box::new(|events: Vec<NewEvent>| {
                    let alike = |stream: StreamId| StreamId::new("any", stream.id());
                    events
                        .into_iter()
                        .map(|mut event| {
                            event.stream = event.stream.map(alike);
                            event
                        })
                        .collect()
                });
                store.check = |log, append| {
                    changed(log, append, |condition| match condition {
                        Condition::Stream { stream, expected } => {
                            Some(Condition::Stream { stream: StreamId::new("any", stream.id()), expected })
                        }
                        other => Some(other),
                    })
                };
            },
            "refused",
            &["conditions::streams_of_one_id_differ_by_type"],
        ),
        checking(
            "a stream is checked only if it is written",
            |log, append| {
                changed(log, append, |condition| match &condition {
                    Condition::Stream { stream, .. } => {
                        append.events.iter().any(|event| event.stream.as_ref() == Some(stream)).then_some(condition)
                    }
                    Condition::NoEvents { .. } | Condition::Holds(_) => Some(condition),
                })
            },
            "does not hold, but the append was answered with Ok",
            &["conditions::a_stream_may_be_checked_without_being_written"],
        ),
    ]
}

fn queries() -> Vec<Row> {
    vec![
        checking(
            "what lies far behind the head is not looked at",
            |log, append| {
                let newest = log.events().len().saturating_sub(500);
                log.check(&append.conditions).or_else(|conflict| {
                    let is_far = conflict.event.as_ref().is_some_and(|event| event.position.get() <= newest as u64);
                    if is_far { Ok(()) } else { Err(conflict) }
                })
            },
            "that only the first event forbids came to Ok",
            &["conditions::what_costs_too_much_to_check_never_passes"],
        ),
        checking(
            "a condition counts the event at its position",
            |log, append| moved(log, append, |after| Position::new(after.get().saturating_sub(1))),
            "refused",
            &[
                "conditions::a_query_counts_behind_its_position_only",
                "conditions::generated_appends_go_as_in_the_model",
            ],
        ),
        checking(
            "a condition does not count the event right behind its position",
            |log, append| moved(log, append, Position::next),
            "does not hold, but the append was answered with Ok",
            &["conditions::a_query_counts_behind_its_position_only", "conditions::a_query_of_each_kind_is_checked"],
        ),
        checking(
            "conditions pass over types of streams",
            |log, append| {
                with_items(log, append, |mut item| {
                    item.stream_type = None;
                    item
                })
            },
            "stream_type: Some(\"seat\")",
            &["conditions::a_query_of_each_kind_is_checked"],
        ),
        checking(
            "a query without items is every event",
            |log, append| {
                changed(log, append, |condition| match condition {
                    Condition::NoEvents { query, after } if query.items().is_empty() => {
                        Some(Condition::NoEvents { query: Query::all(), after })
                    }
                    other => Some(other),
                })
            },
            "refused",
            &["conditions::a_query_without_items_never_conflicts"],
        ),
        checking(
            "positions in conditions have 32 bits",
            |log, append| moved(log, append, |after| Position::new(after.get() & 0x7fff_ffff)),
            "refused",
            &["conditions::positions_beyond_the_log_are_allowed"],
        ),
        checking(
            "conditions find texts in any case",
            |log, append| {
                let lower = |text: &str| text.to_lowercase();
                let events = log.events().iter().cloned().map(|mut event| {
                    event.tags = event
                        .tags
                        .iter()
                        .map(|tag| eskit_runtime::log::Tag::new(tag.key(), lower(tag.value())))
                        .collect();
                    event
                });
                let log = Model::of(events.collect());
                with_items(&log, append, |mut item| {
                    let tags = item.tags.iter().map(eskit_runtime::log::Tag::as_ref);
                    item.tags =
                        tags.map(|tag| eskit_runtime::log::Tag::new(tag.key(), tag.value().to_lowercase())).collect();
                    item
                })
            },
            "with the text \"A\"",
            &["text::conditions_tell_texts_apart"],
        ),
    ]
}

fn combinations() -> Vec<Row> {
    vec![
        checking(
            "only the first condition is checked",
            |log, append| log.check(&append.conditions[..append.conditions.len().min(1)]),
            "does not hold, but the append was answered with Ok",
            &["conditions::all_conditions_must_hold", "conditions::generated_appends_go_as_in_the_model"],
        ),
        checking(
            "one condition that holds is enough",
            |log, append| {
                let check = |of: &Condition| log.check(std::slice::from_ref(of));
                if append.conditions.iter().any(|of| check(of).is_ok()) {
                    Ok(())
                } else {
                    log.check(&append.conditions)
                }
            },
            "does not hold, but the append was answered with Ok",
            &["conditions::all_conditions_must_hold"],
        ),
        checking(
            "conditions are checked after the events are written",
            |log, append| {
                let mut log = log.clone();
                log.push(append.events.clone(), Timestamp::now());
                log.check(&append.conditions)
            },
            "refused",
            &["conditions::own_events_do_not_count", "conditions::an_exact_version_is_the_last"],
        ),
        broken(
            "a refused append is written all the same",
            |store| store.writes_refused = true,
            "a refused append changed the log",
            &["conditions::a_refused_append_leaves_no_trace"],
        ),
    ]
}

fn conflicts() -> Vec<Row> {
    fn told(log: &Model, append: &Append, change: fn(ConflictEvent) -> Option<ConflictEvent>) -> Result<(), Conflict> {
        let conflict = |conflict: Conflict| Conflict::new(conflict.kind, conflict.event.and_then(change));
        log.check(&append.conditions).map_err(conflict)
    }
    vec![
        checking(
            "a conflict names no event",
            |log, append| told(log, append, |_| None),
            "names None",
            &[
                "conditions::an_exact_version_is_the_last",
                "conditions::a_query_of_each_kind_is_checked",
                "races::one_wins_a_tag",
            ],
        ),
        checking(
            "a conflict names the event before",
            |log, append| {
                told(log, append, |event| {
                    Some(ConflictEvent { position: Position::new(event.position.get() - 1), ..event })
                })
            },
            "did not break it",
            &["conditions::a_query_counts_behind_its_position_only"],
        ),
        checking(
            "a conflict names another type",
            |log, append| told(log, append, |event| Some(ConflictEvent { name: "else".into(), ..event })),
            "misnames",
            &["conditions::an_exact_version_is_the_last"],
        ),
    ]
}
