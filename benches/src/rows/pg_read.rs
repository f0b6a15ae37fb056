//! PostgreSQL: loading accounts of a hundred events, and reading the whole log, against other libraries on the same
//! server, and against the same rows read by hand. All of them work in a task of their runtime, as they would for a request.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use crate::account::{Deposited, EVENTS, filled, loads_per_second};
use crate::log::read_all;
use crate::peers::postgres_account::{self, ByHand};
use crate::peers::program::Program;
use crate::postgres::{NOT_FOUND, create_database, open, start};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::{Contender, median, median_ratio, take_turns};

const PEERS: [(&str, &str); 3] = [
    ("cqrs-es", "cqrs-es 0.5, postgres-es 0.5"),
    ("eventcore", "eventcore-postgres 2.1"),
    ("disintegrate", "disintegrate-postgres 4.0"),
];

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let accounts = context.size(1000, 64);
    let store = open(&runtime, &cluster, "eskit")?;
    let app = filled(&runtime, store.clone(), accounts)?;
    let mut programs = Vec::new();
    for (library, _) in PEERS {
        let dsn = create_database(&runtime, &cluster, library)?;
        let arguments = [library.to_owned(), dsn, accounts.to_string(), EVENTS.to_string()];
        programs.push(Program::start("postgres", &arguments)?);
    }
    let replay = || {
        let (started, store) = (Instant::now(), Arc::clone(&store));
        let events = runtime.block_on(runtime.spawn(async move {
            read_all(&*store, |events| {
                for event in events {
                    black_box(event.decode::<Deposited>()?);
                }
                Ok(())
            })
            .await
        }))??;
        if events != accounts * EVENTS {
            return Err(format!("{events} of {} events were read", accounts * EVENTS).into());
        }
        Ok(events as f64 / started.elapsed().as_secs_f64())
    };
    let load = || loads_per_second(&runtime, &app, accounts);
    let by_hand = ByHand::filled(&runtime, &cluster, accounts)?;
    let limit = || by_hand.loads_per_second(&runtime);
    let mut figures = Vec::new();
    figures.extend(compare(context, "load", [&load, &limit], &mut programs, [Some(2.0), None])?);
    let limit = || by_hand.events_per_second(&runtime);
    figures.extend(compare(context, "replay", [&replay, &limit], &mut programs, [Some(1.9), Some(3.0)])?);
    Ok(Finding::Figures(figures))
}

/// Against each of the peers and the limit; the bars are for the fastest peer.
fn compare(
    context: &Context,
    order: &str,
    [ours, limit]: [&dyn Fn() -> Result<f64, Failure>; 2],
    programs: &mut [Program],
    [bar, stretch]: [Option<f64>; 2],
) -> Result<Vec<Figure>, Failure> {
    let mut contenders = vec![
        Contender { name: "eskit", run: Box::new(ours) },
        Contender { name: postgres_account::READS, run: Box::new(limit) },
    ];
    for ((_, name), program) in PEERS.iter().zip(programs) {
        contenders.push(Contender { name, run: Box::new(move || program.rate(order)) });
    }
    let rates = take_turns(context.rounds(), &mut contenders)?;
    let fastest = rates[2..].iter().map(|rates| median(rates)).fold(0.0, f64::max);
    let figure = |name: &'static str, theirs: &[f64]| {
        let (our_rate, their_rate) = (Quantity::per_second(median(&rates[0])), median(theirs));
        let ratio = median_ratio(&rates[0], theirs);
        (Figure::compared(order, our_rate, name, Quantity::per_second(their_rate), ratio), their_rate)
    };
    let judged = |((_, name), theirs): (&(&str, &'static str), &Vec<f64>)| {
        let (mut figure, their_rate) = figure(name, theirs);
        if their_rate >= fastest {
            figure = bar.map(Bar::AtLeast).into_iter().fold(figure, Figure::bar);
            figure = stretch.map(Bar::AtLeast).into_iter().fold(figure, Figure::stretch);
        }
        figure
    };
    let (limit, _) = figure(postgres_account::READS, &rates[1]);
    Ok(PEERS.iter().zip(&rates[2..]).map(judged).chain([limit]).collect())
}
