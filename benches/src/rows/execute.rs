//! Executing a command on an aggregate of a hundred events: read, fold, decide, append.
//!
//! Each round executes one command on every account, so an account grows by one event a round.

use std::time::Instant;

use eskit::prelude::*;
use eskit::{Append, NewEvent, StreamId};
use eskit_sqlite::{Durability, SqliteOptions};
use tokio::runtime::Runtime;

use crate::peers::cqrs;
use eskit_benches::Failure;
use eskit_benches::context::Context;
use eskit_benches::figure::{Bar, Figure, Finding, Quantity};
use eskit_benches::measure::Paired;

const EVENTS: usize = 100;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bench")]
struct Deposited {
    #[tag]
    account: u32,
    amount: i64,
    note: String,
}

#[derive(Command)]
struct Deposit {
    #[tag]
    account: u32,
    amount: i64,
    note: String,
}

impl Deposit {
    fn new(account: u32) -> Deposit {
        let note = "a standing order of every month, paid at the counter of the branch".to_owned();
        Deposit { account, amount: 5, note }
    }
}

/// An account: the sum of its deposits.
#[aggregate(stream = "account")]
#[derive(Default)]
struct Account {
    balance: i64,
}

#[decider]
impl Account {
    #[evolve]
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    #[decide]
    fn deposit(&self, command: &Deposit) -> Result<Deposited, &'static str> {
        if command.amount <= 0 {
            return Err("a deposit is more than nothing");
        }
        Ok(Deposited { account: command.account, amount: command.amount, note: command.note.clone() })
    }
}

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
        let mut peer = cqrs::Sqlite::open(&context.fresh("cqrs")?, accounts, EVENTS, synchronous)?;
        let paired = Paired::run(
            context.rounds(),
            || commands_per_second(&runtime, &app, accounts),
            || peer.commands_per_second(),
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
        || commands_per_second(runtime, &app, accounts),
        || peer.commands_per_second(runtime),
    )?;
    // That store keeps the events as they are and decodes nothing, so there is no bar.
    Ok(figure("in memory", &paired, "cqrs-es 0.5, its store for tests"))
}

fn figure(case: &str, paired: &Paired, against: &str) -> Figure {
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    Figure::compared(case, ours, against, theirs, paired.ratio())
}

/// An app whose accounts have [`EVENTS`] events each.
fn filled<S: EventStore>(runtime: &Runtime, store: S, accounts: usize) -> Result<App<S>, Failure> {
    runtime.block_on(async {
        for account in 0..u32::try_from(accounts)? {
            let events = (0..EVENTS).map(|_| recorded(account)).collect::<Result<Vec<_>, Failure>>()?;
            store.append(Append::new(events)).await?;
        }
        Ok(App::new(store))
    })
}

fn recorded(account: u32) -> Result<NewEvent, Failure> {
    let Deposit { amount, note, .. } = Deposit::new(account);
    let payload = serde_json::to_vec(&Deposited { account, amount, note })?;
    let mut event = NewEvent::json("bench.Deposited", payload);
    event.stream = Some(StreamId::new("account", account.to_string()));
    event.tags.push("account", account);
    Ok(event)
}

/// Executes one command on every account; returns how many a second.
fn commands_per_second<S: EventStore>(runtime: &Runtime, app: &App<S>, accounts: usize) -> Result<f64, Failure> {
    let accounts = u32::try_from(accounts)?;
    let started = Instant::now();
    let balances = runtime.block_on(async {
        let mut balances = 0;
        for account in 0..accounts {
            let executed = app.execute(Deposit::new(account)).await.map_err(|error| error.to_string())?;
            balances += executed.state.balance;
        }
        Ok::<i64, Failure>(balances)
    })?;
    let rate = f64::from(accounts) / started.elapsed().as_secs_f64();
    if balances < i64::from(accounts) * 5 * (EVENTS as i64 + 1) {
        return Err("an account folded fewer events than it has".into());
    }
    Ok(rate)
}
