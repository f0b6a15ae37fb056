//! The whole log, read and decoded, against decoding alone.

use std::hint::black_box;
use std::time::Instant;

use eskit::log::{Append, NewEvent, Query, ReadOptions};
use eskit::{EventStore, RecordedEvent};
use eskit_sqlite::{Durability, SqliteOptions, SqliteStore};

use crate::log::{open, read_all};
use crate::rows::decode::{Scanned, sample};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

const PAGE_EVENTS: usize = 1000;
const EVENTS_PER_APPEND: usize = 10_000;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let events = context.size(1_000_000, 50_000);
    let runtime = context.runtime()?;
    let options = SqliteOptions::new().durability(Durability::Normal);
    let store = open(&runtime, &context.fresh("scan")?, options)?;
    runtime.block_on(fill(&store, events))?;
    let page = runtime.block_on(store.read(&Query::all(), ReadOptions::default().limit(PAGE_EVENTS)))?.events;
    let paired = Paired::run(
        context.rounds(),
        || runtime.block_on(read_and_decode(&store, events)),
        || decode_alone(&page, events),
    )?;
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    let case = format!("{events} events");
    let figure = Figure::compared(case, ours, "decoding alone", theirs, paired.ratio());
    Ok(Finding::Figures(vec![figure.bar(Bar::AtLeast(0.45)).stretch(Bar::AtLeast(0.7))]))
}

async fn fill(store: &SqliteStore, events: usize) -> Result<(), Failure> {
    for start in (0..events).step_by(EVENTS_PER_APPEND) {
        let batch = (start..events.min(start + EVENTS_PER_APPEND)).map(|number| {
            let (name, payload) = sample(number);
            let mut event = NewEvent::json(name, payload);
            event.tags.push("student", number);
            event
        });
        store.append(Append::new(batch.collect())).await?;
    }
    Ok(())
}

/// Events a second of a reader that decodes every event of every page.
async fn read_and_decode(store: &SqliteStore, events: usize) -> Result<f64, Failure> {
    let started = Instant::now();
    let read = read_all(store, decode_all).await?;
    if read != events {
        return Err(format!("{read} of {events} events were read").into());
    }
    Ok(events as f64 / started.elapsed().as_secs_f64())
}

/// Events a second when one page, in memory, is decoded as often as makes the same number of events.
fn decode_alone(page: &[RecordedEvent], events: usize) -> Result<f64, Failure> {
    let started = Instant::now();
    let passes = events / page.len();
    for _ in 0..passes {
        decode_all(page)?;
    }
    Ok((passes * page.len()) as f64 / started.elapsed().as_secs_f64())
}

fn decode_all(events: &[RecordedEvent]) -> Result<(), Failure> {
    for event in events {
        black_box(event.decode::<Scanned>()?);
    }
    Ok(())
}
