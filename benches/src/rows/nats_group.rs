//! NATS, one stream-versioned event an append, 64 callers of one store: against publishes of the same size to a stream without eskit, one after
//! the other, and by as many callers.

use std::sync::Arc;

use crate::log::stream_appends_per_second;
use crate::nats::{NOT_FOUND, Servers};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::drive::calls_per_second;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::{Contender, median, median_ratio, take_turns};

const CALLERS: usize = 64;

/// Runs the row on one server.
pub(crate) fn run_one(context: &Context) -> Result<Finding, Failure> {
    run(context, Servers::one()?, [Some(20.0), None])
}

/// Runs the row on three servers.
pub(crate) fn run_three(context: &Context) -> Result<Finding, Failure> {
    run(context, Servers::three()?, [None, Some(1.0)])
}

fn run(context: &Context, servers: Option<Servers>, bars: [Option<f64>; 2]) -> Result<Finding, Failure> {
    let Some(servers) = servers else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let (store, plain) = (servers.open(&runtime, "eskit")?, servers.plain(&runtime, "plain")?);
    let publishes = |callers| {
        let (context, runtime, plain) = (&context, &runtime, Arc::clone(&plain));
        move || {
            let plain = Arc::clone(&plain);
            calls_per_second(runtime, callers, context.round_time(), move |_, number| {
                let plain = Arc::clone(&plain);
                async move { plain.publish(number).await }
            })
        }
    };
    let mut round = 0;
    let appends = || {
        round += 1;
        stream_appends_per_second(context, &runtime, &store, CALLERS, round)
    };
    let names = ["plain publishes, one after the other", "64 callers of plain publishes"];
    let rates = take_turns(
        context.rounds(),
        &mut [
            Contender { name: "eskit", run: Box::new(appends) },
            Contender { name: names[0], run: Box::new(publishes(1)) },
            Contender { name: names[1], run: Box::new(publishes(CALLERS)) },
        ],
    )?;
    let figures = rates[1..].iter().zip(names).zip(bars).map(|((theirs, name), bar)| {
        let (ours, other) = (Quantity::per_second(median(&rates[0])), Quantity::per_second(median(theirs)));
        let figure = Figure::compared(format!("{CALLERS} callers"), ours, name, other, median_ratio(&rates[0], theirs));
        match bar {
            Some(bar) => figure.bar(Bar::AtLeast(bar)),
            None => figure,
        }
    });
    Ok(Finding::Figures(figures.collect()))
}
