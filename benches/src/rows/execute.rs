//! Executing a command on an aggregate of a hundred events: read, fold, decide, append.
//!
//! Each round executes one command on every account, so an account grows by one event a round.

use eskit::MemoryStore;
use eskit_sqlite::{Durability, SqliteOptions};
use tokio::runtime::Runtime;

use crate::account::{EVENTS, commands_per_second, filled};
use crate::peers::cqrs;
use crate::peers::program::Program;
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    let accounts = context.size(200, 20);
    let mut figures = vec![memory(context, &runtime, accounts)?];
    for (case, durability, synchronous) in
        [("SQLite, synced", Durability::Full, "full"), ("SQLite, not synced", Durability::Normal, "normal")]
    {
        let options = SqliteOptions::new().durability(durability);
        let store = runtime.block_on(options.open(context.fresh("eskit")?.join("log.db")))?;
        let app = filled(&runtime, store, accounts)?;
        let file = context.fresh("cqrs")?.join("cqrs.db");
        let arguments = [file.display().to_string(), accounts.to_string(), EVENTS.to_string(), synchronous.to_owned()];
        let mut peer = Program::start("sqlite-es", &arguments)?;
        let paired = Paired::run(
            context.rounds(),
            || commands_per_second(&runtime, &app, accounts, 1),
            || peer.rate("execute"),
        )?;
        figures.push(figure(case, &paired, "cqrs-es 0.5, sqlite-es 0.5").bar(Bar::AtLeast(2.0)));
    }
    Ok(Finding::Figures(figures))
}

fn memory(context: &Context, runtime: &Runtime, accounts: usize) -> Result<Figure, Failure> {
    let app = filled(runtime, MemoryStore::new(), accounts)?;
    let peer = cqrs::Memory::open(runtime, accounts, EVENTS)?;
    let paired = Paired::run(
        context.rounds(),
        || commands_per_second(runtime, &app, accounts, 1),
        || peer.commands_per_second(runtime),
    )?;
    // That store keeps the events as they are and decodes nothing, so there is no bar.
    Ok(figure("in memory", &paired, "cqrs-es 0.5, its store for tests"))
}

fn figure(case: &str, paired: &Paired, against: &str) -> Figure {
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    Figure::compared(case, ours, against, theirs, paired.ratio())
}
