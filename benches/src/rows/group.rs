//! SQLite, one stream-versioned event an append: many callers against the same schema at a thousand events a
//! transaction.
//!
//! The syncs of both sides take a stated time, so the ratio is that of the software, whatever the disk.

use std::time::Duration;

use eskit_sqlite::SqliteOptions;

use crate::log::{open, stream_appends_per_second};
use crate::peers::bulk::Bulk;
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;
use eskit_bench_harness::syncs;

/// What stands for a fast disk; the bars are for it.
const FAST: Duration = Duration::from_micros(50);
const SYNCS: [Duration; 3] = [FAST, Duration::from_millis(1), Duration::from_millis(4)];

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let mut figures = Vec::new();
    for time in SYNCS {
        for (callers, bar, stretch) in [(64, 0.43, 0.5), (256, 0.60, 0.7)] {
            let figure = syncs::taking(Some(time), || compare(context, callers, time))?;
            let judged = time == FAST;
            figures.push(if judged { figure.bar(Bar::AtLeast(bar)).stretch(Bar::AtLeast(stretch)) } else { figure });
        }
    }
    Ok(Finding::Figures(figures))
}

fn compare(context: &Context, callers: usize, time: Duration) -> Result<Figure, Failure> {
    let runtime = context.runtime()?;
    let store = open(&runtime, &context.fresh("group")?, SqliteOptions::new())?;
    let bulk_folder = context.fresh("bulk")?;
    drop(open(&runtime, &bulk_folder, SqliteOptions::new())?);
    let mut bulk = Bulk::open(&bulk_folder, u64::try_from(callers)?, 1000)?;
    let mut round = 0;
    let paired = Paired::run(
        context.rounds(),
        || {
            round += 1;
            stream_appends_per_second(context, &runtime, &store, callers, round)
        },
        || bulk.rows_per_second(context.round_time()),
    )?;
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    Ok(Figure::compared(
        syncs::case(callers, Some(time)),
        ours,
        "1000 rows a transaction, by hand",
        theirs,
        paired.ratio(),
    ))
}
