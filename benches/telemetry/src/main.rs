//! Commands on accounts of a hundred events in memory, in a program with the features for telemetry, or without: the row `telemetry`
//! builds both, and has them take turns. Each order on standard input is a number of commands, after the word `layers` for an app with
//! all layers and middlewares that measure; the answer is how many there were in a second of processor time.
#![allow(clippy::print_stdout, reason = "the row reads the answers")]

use std::io::BufRead as _;

use eskit::prelude::*;
use eskit_bench_harness::{Failure, cpu};
use tokio::runtime::{Builder, Runtime};

const ACCOUNTS: u32 = 50;
const EVENTS: u32 = 100;

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
}

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
    fn deposit(&self, command: &Deposit) -> Deposited {
        let note = "a standing order of every month, paid at the counter of the branch".to_owned();
        Deposited { account: command.account, amount: 5, note }
    }
}

fn main() -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().build()?;
    let mut plain = Accounts::filled(&runtime, App::new(MemoryStore::new()))?;
    #[cfg(feature = "telemetry")]
    let mut layers = {
        let store = eskit::layer::Metered::new(eskit::layer::Traced::new(MemoryStore::new()));
        let app = App::new(store).with_middleware(eskit::middleware::Metered::new());
        Accounts::filled(&runtime, app.with_middleware(eskit::middleware::Logged))?
    };
    println!("ready");
    for order in std::io::stdin().lock().lines() {
        let order = order?;
        let rate = match order.split_once(' ') {
            #[cfg(feature = "telemetry")]
            Some(("layers", count)) => layers.commands_per_second(&runtime, count.parse()?)?,
            _ => plain.commands_per_second(&runtime, order.parse()?)?,
        };
        println!("{rate}");
    }
    Ok(())
}

struct Accounts<S> {
    app: App<S>,
    next: u32,
}

impl<S: EventStore> Accounts<S> {
    fn filled(runtime: &Runtime, app: App<S>) -> Result<Accounts<S>, Failure> {
        let mut accounts = Accounts { app, next: 0 };
        accounts.commands_per_second(runtime, ACCOUNTS * EVENTS)?;
        Ok(accounts)
    }

    fn commands_per_second(&mut self, runtime: &Runtime, count: u32) -> Result<f64, Failure> {
        let started = cpu::used();
        runtime.block_on(async {
            for _ in 0..count {
                self.app.execute(Deposit { account: self.next % ACCOUNTS }).await?;
                self.next += 1;
            }
            Ok::<(), Failure>(())
        })?;
        Ok(f64::from(count) / (cpu::used() - started).as_secs_f64())
    }
}
