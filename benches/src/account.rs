//! The account of the rows that execute commands: deposits, and their sum.

use std::sync::Arc;
use std::time::Instant;

use eskit::log::{Append, NewEvent, StreamId};
use eskit::prelude::*;
use tokio::runtime::Runtime;

use eskit_bench_harness::Failure;

/// How many events an account has before anything is measured.
pub(crate) const EVENTS: usize = 100;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bench")]
pub(crate) struct Deposited {
    #[tag]
    pub(crate) account: u32,
    pub(crate) amount: i64,
    pub(crate) note: String,
}

#[derive(Command)]
pub(crate) struct Deposit {
    #[tag]
    account: u32,
    amount: i64,
    note: String,
}

impl Deposit {
    pub(crate) fn new(account: u32) -> Deposit {
        let note = "a standing order of every month, paid at the counter of the branch".to_owned();
        Deposit { account, amount: 5, note }
    }
}

/// An account: the sum of its deposits.
#[aggregate(stream = "account")]
#[derive(Default, Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    balance: i64,
}

impl Account {
    /// Adds an encoded deposit.
    pub(crate) fn apply(&mut self, payload: &[u8]) -> Result<(), Failure> {
        self.deposited(&serde_json::from_slice(payload)?);
        Ok(())
    }
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

/// An app with this many accounts of [`EVENTS`] events each.
pub(crate) fn filled<S: EventStore>(runtime: &Runtime, store: S, accounts: usize) -> Result<Arc<App<S>>, Failure> {
    runtime.block_on(async {
        for account in 0..u32::try_from(accounts)? {
            let events = (0..EVENTS).map(|_| recorded(account)).collect::<Result<Vec<_>, Failure>>()?;
            store.append(Append::new(events)).await?;
        }
        Ok(Arc::new(App::new(store)))
    })
}

/// One deposit, as it stands in the log.
pub(crate) fn recorded(account: u32) -> Result<NewEvent, Failure> {
    let Deposit { amount, note, .. } = Deposit::new(account);
    let payload = serde_json::to_vec(&Deposited { account, amount, note })?;
    let mut event = NewEvent::json("bench.Deposited", payload);
    event.stream = Some(StreamId::new("account", account.to_string()));
    event.tags.push("account", account);
    Ok(event)
}

/// Calls `call` with a client and an account, for every account, each by one of the clients; returns how many a second.
pub(crate) fn accounts_per_second<F>(
    runtime: &Runtime,
    accounts: usize,
    clients: usize,
    call: impl Fn(u32, u32) -> F + Clone + Send + 'static,
) -> Result<f64, Failure>
where
    F: Future<Output = Result<(), Failure>> + Send,
{
    let accounts = u32::try_from(accounts)?;
    let started = Instant::now();
    runtime.block_on(async {
        let client = |client| {
            let call = call.clone();
            tokio::spawn(async move {
                for account in (client..accounts).step_by(clients) {
                    call(client, account).await?;
                }
                Ok::<(), Failure>(())
            })
        };
        let tasks: Vec<_> = (0..u32::try_from(clients)?).map(client).collect();
        for task in tasks {
            task.await??;
        }
        Ok::<(), Failure>(())
    })?;
    Ok(f64::from(accounts) / started.elapsed().as_secs_f64())
}

/// Executes one command on every account, each account by one of the clients; returns how many a second.
pub(crate) fn commands_per_second<S: EventStore + 'static>(
    runtime: &Runtime,
    app: &Arc<App<S>>,
    accounts: usize,
    clients: usize,
) -> Result<f64, Failure> {
    let app = Arc::clone(app);
    accounts_per_second(runtime, accounts, clients, move |_, account| {
        let app = Arc::clone(&app);
        async move { complete(&app.execute(Deposit::new(account)).await?.state) }
    })
}

/// Loads every account, one after the other, in one task; returns how many a second.
pub(crate) fn loads_per_second<S: EventStore + 'static>(
    runtime: &Runtime,
    app: &Arc<App<S>>,
    accounts: usize,
) -> Result<f64, Failure> {
    let app = Arc::clone(app);
    accounts_per_second(runtime, accounts, 1, move |_, account| {
        let app = Arc::clone(&app);
        async move { complete(&app.load::<Account>(account).await?.state) }
    })
}

/// Refuses an account that lacks events.
pub(crate) fn complete(account: &Account) -> Result<(), Failure> {
    if account.balance < 5 * EVENTS as i64 {
        return Err("an account folded fewer events than it has".into());
    }
    Ok(())
}
