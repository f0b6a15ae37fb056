//! Other libraries on PostgreSQL, as a program that the benchmarks give orders to.
//!
//! `postgres-peer <library> <dsn> <accounts> <events>` gives every account its events and prints `ready`. For each line
//! that it then reads, it prints one rate a second: `execute <clients>` executes one command on every account, `load`
//! loads every account, `replay` reads and decodes every event, `project` builds the balances of all accounts in a table, from every event,
//! and `keep <clients>` executes commands on every account, until the table has what they deposited.

mod cqrs;
mod disintegrate;
mod eventcore;

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

type Failure = Box<dyn Error + Send + Sync>;

/// The note of every deposit, the same as on eskit's side.
const NOTE: &str = "a standing order of every month, paid at the counter of the branch";

/// How many commands `keep` executes on each account.
const KEPT: usize = 10;

/// A deposit of nothing.
#[derive(Debug)]
struct NotPositive;

impl std::fmt::Display for NotPositive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a deposit is more than nothing")
    }
}

impl Error for NotPositive {}

/// What is measured of a library.
trait Library: Send + Sync + 'static {
    /// Executes one command on an account, which deposits this often.
    fn deposit(&self, account: usize, times: usize) -> impl Future<Output = Result<(), Failure>> + Send;

    /// The balance of an account.
    fn load(&self, account: usize) -> impl Future<Output = Result<i64, Failure>> + Send;

    /// How many events there are, having decoded each.
    fn replay(&self) -> impl Future<Output = Result<usize, Failure>> + Send;

    /// Builds the balances of all accounts in a table. Returns from how many events.
    fn project(&self) -> impl Future<Output = Result<usize, Failure>> + Send {
        std::future::ready(Err("it keeps no balances".into()))
    }

    /// Begins to keep the balances, if that is not part of each command.
    fn follow(&self) -> impl Future<Output = Result<(), Failure>> + Send {
        std::future::ready(Ok(()))
    }

    /// Returns when the balances are those of the log, and keeps them no more.
    fn has_followed(&self) -> impl Future<Output = Result<(), Failure>> + Send {
        std::future::ready(Ok(()))
    }
}

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // In a task, as a server serves its requests: the thread that only waits for it would have to be woken each time.
    runtime.block_on(async { tokio::spawn(run()).await? })
}

async fn run() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, dsn, accounts, events] = arguments.as_slice() else {
        return Err("usage: postgres-peer <library> <dsn> <accounts> <events>".into());
    };
    let (accounts, events) = (accounts.parse()?, events.parse()?);
    // As many connections as the documentation of each of them sets.
    let pool = PgPoolOptions::new().max_connections(10).connect(dsn).await?;
    match library.as_str() {
        "cqrs-es" => serve(cqrs::open(pool, false).await?, accounts, events).await,
        "cqrs-es-views" => serve(cqrs::open(pool, true).await?, accounts, events).await,
        "eventcore" => serve(eventcore::open(pool).await?, accounts, events).await,
        "disintegrate" => serve(disintegrate::open(pool).await?, accounts, events).await,
        _ => Err(format!("no library is called {library:?}").into()),
    }
}

async fn serve<L: Library>(library: L, accounts: usize, events: usize) -> Result<(), Failure> {
    let library = Arc::new(library);
    for account in 0..accounts {
        library.deposit(account, events).await?;
    }
    println!("ready");
    let mut line = String::new();
    while std::io::stdin().read_line(&mut line)? > 0 {
        let order = line.trim_end();
        let started = Instant::now();
        let done = match order.split_once(' ') {
            Some(("execute", clients)) => execute(&library, accounts, clients.parse()?).await?,
            Some(("keep", clients)) => keep(&library, accounts, clients.parse()?).await?,
            None if order == "project" => library.project().await?,
            None if order == "load" => load(&*library, accounts, events).await?,
            None if order == "replay" => library.replay().await?,
            _ => return Err(format!("no order is {order:?}").into()),
        };
        println!("{}", done as f64 / started.elapsed().as_secs_f64());
        line.clear();
    }
    Ok(())
}

/// Every account belongs to one client, so that no command meets another.
async fn execute<L: Library>(library: &Arc<L>, accounts: usize, clients: usize) -> Result<usize, Failure> {
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let library = Arc::clone(library);
            tokio::spawn(async move {
                for account in (client..accounts).step_by(clients) {
                    library.deposit(account, 1).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(accounts)
}

async fn keep<L: Library>(library: &Arc<L>, accounts: usize, clients: usize) -> Result<usize, Failure> {
    library.follow().await?;
    for _ in 0..KEPT {
        execute(library, accounts, clients).await?;
    }
    library.has_followed().await?;
    Ok(accounts * KEPT)
}

async fn load<L: Library>(library: &L, accounts: usize, events: usize) -> Result<usize, Failure> {
    for account in 0..accounts {
        let balance = library.load(account).await?;
        if balance < i64::try_from(events)? {
            return Err(format!("the account {account} folded fewer events than it has").into());
        }
    }
    Ok(accounts)
}

async fn execute_sql(pool: &PgPool, statements: &[&str]) -> Result<(), Failure> {
    for statement in statements {
        sqlx::raw_sql(statement).execute(pool).await?;
    }
    Ok(())
}
