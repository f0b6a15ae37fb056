//! Places, and a log that is replaced by a backup while it is open.

use std::time::Duration;

use eskit_runtime::log::{
    Append, Condition, ConflictKind, EventId, ExpectedVersion, Pages, Place, Position, Query, ReadOptions,
    StoreErrorKind, StreamChange,
};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::log::Log;
use crate::sample::{expect, on, one, plain, put, refused, stream, tagged, whole, with_tags};

pub(super) const CASES: &[Case] = cases![
    "replaced": a_place_is_held_by_its_event_alone,
    what_is_deleted_is_still_held(Deletion),
    a_page_tells_the_head,
    each_log_has_an_id_of_its_own,
    the_id_of_a_log_stays(Durable),
    a_reader_is_told(Backups),
    who_waits_is_told(Backups),
    pages_are_of_one_log(Backups),
    conditions_go_by_the_log_that_is_there(Backups),
    what_was_lost_goes_in_anew(Backups),
];

/// Appends so many events, one an append.
async fn put_many(store: &AnyStore, count: usize) -> Result<Vec<RecordedEvent>, Failure> {
    let mut log = Vec::new();
    for _ in 0..count {
        let event = tagged("bank.Paid", &[("kind", "a"), ("other", "b")]);
        log.extend(put(store, one(event.with_stream(stream("a")))).await?);
    }
    Ok(log)
}

/// Queries that stores answer in different ways.
fn queries() -> Vec<Query> {
    vec![
        Query::all(),
        Query::stream(stream("a")),
        with_tags(&[("kind", "a")]).into(),
        with_tags(&[("kind", "a"), ("other", "b")]).into(),
        with_tags(&[("kind", "none")]).into(),
        Query::default(),
    ]
}

/// A place that the log does not hold must be refused by name, whatever is asked.
async fn refuses(context: &Context, store: &AnyStore, place: Place) -> Outcome {
    for query in queries() {
        let from = ReadOptions::default().after(place);
        let before = ReadOptions::default().backward().following(place);
        for options in [from, from.backward(), from.until(Position::START), before] {
            let read = store.read(&query, options).await;
            let is_refused = matches!(&read, Err(error) if error.kind() == StoreErrorKind::Replaced);
            ensure!(
                is_refused,
                "reading {query:?} from {place}, which the log does not hold, was answered with {read:?}"
            );
        }
    }
    let what = format!("watching from {place}, which the log does not hold,");
    let watched = context.within(&what, store.watch(place)).await?;
    let is_refused = matches!(&watched, Err(error) if error.kind() == StoreErrorKind::Replaced);
    ensure!(is_refused, "{what} was answered with {watched:?}");
    let conflict = refused(store, one(plain("bank.Noted")).with(Condition::Holds(place))).await?;
    same("the kind of the conflict", &conflict.kind, &ConflictKind::Replaced { place })
}

/// What stands behind a place that the log holds is read from there, and an append may ask for it.
async fn holds(store: &AnyStore, place: Place) -> Outcome {
    let behind: Vec<_> = whole(store).await?.into_iter().filter(|event| event.position > place.position).collect();
    let read = store.read(&Query::all(), ReadOptions::default().after(place)).await?;
    same(&format!("what is read from {place}"), &read.events, &behind)?;
    put(store, one(plain("bank.Noted")).with(Condition::Holds(place))).await.map(drop)
}

async fn a_place_is_held_by_its_event_alone(context: &Context) -> Outcome {
    let store = context.open().await?;
    holds(&store, Place::START).await?;
    let log = put_many(&store, 3).await?;
    for event in &log {
        holds(&store, event.place()).await?;
        holds(&store, event.position.into()).await?;
        refuses(context, &store, Place::new(event.position, EventId::new())).await?;
        refuses(context, &store, Place::new(event.position.previous(), event.id)).await?;
    }
    let head = store.head().await?;
    let far = [head.position.get() + 1, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX].map(Position::new);
    for beyond in far {
        refuses(context, &store, beyond.into()).await?;
        refuses(context, &store, Place::new(beyond, EventId::new())).await?;
    }
    Ok(())
}

async fn what_is_deleted_is_still_held(context: &Context) -> Outcome {
    let store = context.open().await?;
    let log = put_many(&store, 3).await?;
    store.change_stream(&stream("a"), StreamChange::delete("it was asked for")).await?;
    for event in &log {
        holds(&store, event.place()).await?;
    }
    Ok(())
}

async fn a_page_tells_the_head(context: &Context) -> Outcome {
    let store = context.open().await?;
    let mut head = Place::START;
    for _ in 0..4 {
        for query in queries() {
            for limit in [1, 2, 1000] {
                let options = ReadOptions::default().limit(limit);
                for options in [options, options.backward(), options.until(Position::new(1)), options.after(head)] {
                    let page = store.read(&query, options).await?;
                    same(&format!("the head, as a page of {query:?} tells it"), &page.head, &head)?;
                }
            }
        }
        put_many(&store, 1).await?;
        let last = put(&store, one(on(stream("b"), "bank.Noted"))).await?;
        head = last[0].place();
    }
    same("the head", &store.head().await?, &head)
}

async fn each_log_has_an_id_of_its_own(context: &Context) -> Outcome {
    let (store, other) = (context.open().await?, context.open().await?);
    let id = store.log_id().await?;
    put(&store, one(plain("bank.Noted"))).await?;
    same("the id of the log", &store.log_id().await?, &id)?;
    ensure!(other.log_id().await? != id, "two logs have the id {id}");
    Ok(())
}

async fn the_id_of_a_log_stays(context: &Context) -> Outcome {
    let log = context.log();
    let store = context.open_log(&log).await?;
    let id = store.log_id().await?;
    drop(store);
    same("the id of the log, opened again", &context.open_log(&log).await?.log_id().await?, &id)
}

/// A log that is kept with two events, and restored when it holds four; the four.
async fn restored(context: &Context) -> Result<(AnyStore, Vec<RecordedEvent>), Failure> {
    let (store, name, log) = kept(context).await?;
    restore(context, &name).await?;
    Ok((store, log))
}

/// A log that is kept with two events and goes on to four.
async fn kept(context: &Context) -> Result<(AnyStore, Log, Vec<RecordedEvent>), Failure> {
    let name = context.log();
    let store = context.open_log(&name).await?;
    let mut log = put_many(&store, 2).await?;
    context.within("keeping a log", context.harness().back_up(&name)).await?;
    log.extend(put_many(&store, 2).await?);
    Ok((store, name, log))
}

async fn restore(context: &Context, log: &Log) -> Outcome {
    context.within("restoring a log", context.harness().restore(log)).await
}

async fn a_reader_is_told(context: &Context) -> Outcome {
    let (store, log) = restored(context).await?;
    same("the restored log", &whole(&store).await?, &log[..2].to_vec())?;
    same("its head", &store.head().await?, &log[1].place())?;
    for lost in &log[2..] {
        refuses(context, &store, lost.place()).await?;
    }
    // It comes to the same positions again, with other events.
    let other = put_many(&store, 2).await?;
    same("the head", &store.head().await?, &other[1].place())?;
    for lost in &log[2..] {
        refuses(context, &store, lost.place()).await?;
    }
    for kept in log[..2].iter().chain(&other) {
        holds(&store, kept.place()).await?;
    }
    Ok(())
}

async fn who_waits_is_told(context: &Context) -> Outcome {
    for goes_on in [false, true] {
        let (store, name, log) = kept(context).await?;
        let head = log[3].place();
        let waiting = {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    match store.watch(head).await {
                        // May return early.
                        Ok(same) if same == head => {}
                        answer => return answer,
                    }
                }
            })
        };
        tokio::time::sleep(Duration::from_millis(5)).await;
        restore(context, &name).await?;
        if goes_on {
            put_many(&store, 3).await?;
        }
        let watched = context.within("who waits on a log that was replaced", waiting).await??;
        let is_told = matches!(&watched, Err(error) if error.kind() == StoreErrorKind::Replaced);
        ensure!(is_told, "who waited behind {head}, which is gone, was answered with {watched:?}");
    }
    Ok(())
}

async fn pages_are_of_one_log(context: &Context) -> Outcome {
    for is_backward in [false, true] {
        let (store, name, mut log) = kept(context).await?;
        log.extend(put_many(&store, 6).await?);
        let options = ReadOptions::default().limit(2);
        let options = if is_backward { options.backward() } else { options };
        let mut pages = Pages::new(&store, Query::all(), options);
        for _ in 0..2 {
            ensure!(pages.next().await?.is_some(), "a log of ten events has two pages of two");
        }
        restore(context, &name).await?;
        put_many(&store, 8).await?;
        let told = loop {
            match pages.next().await {
                Ok(Some(page)) => {
                    let is_old = page.iter().all(|event| log.contains(event));
                    ensure!(is_old, "a page of the old log was followed by one of the new: {page:?}");
                }
                Ok(None) => return Err(Failure::new("pages of a log that was replaced came to an end")),
                Err(error) => break error,
            }
        };
        same("the kind of the error", &told.kind(), &StoreErrorKind::Replaced)?;
    }
    Ok(())
}

async fn conditions_go_by_the_log_that_is_there(context: &Context) -> Outcome {
    let (store, log) = restored(context).await?;
    let paid = || one(on(stream("a"), "bank.Paid"));
    refused(&store, paid().with(expect(stream("a"), ExpectedVersion::Exact(4)))).await?;
    let next = put(&store, paid().with(expect(stream("a"), ExpectedVersion::Exact(2)))).await?;
    same("the next version", &next[0].stream.as_ref().map(|at| at.version), &Some(3))?;
    same("the log", &whole(&store).await?, &[&log[..2], &next[..]].concat())
}

async fn what_was_lost_goes_in_anew(context: &Context) -> Outcome {
    let (store, name, log) = kept(context).await?;
    let append = Append::new(vec![plain("bank.Noted"), plain("bank.Noted")]);
    put(&store, append.clone()).await?;
    restore(context, &name).await?;
    let anew = put(&store, append.clone()).await?;
    same("the log", &whole(&store).await?, &[&log[..2], &anew[..]].concat())?;
    let again = store.append(append).await?;
    ensure!(again.repeated, "what went in anew is not known again: {again:?}");
    Ok(())
}
