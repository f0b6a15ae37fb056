//! PostgreSQL, one stream-versioned event an append: one caller against a plain autocommit `INSERT`.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::log::stream_appends_per_second;
use crate::peers::postgres_insert::{Inserter, SCHEMA};
use crate::postgres::{NOT_FOUND, open, start};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::drive::calls_per_second;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let store = open(&runtime, &cluster, "eskit")?;
    drop(open(&runtime, &cluster, SCHEMA)?);
    let inserter = Arc::new(Mutex::new(runtime.block_on(Inserter::connect(&cluster, 1))?));
    let mut round = 0;
    let paired = Paired::run(
        context.rounds(),
        || {
            round += 1;
            let rate = stream_appends_per_second(context, &runtime, &store, 1, round)?;
            Ok(1e9 / rate)
        },
        || {
            let inserter = Arc::clone(&inserter);
            let rate = calls_per_second(&runtime, 1, context.round_time(), move |_, _| {
                let inserter = Arc::clone(&inserter);
                async move { inserter.lock().await.insert_one().await }
            })?;
            Ok(1e9 / rate)
        },
    )?;
    let (ours, theirs) = (Quantity::nanoseconds(paired.ours()), Quantity::nanoseconds(paired.theirs()));
    let figure = Figure::compared("one append", ours, "INSERT of one row, autocommit", theirs, paired.ratio());
    Ok(Finding::Figures(vec![figure.bar(Bar::AtMost(1.5)).stretch(Bar::AtMost(1.1))]))
}
