//! PostgreSQL, one stream-versioned event an append: many callers against the same table at a thousand rows a statement.

use std::time::Instant;

use crate::log::stream_appends_per_second;
use crate::peers::postgres_insert::{Inserter, SCHEMA};
use crate::postgres::{NOT_FOUND, open, start};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

const CALLERS: usize = 128;
const ROWS_PER_STATEMENT: usize = 1000;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let store = open(&runtime, &cluster, "eskit")?;
    drop(open(&runtime, &cluster, SCHEMA)?);
    let mut inserter = runtime.block_on(Inserter::connect(&cluster, i64::try_from(CALLERS)?))?;
    let mut round = 0;
    let paired = Paired::run(
        context.rounds(),
        || {
            round += 1;
            stream_appends_per_second(context, &runtime, &store, CALLERS, round)
        },
        || {
            let (started, mut rows) = (Instant::now(), 0);
            while started.elapsed() < context.round_time() {
                runtime.block_on(inserter.insert(ROWS_PER_STATEMENT))?;
                rows += ROWS_PER_STATEMENT;
            }
            Ok(rows as f64 / started.elapsed().as_secs_f64())
        },
    )?;
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    let case = format!("{CALLERS} callers");
    let figure = Figure::compared(case, ours, "1000 rows a statement, by hand", theirs, paired.ratio());
    Ok(Finding::Figures(vec![figure.bar(Bar::AtLeast(0.65)).stretch(Bar::AtLeast(0.75))]))
}
