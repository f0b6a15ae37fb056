//! A log that was closed in order, and is opened again.

use eskit_runtime::log::{Append, ExpectedVersion, NewEvent, Place, Position, Query, ReadOptions, StreamChange};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};

use super::lifecycle::refused_by;
use super::watch::beyond;
use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::sample::{expect, no_events, on, one, plain, put, refused, stream, tagged, whole, with_tags};

pub(super) const CASES: &[Case] = cases![
    "reopen": the_log_is_there_again(Durable),
    conditions_and_versions_go_on(Durable),
    repeats_are_known_again(Durable),
    the_head_goes_on(Durable),
    closed_streams_stay_closed(Durable, Lifecycle),
    what_is_deleted_stays_deleted(Durable, Deletion),
];

fn events() -> Vec<NewEvent> {
    vec![on(stream("a"), "bank.Opened"), tagged("campus.Taken", &[("seat", "1")]), plain("bank.Noted")]
}

/// A log with three appends that was closed and is open again; what it holds, and its last append.
async fn reopened(context: &Context) -> Result<(AnyStore, Vec<RecordedEvent>, Append), Failure> {
    let log = context.log();
    let store = context.open_log(&log).await?;
    let mut expected = Vec::new();
    let mut last = Append::default();
    for _ in 0..3 {
        last = Append::new(events());
        expected.extend(put(&store, last.clone()).await?);
    }
    drop(store);
    Ok((context.open_log(&log).await?, expected, last))
}

async fn the_log_is_there_again(context: &Context) -> Outcome {
    let (store, expected, _) = reopened(context).await?;
    same("the log", &whole(&store).await?, &expected)?;
    for query in [Query::stream(stream("a")), with_tags(&[("seat", "1")]).into()] {
        let wanted: Vec<_> = expected.iter().filter(|event| query.matches(event)).cloned().collect();
        let found = store.read(&query, ReadOptions::default()).await?.events;
        ensure!(found == wanted, "{query:?} found {found:?}, expected {wanted:?}");
    }
    Ok(())
}

async fn conditions_and_versions_go_on(context: &Context) -> Outcome {
    let (store, expected, _) = reopened(context).await?;
    let paid = || one(on(stream("a"), "bank.Paid"));
    refused(&store, paid().with(expect(stream("a"), ExpectedVersion::Exact(2)))).await?;
    refused(&store, paid().with(no_events(with_tags(&[("seat", "1")]), Position::START))).await?;
    let next = put(&store, paid().with(expect(stream("a"), ExpectedVersion::Exact(3)))).await?;
    same("the next version", &next[0].stream.as_ref().map(|at| at.version), &Some(4))?;
    let last = expected.last().map_or(Position::START, |event| event.position);
    ensure!(next[0].position > last, "position {} does not follow {last}", next[0].position);
    Ok(())
}

async fn repeats_are_known_again(context: &Context) -> Outcome {
    let (store, expected, last) = reopened(context).await?;
    let again = store.append(last).await?;
    let places: Vec<_> = expected[6..].iter().map(|event| event.position).collect();
    ensure!(again.repeated, "a repeat was not known after the log was opened again");
    same("the positions of a repeat", &again.positions, &places)?;
    same("the log", &whole(&store).await?, &expected)
}

async fn the_head_goes_on(context: &Context) -> Outcome {
    let (store, expected, _) = reopened(context).await?;
    let last = expected.last().map_or(Place::START, RecordedEvent::place);
    same("the head", &store.head().await?, &last)?;
    same("the head that is watched", &beyond(context, &store, Place::START).await?, &last)?;
    let (woken, next) = tokio::join!(beyond(context, &store, last), put(&store, one(plain("bank.Noted"))));
    same("the head after an append", &woken?, &next?[0].place())
}

async fn closed_streams_stay_closed(context: &Context) -> Outcome {
    let log = context.log();
    let store = context.open_log(&log).await?;
    let changes = [("a", StreamChange::Archive), ("b", StreamChange::tombstone("it ended"))];
    let mut expected = Vec::new();
    for (id, change) in changes {
        put(&store, one(on(stream(id), "bank.Opened"))).await?;
        store.change_stream(&stream(id), change).await?;
        expected.push((id, store.stream_info(&stream(id)).await?));
    }
    drop(store);
    let store = context.open_log(&log).await?;
    for (id, info) in expected {
        same("what is told of a stream", &store.stream_info(&stream(id)).await?, &info)?;
        refused_by(&store, &stream(id), one(on(stream(id), "bank.Paid"))).await?;
    }
    store.change_stream(&stream("a"), StreamChange::Restore).await?;
    put(&store, one(on(stream("a"), "bank.Paid"))).await?;
    Ok(())
}

async fn what_is_deleted_stays_deleted(context: &Context) -> Outcome {
    let log = context.log();
    let store = context.open_log(&log).await?;
    let kept = put(&store, one(plain("bank.Noted"))).await?;
    let append = Append::new(vec![on(stream("a"), "bank.Opened"), on(stream("a"), "bank.Paid")]);
    let first = store.append(append.clone()).await?;
    store.change_stream(&stream("a"), StreamChange::delete("it was asked for")).await?;
    let info = store.stream_info(&stream("a")).await?;
    drop(store);
    let store = context.open_log(&log).await?;
    same("what is told of a deleted stream", &store.stream_info(&stream("a")).await?, &info)?;
    same("the rest of the log", &whole(&store).await?, &kept)?;
    same("the head", &store.head().await?.position, &first.last())?;
    same("the positions of a repeat", &store.append(append).await?.positions, &first.positions)?;
    let next = put(&store, one(plain("bank.Noted"))).await?;
    ensure!(next[0].position > first.last(), "position {} was given again", next[0].position);
    Ok(())
}
