//! What is left of a log whose writer was killed amid its work.

use std::collections::HashSet;
use std::time::Duration;

use eskit_runtime::log::{Query, QueryItem, StreamId, StreamStatus};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};

use super::{Case, cases};
use crate::context::Context;
use crate::crash::{self, Note, Task, Writer};
use crate::failure::{Failure, Outcome, ensure, same};
use crate::log::Log;
use crate::sample::{one, plain, positions, put, read_all, whole, with_tags};

pub(super) const CASES: &[Case] = cases![
    "crash": what_was_confirmed_survives_a_kill(Process),
    a_deletion_is_whole_or_not_at_all(Process, Deletion),
];

async fn what_was_confirmed_survives_a_kill(context: &Context) -> Outcome {
    let log = context.log();
    let mut confirmed = Vec::new();
    for round in 0..context.repeats(12) {
        confirmed.extend(killed(context, &log, Task::Append, round).await?);
        let store = context.open_log(&log).await?;
        let found = whole(&store).await?;
        let told = |failure: Failure| failure.during(format!("after kill round {}", round + 1));
        crash::check(&found, &confirmed, context.harness().is_contiguous).map_err(told)?;
        let head = store.head().await?;
        same("the head after a kill", &Some(head), &found.last().map(RecordedEvent::place))?;
        put(&store, one(plain("crash.Noted"))).await?;
    }
    Ok(())
}

async fn a_deletion_is_whole_or_not_at_all(context: &Context) -> Outcome {
    let log = context.log();
    let mut confirmed = Vec::new();
    for round in 0..context.repeats(12) {
        confirmed.extend(killed(context, &log, Task::Delete, round).await?);
        let store = context.open_log(&log).await?;
        let told = |failure: Failure| failure.during(format!("after kill round {}", round + 1));
        check_deleted(&store, &confirmed).await.map_err(told)?;
        put(&store, one(plain("crash.Noted"))).await?;
    }
    Ok(())
}

/// Starts writers and kills them amid their work: what they noted.
async fn killed(context: &Context, log: &Log, task: Task, round: u32) -> Result<Vec<Note>, Failure> {
    let writers = if context.harness().is_shared { 2 } else { 1 };
    let mut rng = context.rng(round);
    let mut processes = Vec::new();
    for number in 0..writers {
        processes.push(Writer::start(context, log, task, round * writers + number, rng.next())?);
    }
    for process in &mut processes {
        process.noted(context, 3).await?;
    }
    let mut confirmed = Vec::new();
    for process in processes {
        tokio::time::sleep(Duration::from_micros(rng.below(20_000))).await;
        confirmed.extend(process.kill()?);
        context.tally().kill();
    }
    context.tally().commits(confirmed.len());
    Ok(confirmed)
}

/// Checks that streams are gone whose deletion was confirmed, and that every other one is either whole or gone.
async fn check_deleted(store: &AnyStore, confirmed: &[Note]) -> Outcome {
    for note in confirmed {
        let stream = StreamId::new(crash::DOOMED, note.key.as_str());
        let status = store.stream_info(&stream).await?.status;
        let is_deleted = matches!(status, StreamStatus::Deleted { .. });
        ensure!(is_deleted, "the deletion of `{stream}` was confirmed, but after the kill its status is {status:?}");
        let left = found_of(store, &note.key).await?;
        let places: Vec<_> = left.iter().map(|events| positions(events)).collect();
        ensure!(left.iter().all(Vec::is_empty), "of the deleted `{stream}` {places:?} can still be read");
    }
    let rest = read_all(store, &QueryItem::stream_type(crash::DOOMED).into(), Default::default()).await?;
    let (mut firsts, mut streams) = (0, HashSet::new());
    for (event, at) in rest.iter().filter_map(|event| Some((event, event.stream.as_ref()?))) {
        streams.insert(&at.stream);
        if at.version > 1 {
            continue;
        }
        firsts += 1;
        let key = event.tags.values(crash::APPEND).next().unwrap_or_default();
        for events in found_of(store, key).await? {
            ensure!(!events.is_empty(), "the stream {key} is deleted by halves: one way of reading finds nothing");
            crash::check_whole(key, &events.iter().collect::<Vec<_>>())?;
        }
    }
    same("streams that still have their first event", &streams.len(), &firsts)
}

/// The events of a stream, found by its name and by its tag.
async fn found_of(store: &AnyStore, key: &str) -> Result<[Vec<RecordedEvent>; 2], Failure> {
    let by_stream = Query::stream(StreamId::new(crash::DOOMED, key));
    let by_tag = Query::from(with_tags(&[(crash::APPEND, key)]));
    Ok([read_all(store, &by_stream, Default::default()).await?, read_all(store, &by_tag, Default::default()).await?])
}
