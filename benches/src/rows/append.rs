//! SQLite, one stream-versioned event an append: one caller against the disk.
//!
//! What the store costs beside the sync weighs the more, the faster the disk. How much of it is SQLite's own, the same rows
//! written by hand tell. So that figures of different disks can be compared, the same is measured with syncs of a stated time.

use std::time::Duration;

use eskit_sqlite::SqliteOptions;

use crate::log::{open, stream_appends_per_second};
use crate::peers::bulk::Bulk;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;
use eskit_bench_harness::{Failure, disk, syncs};

/// The disk's own syncs, and those of slower disks.
pub(crate) const SYNCS: [Option<Duration>; 3] = [None, Some(Duration::from_millis(1)), Some(Duration::from_millis(4))];

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let mut figures = Vec::new();
    for time in SYNCS {
        let syncs = || disk::syncs_per_second(context.folder(), context.round_time());
        let case = syncs::case(1, time);
        let figure = syncs::taking(time, || compare(context, case, "syncs of one page on the same disk", syncs))?;
        figures.push(figure.bar(Bar::AtLeast(0.85)));
    }
    let by_hand = context.fresh("by-hand")?;
    drop(open(&context.runtime()?, &by_hand, SqliteOptions::new())?);
    let mut by_hand = Bulk::open(&by_hand, 1, 1)?;
    let rows = || by_hand.rows_per_second(context.round_time());
    figures.push(compare(context, syncs::case(1, None), "the same row a transaction, by hand", rows)?);
    Ok(Finding::Figures(figures))
}

fn compare(
    context: &Context,
    case: String,
    peer: &'static str,
    theirs: impl FnMut() -> Result<f64, Failure>,
) -> Result<Figure, Failure> {
    let runtime = context.runtime()?;
    let store = open(&runtime, &context.fresh("append")?, SqliteOptions::new())?;
    let mut round = 0;
    let ours = || {
        round += 1;
        stream_appends_per_second(context, &runtime, &store, 1, round)
    };
    let paired = Paired::run(context.rounds(), ours, theirs)?;
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    Ok(Figure::compared(case, ours, peer, theirs, paired.ratio()))
}
