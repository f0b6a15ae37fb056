//! What `eskit store stats` and `eskit streams list` ask of a log of five million events.

use std::sync::Arc;
use std::time::Instant;

use eskit::EventStore;
use eskit::log::{Append, ListStreams, Statistics, StreamId};
use eskit_sqlite::{Durability, SqliteOptions};
use tokio::runtime::Runtime;

use crate::log::{open, stream_event};
use crate::postgres;
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::median;

const BAR_MS: f64 = 200.0;
const STREAMS: u64 = 100_000;
const EVENTS_PER_APPEND: u64 = 10_000;
/// What `streams list` shows at most, unless told otherwise, and one more.
const LISTED: usize = 51;

/// Runs the row on SQLite.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    let folder = context.fresh("stats")?;
    // How the log is filled does not matter here; without syncs it is filled sooner.
    let store = open(&runtime, &folder, SqliteOptions::new().durability(Durability::Normal))?;
    runtime.block_on(fill(&*store, events(context)))?;
    drop(store);
    measure(context, &runtime, || open(&runtime, &folder, SqliteOptions::new()))
}

/// Runs the row on PostgreSQL.
pub(crate) fn run_postgres(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = postgres::start(context)? else { return Ok(Finding::Skipped(postgres::NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    runtime.block_on(fill(&*postgres::open(&runtime, &cluster, "eskit")?, events(context)))?;
    measure(context, &runtime, || postgres::open(&runtime, &cluster, "eskit"))
}

fn events(context: &Context) -> u64 {
    context.size(5_000_000, 50_000)
}

async fn fill(store: &impl EventStore, events: u64) -> Result<(), Failure> {
    for first in (0..events).step_by(EVENTS_PER_APPEND.try_into()?) {
        let batch = first..events.min(first + EVENTS_PER_APPEND);
        let event = |number: u64| stream_event(StreamId::new("account", (number % STREAMS).to_string()), number);
        store.append(Append::new(batch.map(event).collect())).await?;
    }
    Ok(())
}

/// As the command does it: the log is opened for each question.
fn measure<S: EventStore + Statistics>(
    context: &Context,
    runtime: &Runtime,
    open: impl Fn() -> Result<Arc<S>, Failure>,
) -> Result<Finding, Failure> {
    let (mut stats_ms, mut list_ms) = (Vec::new(), Vec::new());
    for _ in 0..context.rounds() {
        let started = Instant::now();
        let store = open()?;
        let stats = runtime.block_on(store.stats())?;
        stats_ms.push(started.elapsed().as_secs_f64() * 1e3);
        drop(store);
        if stats.events() != events(context) {
            return Err("the log does not hold what was appended".into());
        }
        let started = Instant::now();
        let store = open()?;
        let types = runtime.block_on(store.stats())?.stream_types;
        for stream_type in types {
            let list = ListStreams::of_type(stream_type).limit(LISTED);
            if runtime.block_on(store.list_streams(&list))?.streams.len() != LISTED {
                return Err("streams are missing".into());
            }
        }
        list_ms.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let figure = |what: &str, values: &[f64]| {
        let case = format!("{what}, {} events", events(context));
        Figure::absolute(case, Quantity::milliseconds(median(values))).bar(Bar::AtMost(BAR_MS))
    };
    Ok(Finding::Figures(vec![figure("store stats", &stats_ms), figure("streams list", &list_ms)]))
}
