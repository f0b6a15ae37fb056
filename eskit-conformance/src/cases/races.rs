//! Appends at the same time, of which the conditions let some through.

use std::sync::Arc;

use eskit_runtime::log::{
    Append, AppendError, Conflict, ExpectedVersion, Position, Query, QueryItem, ReadOptions, StreamId,
};
use eskit_runtime::{AnyStore, EventStore};
use tokio::sync::Barrier;

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::rng::Rng;
use crate::sample::{check_conflict, expect, no_events, on, one, plain, tagged, whole, with_tags};

pub(super) const CASES: &[Case] = cases![
    "races": one_wins_a_tag,
    one_wins_a_type_and_a_tag,
    one_wins_two_tags,
    one_wins_either_of_two_items,
    one_wins_a_stream_by_query,
    one_wins_a_new_stream,
    one_wins_a_version,
    one_wins_two_boundaries,
    a_limit_holds_between_read_and_append,
    no_version_is_lost_between_read_and_append,
    an_append_that_is_given_up_is_whole_or_absent,
];

pub(super) const RACERS: usize = 16;

/// One append of each racer, made for the round and the racer with these numbers.
type MakeAppend = fn(u32, usize, Position) -> Append;

/// In each round all racers append at the same time, each under a condition that the first of them breaks for all
/// others. Racers use the stores in turn.
pub(super) async fn one_wins(context: &Context, stores: &[AnyStore], make: MakeAppend) -> Outcome {
    for round in 0..context.rounds() {
        context.count_seed();
        let head = stores[0].head().await?.position;
        let start = Arc::new(Barrier::new(RACERS));
        let racers = (0..RACERS).map(|racer| {
            let (store, start) = (stores[racer % stores.len()].clone(), Arc::clone(&start));
            let append = make(round, racer, head);
            async move {
                start.wait().await;
                let conditions = append.conditions.clone();
                match store.append(append).await {
                    Ok(appended) => Ok((conditions, Ok(appended.last()))),
                    Err(AppendError::Conflict(conflict)) => Ok((conditions, Err(conflict))),
                    Err(error) => Err(error.into()),
                }
            }
        });
        let results = context.together("a race", racers).await?;
        let won: Vec<Position> = results.iter().filter_map(|(_, result)| result.as_ref().ok().copied()).collect();
        ensure!(won.len() == 1, "in round {round}, {} of {RACERS} racers went through, at {won:?}", won.len());
        let log = stores[0].read(&Query::all(), ReadOptions::default().after(head)).await?.events;
        same("how many events a race left in the log", &log.len(), &1)?;
        for (conditions, conflict) in results.iter().filter_map(|(of, result)| Some((of, result.as_ref().err()?))) {
            check_lost(conflict, conditions, &log, won[0])?;
        }
    }
    Ok(())
}

/// Checks what a loser was told: the events of the round are all that it can have lost to.
fn check_lost(
    conflict: &Conflict,
    conditions: &[eskit_runtime::log::Condition],
    log: &[eskit_runtime::RecordedEvent],
    won: Position,
) -> Outcome {
    let named = conflict.event.as_ref().map(|event| event.position);
    ensure!(named == Some(won), "a loser got `{conflict}`, but the winner is at {won}");
    // The version of a stream counts the rounds before, which are not in `log`.
    let only_queries = conditions.iter().all(|of| matches!(of, eskit_runtime::log::Condition::NoEvents { .. }));
    if only_queries { check_conflict(conflict, conditions, log) } else { Ok(()) }
}

/// A store of its own for the racers.
async fn race(context: &Context, make: MakeAppend) -> Outcome {
    let store = context.open().await?;
    one_wins(context, &[store], make).await
}

fn seat(round: u32) -> String {
    format!("seat-{round}")
}

pub(super) fn by_tag(round: u32, _: usize, head: Position) -> Append {
    let taken = tagged("campus.Taken", &[("seat", &seat(round))]);
    one(taken).with(no_events(with_tags(&[("seat", &seat(round))]), head))
}

async fn one_wins_a_tag(context: &Context) -> Outcome {
    race(context, by_tag).await
}

async fn one_wins_a_type_and_a_tag(context: &Context) -> Outcome {
    race(context, |_, _, head| {
        // The same tag in every round: earlier winners stand before `head` and do not count.
        let query = with_tags(&[("seat", "hot")]).with_types(["campus.Taken", "campus.Left"]);
        one(tagged("campus.Taken", &[("seat", "hot")])).with(no_events(query, head))
    })
    .await
}

async fn one_wins_two_tags(context: &Context) -> Outcome {
    race(context, |round, racer, head| {
        let tags = [("course", "hot"), ("seat", &*seat(round)), ("racer", &*racer.to_string())];
        one(tagged("campus.Taken", &tags)).with(no_events(with_tags(&tags[..2]), head))
    })
    .await
}

async fn one_wins_either_of_two_items(context: &Context) -> Outcome {
    race(context, |round, racer, head| {
        // Half of the racers break the first item, half the second.
        let (course, student) = (seat(round), format!("student-{round}"));
        let tag = if racer.is_multiple_of(2) { ("course", &*course) } else { ("student", &*student) };
        let query = Query::from(with_tags(&[("course", &course)])).or(with_tags(&[("student", &student)]));
        one(tagged("campus.Taken", &[tag])).with(no_events(query, head))
    })
    .await
}

async fn one_wins_a_stream_by_query(context: &Context) -> Outcome {
    race(context, |round, racer, head| {
        let stream = StreamId::new(format!("seat{}", round % 3), racer.to_string());
        let query = QueryItem::stream_type(stream.stream_type()).with_types(["campus.Taken"]);
        one(on(stream, "campus.Taken")).with(no_events(query, head))
    })
    .await
}

async fn one_wins_a_new_stream(context: &Context) -> Outcome {
    race(context, |round, _, _| {
        let stream = StreamId::new("seat", seat(round));
        one(on(stream.clone(), "campus.Taken")).with(expect(stream, ExpectedVersion::NoStream))
    })
    .await
}

pub(super) fn by_version(round: u32, _: usize, _: Position) -> Append {
    let stream = StreamId::new("seat", "hot");
    one(on(stream.clone(), "campus.Taken")).with(expect(stream, ExpectedVersion::Exact(u64::from(round))))
}

async fn one_wins_a_version(context: &Context) -> Outcome {
    race(context, by_version).await
}

async fn one_wins_two_boundaries(context: &Context) -> Outcome {
    race(context, |round, racer, head| {
        // Each racer is about two of three tags, so any two racers share one.
        let names = ["a", "b", "c"].map(|part| format!("{part}-{round}"));
        let own = [&names[racer % 3], &names[(racer + 1) % 3]];
        let event = tagged("campus.Taken", &[("part", own[0]), ("part", own[1])]);
        own.into_iter().fold(one(event), |append, part| append.with(no_events(with_tags(&[("part", part)]), head)))
    })
    .await
}

/// Reads, decides and appends until `make` wants nothing more; how often an append went through.
async fn decide(
    store: &AnyStore,
    rng: &mut Rng,
    query: &Query,
    make: impl Fn(usize, Position) -> Option<Append>,
) -> Result<u32, Failure> {
    let mut appended = 0;
    loop {
        let events = store.read(query, ReadOptions::default()).await?.events;
        let last = events.last().map_or(Position::START, |event| event.position);
        // Others append between this read and this append.
        for _ in 0..rng.below(4) {
            tokio::task::yield_now().await;
        }
        let Some(append) = make(events.len(), last) else { return Ok(appended) };
        match store.append(append).await {
            Ok(_) => appended += 1,
            Err(AppendError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Racers that read, decide and append, each with random numbers of its own.
async fn deciders(
    context: &Context,
    stores: &[AnyStore],
    round: u32,
    query: Query,
    make: impl Fn(usize, Position) -> Option<Append> + Clone + Send + 'static,
) -> Result<u32, Failure> {
    let mut rng = context.rng(round);
    let racers = (0..RACERS).map(|racer| {
        let (store, query, make) = (stores[racer % stores.len()].clone(), query.clone(), make.clone());
        let mut rng = rng.fork(racer as u64);
        async move { decide(&store, &mut rng, &query, make).await }
    });
    let won = context.together("racers that read and append", racers.collect::<Vec<_>>()).await?;
    Ok(won.iter().sum())
}

/// A course of `SEATS` seats, which all racers fill.
pub(super) async fn fill_a_course(context: &Context, stores: &[AnyStore]) -> Outcome {
    const SEATS: usize = 7;
    for round in 0..context.repeats(4) {
        let course = seat(round);
        let query = Query::from(with_tags(&[("course", &course)]).with_types(["campus.Taken"]));
        let condition = query.clone();
        let taken = deciders(context, stores, round, query.clone(), move |count, last| {
            let event = tagged("campus.Taken", &[("course", &course)]);
            (count < SEATS).then(|| one(event).with(no_events(condition.clone(), last)))
        })
        .await?;
        let found = stores[0].read(&query, ReadOptions::default()).await?.events.len();
        ensure!(
            (found, taken as usize) == (SEATS, SEATS),
            "a course of {SEATS} seats was filled with {found}, of which {taken} were confirmed"
        );
    }
    Ok(())
}

async fn a_limit_holds_between_read_and_append(context: &Context) -> Outcome {
    fill_a_course(context, &[context.open().await?]).await
}

async fn no_version_is_lost_between_read_and_append(context: &Context) -> Outcome {
    const VERSIONS: usize = 20;
    let store = context.open().await?;
    for round in 0..context.repeats(8) {
        let stream = StreamId::new("counter", round.to_string());
        let (query, of) = (Query::stream(stream.clone()), stream.clone());
        let counted = deciders(context, std::slice::from_ref(&store), round, query.clone(), move |count, _| {
            let event = on(of.clone(), "bank.Counted").with_payload((count + 1).to_string());
            let expected = ExpectedVersion::Exact(count as u64);
            (count < VERSIONS).then(|| one(event).with(expect(of.clone(), expected)))
        })
        .await?;
        same("how many increments were confirmed", &(counted as usize), &VERSIONS)?;
        let events = store.read(&query, ReadOptions::default()).await?.events;
        let payloads: Vec<_> =
            events.iter().map(|event| String::from_utf8_lossy(&event.payload).into_owned()).collect();
        let expected: Vec<_> = (1..=VERSIONS).map(|version| version.to_string()).collect();
        same("the increments in the stream", &payloads, &expected)?;
    }
    Ok(())
}

async fn an_append_that_is_given_up_is_whole_or_absent(context: &Context) -> Outcome {
    let store = context.open().await?;
    for round in 0..context.rounds() {
        let mut rng = context.rng(round);
        let append = Append::new((0..5).map(|_| tagged("bank.Noted", &[("round", &round.to_string())])).collect());
        let patience = std::time::Duration::from_micros(rng.below(300));
        let given_up = tokio::time::timeout(patience, store.append(append.clone())).await;
        let (other, again) = tokio::join!(store.append(one(plain("bank.Noted"))), store.append(append));
        other?;
        again?;
        let query = Query::from(with_tags(&[("round", &round.to_string())]));
        let found = store.read(&query, ReadOptions::default()).await?.events.len();
        ensure!(found == 5, "an append of 5 events, given up ({}) and sent again, left {found}", given_up.is_err());
    }
    let log = whole(&store).await?;
    let expected = context.rounds() as usize * 6;
    same("how many events the log holds", &log.len(), &expected)
}
