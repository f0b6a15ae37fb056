//! A log copied by `eskit_transfer::migrate`, against what its target takes at most.

use std::sync::Arc;
use std::time::Instant;

use eskit::EventStore;
use eskit::log::{Append, StreamId};
use eskit::transfer::Transfer;
use eskit_sqlite::{Durability, SqliteOptions, SqliteStore};
use tokio::runtime::Runtime;

use crate::log::{open, stream_event};
use crate::peers::bulk::Bulk;
use crate::peers::postgres_insert::{Inserter, SCHEMA};
use crate::postgres;
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::{Contender, median, median_ratio, take_turns};

const STREAMS: u64 = 1_000;
/// Events in one append where as many as possible are appended.
const EVENTS_PER_APPEND: u64 = 1_000;
/// Callers that fill the log that is copied, which has an append for each event.
const CALLERS: u64 = 64;

/// Runs the row from SQLite to SQLite.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    let source = source(context, &runtime)?;
    let by_hand = || {
        let folder = context.fresh("by-hand")?;
        drop(open(&runtime, &folder, SqliteOptions::new())?);
        Bulk::open(&folder, STREAMS, EVENTS_PER_APPEND)?.rows_per_second(context.round_time())
    };
    compare(context, &runtime, &source, |name| open(&runtime, &context.fresh(name)?, SqliteOptions::new()), by_hand)
}

/// Runs the row from SQLite to PostgreSQL.
pub(crate) fn run_postgres(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = postgres::start(context)? else { return Ok(Finding::Skipped(postgres::NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let source = source(context, &runtime)?;
    drop(postgres::open(&runtime, &cluster, SCHEMA)?);
    let mut inserter = runtime.block_on(Inserter::connect(&cluster, STREAMS.try_into()?))?;
    let by_hand = || {
        let (started, mut rows) = (Instant::now(), 0);
        while started.elapsed() < context.round_time() {
            runtime.block_on(inserter.insert(EVENTS_PER_APPEND.try_into()?))?;
            rows += EVENTS_PER_APPEND;
        }
        Ok(rows as f64 / started.elapsed().as_secs_f64())
    };
    let mut count = 0;
    let open = |name: &str| {
        count += 1;
        postgres::open(&runtime, &cluster, &format!("{name}_{count}"))
    };
    compare(context, &runtime, &source, open, by_hand)
}

fn events(context: &Context) -> u64 {
    context.size(100_000, 2_000)
}

/// The log to copy: an append for each event, as programs make them.
fn source(context: &Context, runtime: &Runtime) -> Result<Arc<SqliteStore>, Failure> {
    let store = open(runtime, &context.fresh("source")?, SqliteOptions::new().durability(Durability::Normal))?;
    let events = events(context);
    runtime.block_on(async {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    for number in (caller..events).step_by(CALLERS.try_into()?) {
                        store.append(Append::new(vec![event(number)])).await?;
                    }
                    Ok::<(), Failure>(())
                })
            })
            .collect();
        for caller in callers {
            caller.await??;
        }
        Ok::<(), Failure>(())
    })?;
    Ok(store)
}

fn event(number: u64) -> eskit::log::NewEvent {
    stream_event(StreamId::new("account", (number % STREAMS).to_string()), number)
}

/// Copies the log, appends as many events, and writes their rows by hand, by turns.
fn compare<S: EventStore + Transfer>(
    context: &Context,
    runtime: &Runtime,
    source: &Arc<SqliteStore>,
    mut open: impl FnMut(&str) -> Result<Arc<S>, Failure>,
    by_hand: impl FnMut() -> Result<f64, Failure>,
) -> Result<Finding, Failure> {
    let events = events(context);
    let open = std::cell::RefCell::new(&mut open);
    let migrate = || {
        let target = (open.borrow_mut())("copy")?;
        let started = Instant::now();
        let migrated = runtime.block_on(async { eskit_transfer::migrate(&**source, &*target).await })?;
        let rate = events as f64 / started.elapsed().as_secs_f64();
        if migrated.events == events { Ok(rate) } else { Err("events are missing in the copy".into()) }
    };
    let append = || {
        let target = (open.borrow_mut())("appended")?;
        let started = Instant::now();
        for first in (0..events).step_by(EVENTS_PER_APPEND.try_into()?) {
            let batch = (first..events.min(first + EVENTS_PER_APPEND)).map(event).collect();
            runtime.block_on(target.append(Append::new(batch)))?;
        }
        Ok(events as f64 / started.elapsed().as_secs_f64())
    };
    let values = take_turns(
        context.rounds(),
        &mut [
            Contender { name: "migrate", run: Box::new(migrate) },
            Contender { name: "appends of 1,000 events", run: Box::new(append) },
            Contender { name: "1,000 rows a transaction, by hand", run: Box::new(by_hand) },
        ],
    )?;
    let [ours, appended, by_hand] = &values[..] else { return Err("a contender is missing".into()) };
    let figure = |against: &str, theirs: &[f64]| {
        let rate = |values: &[f64]| Quantity::per_second(median(values));
        Figure::compared(format!("{events} events"), rate(ours), against, rate(theirs), median_ratio(ours, theirs))
    };
    Ok(Finding::Figures(vec![
        figure("appends of 1,000 events", appended).bar(Bar::AtLeast(0.7)),
        figure("1,000 rows a transaction, by hand", by_hand),
    ]))
}
