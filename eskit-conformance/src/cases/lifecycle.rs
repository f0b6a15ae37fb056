//! Streams that are archived, restored and tombstoned, and what that means for appends. What a deletion leaves is a topic
//! of its own.

use std::sync::Arc;

use eskit_runtime::log::limits::{self, check_change};
use eskit_runtime::log::{
    Append, AppendError, ExpectedVersion, Query, ReadOptions, StreamChange, StreamError, StreamId, StreamStatus,
};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent, Timestamp};
use tokio::sync::Barrier;

use super::races::RACERS;
use super::text::texts;
use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::sample::{expect, on, one, plain, put, refused, stream, tagged, whole};

pub(super) const CASES: &[Case] = cases![
    "lifecycle": a_stream_tells_its_version,
    every_stream_begins_open,
    an_archived_stream_takes_no_events(Lifecycle),
    a_tombstoned_stream_takes_no_events(Lifecycle),
    a_closed_stream_is_read_as_before(Lifecycle),
    a_restored_stream_goes_on(Lifecycle),
    what_is_final_stays(Deletion),
    a_change_made_again_changes_nothing(Deletion),
    reasons_and_names_are_kept(Lifecycle),
    one_closed_stream_refuses_the_whole_append(Lifecycle),
    a_repeat_is_answered_whatever_became_of_its_stream(Lifecycle),
    conditions_on_a_closed_stream_are_checked_as_ever(Lifecycle),
    a_closed_stream_is_told_before_a_conflict(Lifecycle),
    a_stream_that_never_was_is_not_found(Lifecycle),
    names_and_reasons_have_limits(Lifecycle),
    nothing_enters_a_stream_after_it_was_closed(Lifecycle),
];

/// Every change that closes a stream and leaves its events.
fn closing() -> [StreamChange; 2] {
    [StreamChange::Archive, StreamChange::tombstone("it ended")]
}

fn pay(id: &str) -> Append {
    one(on(stream(id), "bank.Paid"))
}

/// Checks that an append is refused because a stream is closed, with what the store tells of that stream.
pub(super) async fn refused_by(store: &AnyStore, closed: &StreamId, append: Append) -> Outcome {
    let before = whole(store).await?;
    let expected = store.stream_info(closed).await?.status;
    match store.append(append).await {
        Err(AppendError::StreamClosed(error)) => {
            same("the stream that refused an append", &error.stream, closed)?;
            same("the status in a refusal", &error.status, &expected)?;
        }
        other => {
            let text = format!("stream `{closed}` is {expected}, but an append was answered with {other:?}");
            return Err(Failure::new(text));
        }
    }
    same("the log after a refusal", &whole(store).await?, &before)
}

/// Checks that a change is refused, with what the store tells of the stream.
pub(super) async fn cannot(store: &AnyStore, of: &StreamId, change: StreamChange) -> Outcome {
    let expected = store.stream_info(of).await?;
    match store.change_stream(of, change.clone()).await {
        Err(StreamError::Refused { stream, status, change: name }) => {
            same("the stream that cannot be changed", &stream, of)?;
            same("the status that is final", &status, &expected.status)?;
            same("the change that was refused", &name, &change.name())?;
        }
        other => {
            return Err(Failure::new(format!("{change:?} of a stream that is {} came to {other:?}", expected.status)));
        }
    }
    same("a stream after a refused change", &store.stream_info(of).await?, &expected)
}

async fn a_stream_tells_its_version(context: &Context) -> Outcome {
    let store = context.open().await?;
    same("the version of a stream that never was", &store.stream_info(&stream("a")).await?.version, &0)?;
    for version in 1..5 {
        put(&store, Append::new(vec![on(stream("a"), "bank.Paid"), plain("bank.Noted")])).await?;
        put(&store, pay("b")).await?;
        same("the version of a stream", &store.stream_info(&stream("a")).await?.version, &version)?;
    }
    same("the version of a longer id", &store.stream_info(&stream("aa")).await?.version, &0)?;
    same("the version of another type", &store.stream_info(&StreamId::new("accoun", "a")).await?.version, &0)
}

async fn every_stream_begins_open(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, pay("a")).await?;
    for id in ["a", "never"] {
        same("the status of a stream", &store.stream_info(&stream(id)).await?.status, &StreamStatus::Open)?;
    }
    Ok(())
}

/// Closes one of two streams, checks what the store says of both, and that only the other one takes events.
async fn takes_no_events(context: &Context, change: StreamChange) -> Result<StreamStatus, Failure> {
    let store = context.open().await?;
    put(&store, Append::new(vec![on(stream("a"), "bank.Opened"), on(stream("b"), "bank.Opened")])).await?;
    let begun = Timestamp::now();
    let status = store.change_stream(&stream("a"), change).await?;
    let info = store.stream_info(&stream("a")).await?;
    same("what is told of a closed stream", &(info.version, &info.status), &(1, &status))?;
    if let StreamStatus::Archived { at } | StreamStatus::Tombstoned { at, .. } = &status {
        // A server may have a clock of its own.
        let apart = (at.as_micros() - begun.as_micros()).abs();
        ensure!(apart < 600_000_000, "a stream was closed at {at}, which is not the time of the change, {begun}");
    }
    refused_by(&store, &stream("a"), pay("a")).await?;
    refused_by(&store, &stream("a"), pay("a").with(expect(stream("a"), ExpectedVersion::Exact(1)))).await?;
    let next = put(&store, pay("b")).await?;
    same("the version in the other stream", &next[0].stream.as_ref().map(|at| at.version), &Some(2))?;
    put(&store, one(tagged("bank.Noted", &[("account", "a")]))).await?;
    Ok(status)
}

async fn an_archived_stream_takes_no_events(context: &Context) -> Outcome {
    let status = takes_no_events(context, StreamChange::Archive).await?;
    ensure!(matches!(status, StreamStatus::Archived { .. }), "an archived stream is {status}");
    Ok(())
}

async fn a_tombstoned_stream_takes_no_events(context: &Context) -> Outcome {
    let status = takes_no_events(context, StreamChange::tombstone("it ended")).await?;
    let is_told = matches!(&status, StreamStatus::Tombstoned { reason, .. } if reason == "it ended");
    ensure!(is_told, "a stream that was tombstoned for `it ended` is {status}");
    Ok(())
}

async fn a_closed_stream_is_read_as_before(context: &Context) -> Outcome {
    for change in closing() {
        let store = context.open().await?;
        let mut expected = Vec::new();
        for id in ["a", "b", "a"] {
            expected.extend(put(&store, pay(id)).await?);
        }
        store.change_stream(&stream("a"), change).await?;
        same("the log after a stream was closed", &whole(&store).await?, &expected)?;
        let query = Query::stream(stream("a"));
        let wanted: Vec<RecordedEvent> = expected.into_iter().filter(|event| query.matches(event)).collect();
        let found = store.read(&query, ReadOptions::default()).await?.events;
        same("a closed stream", &found, &wanted)?;
    }
    Ok(())
}

async fn a_restored_stream_goes_on(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, pay("a")).await?;
    for version in 2..5 {
        store.change_stream(&stream("a"), StreamChange::Archive).await?;
        let status = store.change_stream(&stream("a"), StreamChange::Restore).await?;
        same("the status after a restore", &status, &StreamStatus::Open)?;
        let next = put(&store, pay("a").with(expect(stream("a"), ExpectedVersion::Exact(version - 1)))).await?;
        same("the next version", &next[0].stream.as_ref().map(|at| at.version), &Some(version))?;
    }
    same("how many events the stream holds", &whole(&store).await?.len(), &4)
}

async fn what_is_final_stays(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, Append::new(vec![on(stream("a"), "bank.Opened"), on(stream("b"), "bank.Opened")])).await?;
    store.change_stream(&stream("a"), StreamChange::Archive).await?;
    store.change_stream(&stream("a"), StreamChange::tombstone("it ended")).await?;
    store.change_stream(&stream("b"), StreamChange::delete("it ended")).await?;
    cannot(&store, &stream("a"), StreamChange::Restore).await?;
    cannot(&store, &stream("a"), StreamChange::Archive).await?;
    for change in [StreamChange::Restore, StreamChange::Archive, StreamChange::tombstone("again")] {
        cannot(&store, &stream("b"), change).await?;
    }
    Ok(())
}

async fn a_change_made_again_changes_nothing(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, pay("a")).await?;
    same(
        "an open stream, restored",
        &store.change_stream(&stream("a"), StreamChange::Restore).await?,
        &StreamStatus::Open,
    )?;
    let changes: [fn(&str) -> StreamChange; 3] =
        [|_| StreamChange::Archive, |reason| StreamChange::tombstone(reason), |reason| StreamChange::delete(reason)];
    for change in changes {
        let first = store.change_stream(&stream("a"), change("first")).await?;
        let again = store.change_stream(&stream("a"), change("again")).await?;
        same("the answer to a change made again", &again, &first)?;
        same("the status after it", &store.stream_info(&stream("a")).await?.status, &first)?;
    }
    Ok(())
}

async fn reasons_and_names_are_kept(context: &Context) -> Outcome {
    let store = context.open().await?;
    // Some of the texts are told apart by their case or their spaces only: each stream must keep its own reason.
    let texts = texts();
    put(&store, Append::new(texts.iter().map(|text| on(stream(text), "bank.Opened")).collect())).await?;
    for text in &texts {
        store.change_stream(&stream(text), StreamChange::tombstone(text)).await?;
    }
    for text in &texts {
        let status = store.stream_info(&stream(text)).await?.status;
        let is_kept = matches!(&status, StreamStatus::Tombstoned { reason, .. } if reason == text);
        ensure!(is_kept, "stream {text:?} was tombstoned for that reason, but is {status:?}");
    }
    Ok(())
}

async fn one_closed_stream_refuses_the_whole_append(context: &Context) -> Outcome {
    for change in closing() {
        let store = context.open().await?;
        put(&store, pay("a")).await?;
        store.change_stream(&stream("a"), change).await?;
        for closed in 0..3 {
            let mut events = vec![on(stream("b"), "bank.Paid"), plain("bank.Noted")];
            events.insert(closed, on(stream("a"), "bank.Paid"));
            refused_by(&store, &stream("a"), Append::new(events)).await?;
        }
        same("the version of the other stream", &store.stream_info(&stream("b")).await?.version, &0)?;
    }
    Ok(())
}

async fn a_repeat_is_answered_whatever_became_of_its_stream(context: &Context) -> Outcome {
    for change in closing() {
        let store = context.open().await?;
        let append = Append::new(vec![on(stream("a"), "bank.Paid"), plain("bank.Noted")]);
        let first = store.append(append.clone()).await?;
        store.change_stream(&stream("a"), change).await?;
        let again = store.append(append).await?;
        ensure!(again.repeated, "a repeat was not known after its stream was closed");
        same("the places of a repeat", &(again.positions, again.versions), &(first.positions, first.versions))?;
    }
    Ok(())
}

async fn conditions_on_a_closed_stream_are_checked_as_ever(context: &Context) -> Outcome {
    for change in closing() {
        let store = context.open().await?;
        put(&store, pay("a")).await?;
        store.change_stream(&stream("a"), change).await?;
        let noted = |expected| one(plain("bank.Noted")).with(expect(stream("a"), expected));
        put(&store, noted(ExpectedVersion::Exact(1))).await?;
        put(&store, noted(ExpectedVersion::Any)).await?;
        for expected in [ExpectedVersion::NoStream, ExpectedVersion::Exact(2)] {
            refused(&store, noted(expected)).await?;
        }
    }
    Ok(())
}

async fn a_closed_stream_is_told_before_a_conflict(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, pay("a")).await?;
    store.change_stream(&stream("a"), StreamChange::Archive).await?;
    refused_by(&store, &stream("a"), pay("a").with(expect(stream("a"), ExpectedVersion::NoStream))).await
}

async fn a_stream_that_never_was_is_not_found(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, pay("a")).await?;
    for change in
        [StreamChange::Archive, StreamChange::Restore, StreamChange::tombstone("x"), StreamChange::delete("x")]
    {
        match store.change_stream(&stream("never"), change.clone()).await {
            Err(StreamError::NotFound { stream: found }) => same("the stream", &found, &stream("never"))?,
            other => return Err(Failure::new(format!("{change:?} of a stream that never was came to {other:?}"))),
        }
    }
    // Nor is it closed for those who come later.
    put(&store, pay("never")).await?;
    Ok(())
}

async fn names_and_reasons_have_limits(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, pay("a")).await?;
    let long = "x".repeat(limits::REASON_BYTES_MAX + 1);
    let tombstone = |reason: &str| (stream("a"), StreamChange::tombstone(reason));
    for (stream, change) in [
        tombstone(&long),
        tombstone(""),
        tombstone("a\0b"),
        (stream("a"), StreamChange::delete(&long)),
        (stream(""), StreamChange::Archive),
        (stream(&long), StreamChange::Archive),
    ] {
        let Err(expected) = check_change(&stream, &change) else {
            return Err(Failure::new(format!("the suite expects a limit where there is none: {change:?}")));
        };
        match store.change_stream(&stream, change).await {
            Err(StreamError::Limit(found)) => same("the limit", &found, &expected)?,
            other => return Err(Failure::new(format!("a change came to {other:?}, although {expected}"))),
        }
    }
    let longest = &long[1..];
    let status = store.change_stream(&stream("a"), StreamChange::tombstone(longest)).await?;
    let is_kept = matches!(&status, StreamStatus::Tombstoned { reason, .. } if reason == longest);
    ensure!(is_kept, "the longest reason was not kept");
    Ok(())
}

/// Appends of one racer at most, before the stream is closed.
const APPENDS_MAX: u64 = 200;

/// All racers append to a stream while it is closed; what was appended before is all that it ever holds.
async fn nothing_enters_a_stream_after_it_was_closed(context: &Context) -> Outcome {
    let store = context.open().await?;
    for round in 0..context.rounds() {
        context.count_seed();
        let of = stream(&round.to_string());
        put(&store, one(on(of.clone(), "bank.Opened"))).await?;
        let start = Arc::new(Barrier::new(RACERS + 1));
        let racers = (0..RACERS).map(|_| {
            let (store, start, of) = (store.clone(), Arc::clone(&start), of.clone());
            async move {
                start.wait().await;
                for appends in 0..APPENDS_MAX {
                    match store.append(one(on(of.clone(), "bank.Paid"))).await {
                        // A store that never waits would keep the closer from its turn.
                        Ok(_) => tokio::task::yield_now().await,
                        Err(AppendError::StreamClosed(_)) => return Ok(appends),
                        Err(error) => return Err(error.into()),
                    }
                }
                Ok(APPENDS_MAX)
            }
        });
        let closer = {
            let (store, start, of) = (store.clone(), Arc::clone(&start), of.clone());
            async move {
                start.wait().await;
                tokio::time::sleep(std::time::Duration::from_micros(200)).await;
                store.change_stream(&of, StreamChange::tombstone("it ended")).await?;
                Ok::<_, Failure>(store.stream_info(&of).await?.version)
            }
        };
        let (appends, closed_at) = tokio::join!(context.together("a race", racers), context.within("closing", closer));
        let (appends, closed_at) = (appends?.iter().sum::<u64>(), closed_at??);
        same("how many events entered a stream before it was closed", &closed_at, &(appends + 1))?;
        same("the version of a closed stream", &store.stream_info(&of).await?.version, &closed_at)?;
    }
    Ok(())
}
