//! PostgreSQL: what appends in transactions of the caller cost all others, while they hold the turn to append.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use eskit::EventStore;
use eskit::log::{Append, NewEvent};
use eskit_postgres::PostgresStore;

use crate::log::{STREAM_EVENT, payload, stream_appends_per_second};
use crate::postgres::{NOT_FOUND, open, start};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

const CALLERS: usize = 32;
/// How long each transaction stays open behind its append.
const HELD: [Duration; 3] = [Duration::ZERO, Duration::from_millis(1), Duration::from_millis(10)];

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let store = open(&runtime, &cluster, "eskit")?;
    let rounds = AtomicU32::new(0);
    let appends_per_second = || {
        let round = rounds.fetch_add(1, Ordering::Relaxed);
        stream_appends_per_second(context, &runtime, &store, CALLERS, round)
    };
    let mut figures = Vec::new();
    for held in HELD {
        let paired = Paired::run(
            context.rounds(),
            || {
                let stop = Arc::new(AtomicBool::new(false));
                let holder = runtime.spawn(hold_again_and_again(store.clone(), held, Arc::clone(&stop)));
                let rate = appends_per_second();
                stop.store(true, Ordering::Relaxed);
                runtime.block_on(holder)??;
                rate
            },
            appends_per_second,
        )?;
        let (with, without) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
        let case = format!("{CALLERS} callers beside one transaction of {} us after another", held.as_micros());
        figures.push(Figure::compared(case, with, "no transaction", without, paired.ratio()));
    }
    Ok(Finding::Figures(figures))
}

async fn hold_again_and_again(store: Arc<PostgresStore>, held: Duration, stop: Arc<AtomicBool>) -> Result<(), Failure> {
    while !stop.load(Ordering::Relaxed) {
        let mut transaction = store.pool().begin().await?;
        let event = NewEvent::json(STREAM_EVENT, payload(0));
        store.in_transaction(&mut transaction).append(Append::new(vec![event])).await?;
        tokio::time::sleep(held).await;
        transaction.commit().await?;
    }
    Ok(())
}
