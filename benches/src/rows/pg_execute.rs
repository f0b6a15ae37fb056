//! PostgreSQL: a command on an account of a hundred events, against other libraries on the same server.
//!
//! Each round executes one command on every account, so an account grows by one event a round. Every account belongs to
//! one client, so that no command meets another. A second program of ours caches the state of each account, on a log of its own,
//! and reads nothing after its first round; the bars are for the one that loads the account for each command, as the peers do.
//! What PostgreSQL and its driver allow at most, the same rows read and written by hand tell.

use std::sync::Arc;

use eskit::App;

use crate::account::{Account, EVENTS, commands_per_second, filled};
use crate::peers::postgres_account::{self, ByHand};
use crate::peers::program::Program;
use crate::postgres::{NOT_FOUND, create_database, open, start};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::{Contender, median, median_ratio, take_turns};

/// A peer, what its program is told to run, and what is asked for with 1 and with 32 clients.
struct Peer {
    program: &'static str,
    name: &'static str,
    bars: [f64; 2],
}

const PEERS: [Peer; 3] = [
    Peer { program: "cqrs-es", name: "cqrs-es 0.5, postgres-es 0.5", bars: [2.0, 3.0] },
    Peer { program: "eventcore", name: "eventcore-postgres 2.1", bars: [3.0, 4.0] },
    Peer { program: "disintegrate", name: "disintegrate-postgres 4.0", bars: [10.0, 10.0] },
];
const CLIENTS: [usize; 2] = [1, 32];

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let accounts = context.size(640, 64);
    let app = filled(&runtime, open(&runtime, &cluster, "eskit")?, accounts)?;
    let caching = filled(&runtime, open(&runtime, &cluster, "caching")?, accounts)?;
    let caching = Arc::new(App::clone(&caching).with_state_cache::<Account>(accounts));
    commands_per_second(&runtime, &caching, accounts, 1)?;
    let by_hand = ByHand::filled(&runtime, &cluster, accounts)?;
    let mut programs = Vec::new();
    for peer in &PEERS {
        let dsn = create_database(&runtime, &cluster, peer.program)?;
        let arguments = [peer.program.to_owned(), dsn, accounts.to_string(), EVENTS.to_string()];
        programs.push(Program::start("postgres", &arguments)?);
    }
    let mut figures = Vec::new();
    for (of, clients) in CLIENTS.into_iter().enumerate() {
        let order = format!("execute {clients}");
        let eskit = || commands_per_second(&runtime, &app, accounts, clients);
        let cached = || commands_per_second(&runtime, &caching, accounts, clients);
        let mut contenders = vec![
            Contender { name: "eskit", run: Box::new(eskit) },
            Contender { name: "eskit, states cached", run: Box::new(cached) },
            Contender {
                name: postgres_account::NAME,
                run: Box::new(|| by_hand.deposits_per_second(&runtime, clients)),
            },
        ];
        for (peer, program) in PEERS.iter().zip(&mut programs) {
            let order = &order;
            contenders.push(Contender { name: peer.name, run: Box::new(move || program.rate(order)) });
        }
        let rates = take_turns(context.rounds(), &mut contenders)?;
        let case = if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") };
        let figure = |case: &str, ours: &[f64], name: &'static str, theirs: &[f64]| {
            let ratio = median_ratio(ours, theirs);
            let (ours, theirs) = (Quantity::per_second(median(ours)), Quantity::per_second(median(theirs)));
            Figure::compared(case, ours, name, theirs, ratio)
        };
        let cached = format!("{case}, states cached");
        for (peer, theirs) in PEERS.iter().zip(&rates[3..]) {
            let loading = figure(&case, &rates[0], peer.name, theirs).bar(Bar::AtLeast(peer.bars[of]));
            let hoped = peer.program == "cqrs-es" && clients == 32;
            figures.push(if hoped { loading.stretch(Bar::AtLeast(4.0)) } else { loading });
            figures.push(figure(&cached, &rates[1], peer.name, theirs));
            figures.push(figure(&format!("{case}, by hand"), &rates[2], peer.name, theirs));
        }
        figures.push(figure(&case, &rates[0], postgres_account::NAME, &rates[2]));
    }
    Ok(Finding::Figures(figures))
}
