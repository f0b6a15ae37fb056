//! SQLite against UmaDB: one event with two tags, under the condition that no event of its type has both.
//!
//! Both write to the same disk and both sync before they answer: SQLite once a commit, UmaDB twice. What each costs beside its
//! syncs weighs the more, the faster the disk, so one caller is measured with syncs of a stated time as well.

use std::time::Duration;

use eskit_sqlite::SqliteOptions;

use crate::log::{TAGGED_EVENT, course_and_student, open, payload, unique_appends_per_second};
use crate::peers::umadb::UmaDb;
use crate::rows::append::SYNCS;
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::drive::calls_per_second;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;
use eskit_bench_harness::syncs;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let mut figures = Vec::new();
    for time in SYNCS {
        figures.push(syncs::taking(time, || compare(context, 1, time))?.bar(Bar::AtLeast(1.9)));
    }
    for (callers, bar) in [(64, 1.6), (256, 1.9)] {
        figures.push(compare(context, callers, None)?.bar(Bar::AtLeast(bar)));
    }
    Ok(Finding::Figures(figures))
}

fn compare(context: &Context, callers: usize, time: Option<Duration>) -> Result<Figure, Failure> {
    let runtime = context.runtime()?;
    let store = open(&runtime, &context.fresh("eskit")?, SqliteOptions::new())?;
    let uma = UmaDb::open(&context.fresh("umadb")?)?;
    let (mut our_round, mut their_round) = (0, 0);
    let paired = Paired::run(
        context.rounds(),
        || {
            our_round += 1;
            unique_appends_per_second(context, &runtime, &store, callers, our_round)
        },
        || {
            their_round += 1;
            let uma = uma.handle();
            calls_per_second(&runtime, callers, context.round_time(), move |caller, number| {
                let (uma, [course, student]) = (uma.clone(), course_and_student(their_round, caller, number));
                let tags = [format!("course:{course}"), format!("student:{student}")];
                let id = eskit::log::EventId::new().as_uuid();
                async move { uma.append_unique(TAGGED_EVENT, tags, payload(number), id).await }
            })
        },
    )?;
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    Ok(Figure::compared(syncs::case(callers, time), ours, "umadb-core 0.7", theirs, paired.ratio()))
}
