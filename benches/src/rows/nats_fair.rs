//! NATS, four stores that append to one log at the same time, each with a connection and threads of its own, as in four processes: what the
//! slowest of them gets of its fair share.

use std::thread;

use crate::log::stream_appends_per_second;
use crate::nats::{NOT_FOUND, Servers};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::median;

const STORES: u32 = 4;
const CALLERS: usize = 16;

/// Runs the row on one server.
pub(crate) fn run_one(context: &Context) -> Result<Finding, Failure> {
    run(context, Servers::one()?)
}

/// Runs the row on three servers.
pub(crate) fn run_three(context: &Context) -> Result<Finding, Failure> {
    run(context, Servers::three()?)
}

fn run(context: &Context, servers: Option<Servers>) -> Result<Finding, Failure> {
    let Some(servers) = servers else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let mut stores = Vec::new();
    for _ in 0..STORES {
        let runtime = context.runtime()?;
        let store = servers.open(&runtime, "fair")?;
        stores.push((runtime, store));
    }
    let (mut slowest, mut shares) = (Vec::new(), Vec::new());
    for round in 0..u32::try_from(context.rounds())? {
        let rates = thread::scope(|scope| {
            let mut threads = Vec::new();
            for (number, (runtime, store)) in (0..STORES).zip(&stores) {
                // The streams of one store are not those of another.
                let own = round * STORES + number;
                threads.push(scope.spawn(move || stream_appends_per_second(context, runtime, store, CALLERS, own)));
            }
            let rates = threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread panicked")?);
            rates.collect::<Result<Vec<f64>, Failure>>()
        })?;
        let least = rates.iter().copied().fold(f64::INFINITY, f64::min);
        slowest.push(least);
        shares.push(least * f64::from(STORES) / rates.iter().sum::<f64>());
    }
    let case = format!("{STORES} stores of {CALLERS} callers, the slowest");
    let figure = Figure {
        judged: Some(Quantity::times(median(&shares))),
        ..Figure::reported(case, Quantity::per_second(median(&slowest)))
    };
    Ok(Finding::Figures(vec![figure.bar(Bar::AtLeast(0.5))]))
}
