//! What a stream that was deleted for good leaves behind, and what it does not.

use eskit_runtime::log::{
    Append, AppendError, ConflictKind, ExpectedVersion, NewEvent, Place, Position, Query, QueryItem, ReadOptions,
    StreamChange, StreamId, StreamStatus,
};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};
use proptest::prelude::*;

use super::lifecycle::refused_by;
use super::queries::check_read;
use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::generate;
use crate::sample::{expect, no_events, on, one, plain, positions, put, read_all, stream, tags, whole, with_tags};

pub(super) const CASES: &[Case] = cases![
    "deletion": no_query_finds_what_is_deleted(Deletion),
    what_is_not_deleted_stays(Deletion),
    a_closed_stream_can_be_deleted(Deletion),
    positions_are_never_given_again(Deletion),
    a_deleted_stream_never_begins_again(Deletion),
    a_repeat_of_what_is_deleted_is_known(Deletion),
    ids_of_what_is_deleted_stay_taken(Deletion),
    what_is_deleted_breaks_no_condition(Deletion),
    a_condition_on_a_deleted_stream_counts_its_version(Deletion),
    readers_pass_over_what_is_gone(Deletion),
    any_log_is_read_as_if_nothing_deleted_matched(Deletion),
];

fn full(id: &str) -> NewEvent {
    on(stream(id), "bank.Paid").with_tags(tags(&[("owner", "o"), ("id", id)]))
}

async fn delete(store: &AnyStore, id: &str) -> Result<StreamStatus, Failure> {
    Ok(store.change_stream(&stream(id), StreamChange::delete("it was asked for")).await?)
}

/// Three appends to two streams, of which `gone` was deleted: what was appended.
async fn half_deleted(store: &AnyStore) -> Result<Vec<RecordedEvent>, Failure> {
    let mut log = Vec::new();
    for _ in 0..3 {
        log.extend(put(store, Append::new(vec![full("gone"), plain("bank.Noted"), full("kept")])).await?);
    }
    delete(store, "gone").await?;
    Ok(log)
}

fn is_gone(event: &RecordedEvent) -> bool {
    event.stream.as_ref().is_some_and(|at| at.stream == stream("gone"))
}

async fn no_query_finds_what_is_deleted(context: &Context) -> Outcome {
    let store = context.open().await?;
    let log = half_deleted(&store).await?;
    let ids = log.iter().map(|event| event.id);
    let queries: [Query; 8] = [
        Query::all(),
        Query::stream(stream("gone")),
        QueryItem::stream_type("account").into(),
        QueryItem::types(["bank.Paid"]).into(),
        with_tags(&[("owner", "o")]).into(),
        with_tags(&[("owner", "o"), ("id", "gone")]).into(),
        QueryItem::ids(ids).into(),
        with_tags(&[("id", "gone")]).with_types(["bank.Paid", "bank.Noted"]).into(),
    ];
    for query in queries {
        for options in [ReadOptions::default(), ReadOptions::default().backward().limit(2)] {
            let found = read_all(&store, &query, options).await?;
            let mut wanted: Vec<_> =
                log.iter().filter(|event| !is_gone(event) && query.matches(event)).cloned().collect();
            if options != ReadOptions::default() {
                wanted.reverse();
            }
            let places = (positions(&found), positions(&wanted));
            ensure!(found == wanted, "after a deletion, {query:?} found {:?}, expected {:?}", places.0, places.1);
        }
    }
    Ok(())
}

async fn what_is_not_deleted_stays(context: &Context) -> Outcome {
    let store = context.open().await?;
    let mut log = half_deleted(&store).await?;
    log.retain(|event| !is_gone(event));
    same("the rest of the log", &whole(&store).await?, &log)?;
    // The same id in another type is another stream.
    let other = StreamId::new("card", "kept");
    put(&store, one(on(other.clone(), "bank.Paid"))).await?;
    let kept = store.stream_info(&stream("kept")).await?;
    same("the other stream", &(kept.version, kept.status), &(3, StreamStatus::Open))?;
    delete(&store, "kept").await?;
    same("a stream of another type", &store.stream_info(&other).await?.status, &StreamStatus::Open)?;
    same("its events", &store.read(&Query::stream(other), ReadOptions::default()).await?.events.len(), &1)
}

async fn a_closed_stream_can_be_deleted(context: &Context) -> Outcome {
    for change in [StreamChange::Archive, StreamChange::tombstone("it ended")] {
        let store = context.open().await?;
        put(&store, one(full("gone"))).await?;
        store.change_stream(&stream("gone"), change).await?;
        let status = delete(&store, "gone").await?;
        let is_told = matches!(&status, StreamStatus::Deleted { reason, .. } if reason == "it was asked for");
        ensure!(is_told, "a deleted stream is {status}");
        same("how many events are left", &whole(&store).await?.len(), &0)?;
    }
    Ok(())
}

async fn positions_are_never_given_again(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, one(plain("bank.Noted"))).await?;
    let deleted = put(&store, Append::new(vec![full("gone"), full("gone")])).await?;
    let head = store.head().await?;
    delete(&store, "gone").await?;
    same("the head after the last events were deleted", &store.head().await?, &head)?;
    same("the head that is watched", &store.watch(Place::START).await?, &head)?;
    let next = put(&store, one(plain("bank.Noted"))).await?;
    let last = deleted[1].position;
    ensure!(next[0].position > last, "position {} does not follow the deleted {last}", next[0].position);
    if context.harness().is_contiguous {
        same("the next position", &next[0].position, &last.next())?;
    }
    same("the head", &store.head().await?, &next[0].place())
}

async fn a_deleted_stream_never_begins_again(context: &Context) -> Outcome {
    let store = context.open().await?;
    half_deleted(&store).await?;
    let info = store.stream_info(&stream("gone")).await?;
    same("the version of a deleted stream", &info.version, &3)?;
    ensure!(info.status.is_deleted(), "a deleted stream is {}", info.status);
    refused_by(&store, &stream("gone"), one(full("gone"))).await?;
    for expected in [ExpectedVersion::NoStream, ExpectedVersion::Exact(3)] {
        refused_by(&store, &stream("gone"), one(full("gone")).with(expect(stream("gone"), expected))).await?;
    }
    Ok(())
}

async fn a_repeat_of_what_is_deleted_is_known(context: &Context) -> Outcome {
    let store = context.open().await?;
    let appends = [
        Append::new(vec![full("gone"), full("gone")]),
        Append::new(vec![plain("bank.Noted"), full("gone"), full("kept")]),
        Append::new(vec![full("kept"), full("gone")]),
    ];
    let mut answers = Vec::new();
    for append in &appends {
        answers.push(store.append(append.clone()).await?);
    }
    delete(&store, "gone").await?;
    let left = whole(&store).await?;
    for (append, first) in appends.into_iter().zip(answers) {
        let again = store.append(append).await?;
        ensure!(again.repeated, "a repeat was not known after its stream was deleted");
        let places = (again.positions, again.versions, again.recorded_at);
        same("the places of a repeat", &places, &(first.positions, first.versions, first.recorded_at))?;
    }
    same("the log", &whole(&store).await?, &left)
}

async fn ids_of_what_is_deleted_stay_taken(context: &Context) -> Outcome {
    let store = context.open().await?;
    let append = Append::new(vec![full("gone"), full("gone")]);
    let first = store.append(append.clone()).await?;
    delete(&store, "gone").await?;
    let reused = plain("bank.Noted").with_id(append.events[1].id);
    match store.append(one(reused)).await {
        Err(AppendError::IdReused { id, position }) => {
            same("the id that was reused", &(id, position), &(append.events[1].id, first.positions[1]))?;
        }
        other => return Err(Failure::new(format!("the id of a deleted event was given again: {other:?}"))),
    }
    same("how many events there are", &whole(&store).await?.len(), &0)
}

async fn what_is_deleted_breaks_no_condition(context: &Context) -> Outcome {
    let store = context.open().await?;
    let log = half_deleted(&store).await?;
    let queries: [Query; 3] = [
        with_tags(&[("id", "gone")]).into(),
        Query::stream(stream("gone")),
        QueryItem::ids(log.iter().filter(|event| is_gone(event)).map(|event| event.id)).into(),
    ];
    for query in queries {
        put(&store, one(plain("bank.Noted")).with(no_events(query, Position::START))).await?;
    }
    let kept = one(plain("bank.Noted")).with(no_events(with_tags(&[("id", "kept")]), Position::START));
    crate::sample::refused(&store, kept).await?;
    Ok(())
}

async fn a_condition_on_a_deleted_stream_counts_its_version(context: &Context) -> Outcome {
    let store = context.open().await?;
    half_deleted(&store).await?;
    let noted = |expected| one(plain("bank.Noted")).with(expect(stream("gone"), expected));
    put(&store, noted(ExpectedVersion::Exact(3))).await?;
    put(&store, noted(ExpectedVersion::Any)).await?;
    for expected in [ExpectedVersion::NoStream, ExpectedVersion::Exact(2)] {
        match store.append(noted(expected)).await {
            Err(AppendError::Conflict(conflict)) => {
                let kind = ConflictKind::Stream { stream: stream("gone"), expected, found: 3 };
                same("the conflict with a deleted stream", &conflict.kind, &kind)?;
                ensure!(conflict.event.is_none(), "a conflict names a deleted event: {:?}", conflict.event);
            }
            other => {
                return Err(Failure::new(format!("{expected} of a deleted stream at 3 was answered with {other:?}")));
            }
        }
    }
    Ok(())
}

/// A reader before, within or after the gap reads on to the end.
async fn readers_pass_over_what_is_gone(context: &Context) -> Outcome {
    let store = context.open().await?;
    let mut log = half_deleted(&store).await?;
    let gap = put(&store, Append::new((0..20).map(|_| full("gap")).collect())).await?;
    log.extend(gap.iter().cloned());
    log.extend(put(&store, Append::new(vec![plain("bank.Noted"), full("kept")])).await?);
    delete(&store, "gap").await?;
    let left = |after: Position| {
        let is_left = |event: &&RecordedEvent| event.position > after && !is_gone(event) && !gap.contains(event);
        log.iter().filter(is_left).cloned().collect::<Vec<_>>()
    };
    for after in log.iter().map(|event| event.position) {
        for limit in [1, 3, 1000] {
            let options = ReadOptions::default().after(after).limit(limit);
            let found = read_all(&store, &Query::all(), options).await?;
            let (found_at, wanted) = (positions(&found), left(after));
            ensure!(found == wanted, "behind {after} was read {found_at:?}, expected {:?}", positions(&wanted));
        }
    }
    Ok(())
}

/// Generated logs, of which some streams are deleted, are asked as other logs are.
async fn any_log_is_read_as_if_nothing_deleted_matched(context: &Context) -> Outcome {
    let items = prop::collection::vec(generate::any_item(), 1..4);
    let reads = prop::collection::vec(generate::reads(items), 1..20);
    let deleted = prop::collection::vec(generate::stream(), 0..3);
    let inputs = (generate::appends(), deleted, generate::appends(), reads);
    generate::check(context, 6, inputs, |context, (before, deleted, after, reads)| async move {
        let store = context.open().await?;
        let mut log: Vec<RecordedEvent> = Vec::new();
        let of = |event: &RecordedEvent| event.stream.as_ref().map(|at| at.stream.clone());
        for events in before {
            log.extend(put(&store, Append::new(events)).await?);
        }
        let there: Vec<_> = log.iter().filter_map(of).collect();
        let deleted: Vec<_> = deleted.into_iter().filter(|stream| there.contains(stream)).collect();
        for stream in &deleted {
            store.change_stream(stream, StreamChange::delete("it was asked for")).await?;
        }
        for mut events in after {
            events.retain(|event| event.stream.as_ref().is_none_or(|stream| !deleted.contains(stream)));
            if !events.is_empty() {
                log.extend(put(&store, Append::new(events)).await?);
            }
        }
        let is_left = |event: &&RecordedEvent| of(event).is_none_or(|stream| !deleted.contains(&stream));
        let left: Vec<_> = log.iter().filter(is_left).cloned().collect();
        same("the log", &whole(&store).await?, &left)?;
        for read in reads {
            // Asks for deleted ids and positions too.
            check_read(&store, &left, read.against(&log)).await?;
        }
        Ok(())
    })
    .await
}
