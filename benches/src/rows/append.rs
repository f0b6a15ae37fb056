//! SQLite, one stream-versioned event an append: one caller against the disk.
//!
//! What the store costs beside the sync weighs the more, the faster the disk. How much of it is SQLite's own, the same rows
//! written by hand tell. So that figures of different disks can be compared, the same is measured without a sync, and with
//! commits that take a stated time longer instead.

use std::time::Duration;

use eskit_sqlite::{Durability, SqliteOptions};

use crate::log::{open, stream_appends_per_second};
use crate::peers::bulk::{Bulk, Commit};
use eskit_benches::context::Context;
use eskit_benches::figure::{Bar, Figure, Finding, Quantity};
use eskit_benches::measure::Paired;
use eskit_benches::{Failure, disk};

/// What stands for the syncs of slower disks.
const DELAYS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(4)];

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let syncs = || disk::syncs_per_second(context.folder(), context.round_time());
    let figure = compare(context, "1 caller", SqliteOptions::new(), "syncs of one page on the same disk", syncs)?;
    let mut figures = vec![figure.bar(Bar::AtLeast(0.85))];
    let by_hand = context.fresh("by-hand")?;
    drop(open(&context.runtime()?, &by_hand, SqliteOptions::new())?);
    let mut by_hand = Bulk::open(&by_hand, 1, Commit::OneSynced)?;
    let rows = || by_hand.rows_per_second(context.round_time());
    figures.push(compare(context, "1 caller", SqliteOptions::new(), "the same row a transaction, by hand", rows)?);
    for delay in DELAYS {
        let options = SqliteOptions::new().durability(Durability::Normal).emulated_fsync_delay(delay);
        let case = format!("1 caller, sync of {} us", delay.as_micros());
        figures.push(compare(context, &case, options, "nothing but the syncs", || Ok(1.0 / delay.as_secs_f64()))?);
    }
    Ok(Finding::Figures(figures))
}

fn compare(
    context: &Context,
    case: &str,
    options: SqliteOptions,
    peer: &'static str,
    theirs: impl FnMut() -> Result<f64, Failure>,
) -> Result<Figure, Failure> {
    let runtime = context.runtime()?;
    let store = open(&runtime, &context.fresh("append")?, options)?;
    let mut round = 0;
    let ours = || {
        round += 1;
        stream_appends_per_second(context, &runtime, &store, 1, round)
    };
    let paired = Paired::run(context.rounds(), ours, theirs)?;
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    Ok(Figure::compared(case.to_owned(), ours, peer, theirs, paired.ratio()))
}
