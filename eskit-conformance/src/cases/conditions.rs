//! What must hold for an append to go through, without concurrency.

use eskit_runtime::log::{
    Append, AppendError, Condition, EventId, ExpectedVersion, NewEvent, Position, Query, QueryItem, StoreErrorKind,
    StreamId, Tag,
};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::generate::{self, Plan};
use crate::sample::{
    check_conflict, expect, no_events, on, one, plain, put, recorded, refused, stream, tagged, whole, with_tags,
};
use crate::{model, sample};

pub(super) const CASES: &[Case] = cases![
    "conditions": any_version_always_holds,
    no_stream_asks_for_no_events,
    an_exact_version_is_the_last,
    streams_of_one_id_differ_by_type,
    a_stream_may_be_checked_without_being_written,
    a_query_counts_behind_its_position_only,
    a_query_of_each_kind_is_checked,
    a_query_without_items_never_conflicts,
    all_conditions_must_hold,
    own_events_do_not_count,
    a_refused_append_leaves_no_trace,
    positions_beyond_the_log_are_allowed,
    what_costs_too_much_to_check_never_passes,
    generated_appends_go_as_in_the_model,
];

const EXPECTATIONS: [ExpectedVersion; 6] = [
    ExpectedVersion::Any,
    ExpectedVersion::NoStream,
    ExpectedVersion::Exact(0),
    ExpectedVersion::Exact(1),
    ExpectedVersion::Exact(2),
    ExpectedVersion::Exact(u64::MAX),
];

/// Appends under every selected expectation at the versions 0 to 2 of a stream.
async fn versions(context: &Context, selected: impl Fn(ExpectedVersion) -> bool) -> Outcome {
    for version in 0..=2 {
        for expected in EXPECTATIONS.into_iter().filter(|expected| selected(*expected)) {
            let store = context.open().await?;
            put(&store, one(plain("bank.Noted"))).await?;
            for _ in 0..version {
                put(&store, one(on(stream("a"), "bank.Paid"))).await?;
            }
            let append = one(on(stream("a"), "bank.Paid")).with(expect(stream("a"), expected));
            if expected.accepts(version) {
                put(&store, append)
                    .await
                    .map_err(|failure| failure.during(format!("at version {version}, {expected:?}")))?;
            } else {
                refused(&store, append).await?;
            }
        }
    }
    Ok(())
}

async fn any_version_always_holds(context: &Context) -> Outcome {
    versions(context, |expected| expected == ExpectedVersion::Any).await
}

async fn no_stream_asks_for_no_events(context: &Context) -> Outcome {
    versions(context, |expected| expected == ExpectedVersion::NoStream).await
}

async fn an_exact_version_is_the_last(context: &Context) -> Outcome {
    versions(context, |expected| matches!(expected, ExpectedVersion::Exact(_))).await
}

async fn streams_of_one_id_differ_by_type(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, one(on(StreamId::new("account", "a:b"), "bank.Paid"))).await?;
    for other in [("account:a", "b"), ("card", "a:b"), ("account", "a"), ("account", "b"), ("Account", "a:b")] {
        let other = StreamId::new(other.0, other.1);
        let append = one(on(other.clone(), "bank.Paid")).with(expect(other, ExpectedVersion::NoStream));
        same("the version of a stream of its own", &store.append(append).await?.versions, &vec![Some(1)])?;
    }
    Ok(())
}

async fn a_stream_may_be_checked_without_being_written(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, Append::new(vec![on(stream("a"), "bank.Opened"), on(stream("b"), "bank.Opened")])).await?;
    let to_b = || one(on(stream("b"), "bank.Paid"));
    put(&store, to_b().with(expect(stream("a"), ExpectedVersion::Exact(1)))).await?;
    put(&store, one(plain("bank.Noted")).with(expect(stream("b"), ExpectedVersion::Exact(2)))).await?;
    refused(&store, to_b().with(expect(stream("a"), ExpectedVersion::Exact(2)))).await?;
    refused(&store, to_b().with(expect(stream("none"), ExpectedVersion::Exact(1)))).await?;
    put(&store, to_b().with(expect(stream("none"), ExpectedVersion::NoStream))).await.map(drop)
}

async fn a_query_counts_behind_its_position_only(context: &Context) -> Outcome {
    let store = context.open().await?;
    let course = || with_tags(&[("course", "c1")]);
    put(&store, one(plain("campus.Noted"))).await?;
    let event = put(&store, one(tagged("campus.Enrolled", &[("course", "c1")]))).await?;
    let at = event[0].position;
    put(&store, one(plain("campus.Noted"))).await?;
    for after in (0..at.get()).map(Position::new) {
        refused(&store, one(plain("campus.Noted")).with(no_events(course(), after))).await?;
    }
    let head = store.head().await?.position;
    for after in [at, at.next(), head] {
        put(&store, one(plain("campus.Noted")).with(no_events(course(), after))).await?;
    }
    Ok(())
}

/// Queries of each kind with the event that each must find, and one that it must not.
fn kinds(id: EventId) -> Vec<(Query, NewEvent, NewEvent)> {
    let both = || tagged("campus.Enrolled", &[("course", "c1"), ("student", "s1")]);
    let half = || tagged("campus.Enrolled", &[("course", "c1"), ("student", "s2")]);
    let seat = || on(StreamId::new("seat", "1"), "campus.Taken");
    let desk = || on(StreamId::new("desk", "1"), "campus.Taken");
    let of = |item: QueryItem| Query::from(item);
    let all_tags = || with_tags(&[("course", "c1"), ("student", "s1")]);
    let in_seat = || QueryItem::stream(StreamId::new("seat", "1"));
    vec![
        (of(QueryItem::types(["campus.Enrolled"])), both(), seat()),
        (of(QueryItem::types(["campus.Other", "campus.Taken"])), desk(), both()),
        (of(with_tags(&[("student", "s1")])), both(), half()),
        (of(all_tags()), both(), half()),
        (of(all_tags().with_types(["campus.Enrolled"])), both(), both().with_name("campus.Left")),
        (of(in_seat()), seat(), desk()),
        (of(in_seat().with_types(["campus.Taken"])), seat(), seat().with_name("campus.Freed")),
        (of(QueryItem::stream_type("seat")), seat(), desk()),
        (of(QueryItem::ids([EventId::new(), id])), both().with_id(id), both()),
        (of(all_tags()).or(in_seat()), seat(), half()),
        (of(in_seat()).or(all_tags()), both(), desk()),
    ]
}

async fn a_query_of_each_kind_is_checked(context: &Context) -> Outcome {
    for index in 0..kinds(EventId::new()).len() {
        let store = context.open().await?;
        let (query, found, passed_over) = kinds(EventId::new()).swap_remove(index);
        let condition = || one(plain("campus.Noted")).with(no_events(query.clone(), Position::START));
        let told = |failure: Failure| failure.during(format!("{query:?}"));
        put(&store, one(passed_over)).await?;
        put(&store, condition()).await.map_err(told)?;
        put(&store, one(found)).await?;
        refused(&store, condition()).await.map_err(told)?;
    }
    let store = context.open().await?;
    let nothing_yet = || one(plain("campus.Noted")).with(no_events(Query::all(), Position::START));
    put(&store, nothing_yet()).await?;
    refused(&store, nothing_yet()).await.map(drop)
}

async fn a_query_without_items_never_conflicts(context: &Context) -> Outcome {
    let store = context.open().await?;
    for _ in 0..2 {
        put(&store, one(plain("campus.Noted")).with(no_events(Query::default(), Position::START))).await?;
    }
    Ok(())
}

async fn all_conditions_must_hold(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, one(tagged("campus.Enrolled", &[("course", "c1")]))).await?;
    put(&store, one(on(stream("a"), "bank.Opened"))).await?;
    let kinds = |holds: [bool; 3]| {
        [
            expect(stream("a"), if holds[0] { ExpectedVersion::Exact(1) } else { ExpectedVersion::NoStream }),
            no_events(with_tags(&[("course", if holds[1] { "c2" } else { "c1" })]), Position::START),
            expect(stream("b"), ExpectedVersion::Exact(if holds[2] { 0 } else { 1 })),
        ]
    };
    for bits in 0..8_u8 {
        let holds = [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0];
        let append = Append { conditions: kinds(holds).into(), ..one(plain("campus.Noted")) };
        if holds == [true; 3] {
            put(&store, append).await?;
        } else {
            refused(&store, append).await?;
        }
    }
    Ok(())
}

async fn own_events_do_not_count(context: &Context) -> Outcome {
    let store = context.open().await?;
    let enrolled = || tagged("campus.Enrolled", &[("course", "c1")]);
    let in_a = |_| on(stream("a"), "bank.Paid");
    let append = Append::new((0..3).map(in_a).chain([enrolled(), enrolled()]).collect());
    let append = append
        .with(no_events(with_tags(&[("course", "c1")]), Position::START))
        .with(no_events(Query::all(), Position::START))
        .with(expect(stream("a"), ExpectedVersion::NoStream));
    put(&store, append).await.map(drop)
}

async fn a_refused_append_leaves_no_trace(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, one(on(stream("a"), "bank.Opened"))).await?;
    let events = || {
        vec![on(stream("a"), "bank.Paid"), tagged("campus.Enrolled", &[("course", "c1")]), on(stream("b"), "bank.Paid")]
    };
    let append = Append::new(events());
    let refusal = append.clone().with(expect(stream("a"), ExpectedVersion::NoStream));
    refused(&store, refusal).await?;
    let now = store.head().await?;
    // The same ids go in as if they had never been seen, at the next versions and positions.
    let conditions = [
        expect(stream("a"), ExpectedVersion::Exact(1)),
        expect(stream("b"), ExpectedVersion::NoStream),
        no_events(with_tags(&[("course", "c1")]), Position::START),
        no_events(Query::all(), now.position),
    ];
    let log = put(&store, Append { conditions: conditions.into(), ..append }).await?;
    let versions: Vec<_> = log.iter().map(|event| event.stream.as_ref().map(|at| at.version)).collect();
    same("the versions after a refusal", &versions, &vec![Some(2), None, Some(1)])?;
    same("the log after the refusal", &whole(&store).await?[1..].to_vec(), &log)
}

async fn positions_beyond_the_log_are_allowed(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, one(plain("bank.Noted"))).await?;
    for after in [1000, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX].map(Position::new) {
        put(&store, one(plain("bank.Noted")).with(no_events(Query::all(), after))).await?;
    }
    Ok(())
}

async fn generated_appends_go_as_in_the_model(context: &Context) -> Outcome {
    generate::check(context, 4, generate::plans(), |context, plan| async move {
        let store = context.open().await?;
        let mut log = Vec::new();
        for step in plan {
            run_step(&store, &mut log, step).await?;
        }
        same("the log", &sample::whole(&store).await?, &log)
    })
    .await
}

/// One append of a plan, against the log as it must be before it.
async fn run_step(store: &AnyStore, log: &mut Vec<RecordedEvent>, plan: Plan) -> Outcome {
    let append = plan.against(log);
    let holds = append.conditions.iter().all(|condition: &Condition| model::conflict(log, condition).is_none());
    match store.append(append.clone()).await {
        Ok(appended) => {
            ensure!(holds, "an append went through, although {:?} does not hold", append.conditions);
            sample::check_answer(&append, &appended)?;
            let last = log.last().map_or(Position::START, |event| event.position);
            ensure!(appended.positions[0] > last, "{:?} is not after the last position, {last}", appended.positions);
            for (event, version) in append.events.iter().zip(&appended.versions) {
                let before = event.stream.as_ref().map(|stream| model::version(log, stream));
                let earlier = append.events.iter().take_while(|other| other.id != event.id);
                let own = earlier.filter(|other| other.stream.is_some() && other.stream == event.stream).count() as u64;
                same("the version of an event", version, &before.map(|before| before + own + 1))?;
            }
            log.extend(recorded(&append, &appended));
            Ok(())
        }
        Err(AppendError::Conflict(conflict)) => {
            ensure!(!holds, "an append was refused with `{conflict}`, although {:?} holds", append.conditions);
            check_conflict(&conflict, &append.conditions, log)
        }
        Err(error) => Err(error.into()),
    }
}

/// A query whose parts are frequent, and meet in the first event alone or nowhere. A store that bounds what it looks at may refuse
/// such a condition, but must not take it for held.
async fn what_costs_too_much_to_check_never_passes(context: &Context) -> Outcome {
    let store = context.open().await?;
    let event = |name: &str, half: &str| tagged(name, &[("half", half)]);
    put(&store, one(event("shop.Placed", "odd"))).await?;
    for _ in 0..4 {
        let both = || [event("shop.Placed", "even"), event("shop.Paid", "odd")];
        put(&store, Append::new((0..250).flat_map(|_| both()).collect())).await?;
    }
    let head = store.head().await?;
    let meets = |name: &str, half: &str, after: Position| {
        let query = QueryItem::types([name.to_owned()]).with_tag(Tag::new("half", half)).into();
        one(plain("shop.Counted")).with(Condition::NoEvents { query, after })
    };
    let once = store.append(meets("shop.Placed", "odd", Position::START)).await;
    let is_refused = match &once {
        Err(AppendError::Conflict(_)) => true,
        Err(AppendError::Store(error)) => error.kind() == StoreErrorKind::Invalid,
        _ => false,
    };
    ensure!(is_refused, "an append that only the first event forbids came to {once:?}");
    same("the head after a refusal", &store.head().await?, &head)?;
    // Behind the head there is nothing to look at, whatever the query.
    put(&store, meets("shop.Placed", "odd", head.position)).await?;
    put(&store, meets("shop.Paid", "even", head.position)).await?;
    Ok(())
}
