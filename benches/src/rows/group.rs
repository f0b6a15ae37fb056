//! SQLite, one stream-versioned event an append: many callers against the same schema at a thousand events a
//! transaction.
//!
//! Neither side syncs; each commit of both takes a stated time longer instead, as if the disk's sync took that long. So
//! the ratio is that of the software, whatever the disk.

use std::time::Duration;

use eskit_sqlite::{Durability, SqliteOptions};

use crate::log::{open, stream_appends_per_second};
use crate::peers::bulk::{Bulk, Commit};
use eskit_benches::Failure;
use eskit_benches::context::Context;
use eskit_benches::figure::{Bar, Figure, Finding, Quantity};
use eskit_benches::measure::Paired;

/// What stands for a fast disk; the bars are for it.
const FAST: Duration = Duration::from_micros(50);
const DELAYS: [Duration; 3] = [FAST, Duration::from_millis(1), Duration::from_millis(4)];

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let mut figures = Vec::new();
    for delay in DELAYS {
        for (callers, bar, stretch) in [(64, 0.43, 0.5), (256, 0.60, 0.7)] {
            let figure = compare(context, callers, delay)?;
            let judged = delay == FAST;
            figures.push(if judged { figure.bar(Bar::AtLeast(bar)).stretch(Bar::AtLeast(stretch)) } else { figure });
        }
    }
    Ok(Finding::Figures(figures))
}

fn compare(context: &Context, callers: usize, delay: Duration) -> Result<Figure, Failure> {
    let runtime = context.runtime()?;
    let options = || SqliteOptions::new().durability(Durability::Normal).emulated_fsync_delay(delay);
    let store = open(&runtime, &context.fresh("group")?, options())?;
    let bulk_folder = context.fresh("bulk")?;
    drop(open(&runtime, &bulk_folder, options())?);
    let mut bulk = Bulk::open(&bulk_folder, u64::try_from(callers)?, Commit::Thousand(delay))?;
    let mut round = 0;
    let paired = Paired::run(
        context.rounds(),
        || {
            round += 1;
            stream_appends_per_second(context, &runtime, &store, callers, round)
        },
        || bulk.rows_per_second(context.round_time()),
    )?;
    let case = format!("{callers} callers, sync of {} us", delay.as_micros());
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    Ok(Figure::compared(case, ours, "1000 rows a transaction, by hand", theirs, paired.ratio()))
}
