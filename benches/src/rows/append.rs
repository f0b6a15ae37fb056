//! SQLite, one stream-versioned event an append: one caller against the disk.

use eskit_sqlite::SqliteOptions;

use crate::log::{open, stream_appends_per_second};
use eskit_benches::context::Context;
use eskit_benches::figure::{Bar, Figure, Finding, Quantity};
use eskit_benches::measure::Paired;
use eskit_benches::{Failure, disk};

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    let store = open(&runtime, &context.fresh("append")?, SqliteOptions::new())?;
    let mut round = 0;
    let paired = Paired::run(
        context.rounds(),
        || {
            round += 1;
            stream_appends_per_second(context, &runtime, &store, 1, round)
        },
        || disk::syncs_per_second(context.folder(), context.round_time()),
    )?;
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    let figure = Figure::compared("1 caller", ours, "syncs of one page on the same disk", theirs, paired.ratio());
    Ok(Finding::Figures(vec![figure.bar(Bar::AtLeast(0.85))]))
}
