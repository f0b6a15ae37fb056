//! A command on an account of ten thousand events with a snapshot, against one of a hundred events without.
//!
//! Both kinds of account are in one log. Each round executes as many commands on each; snapshots are written beside them, one
//! for every hundred events.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit::log::Append;
use eskit::snapshots::Snapshots;
use eskit::{App, EventStore, SnapshotOptions};
use eskit_postgres::PostgresViews;
use eskit_sqlite::{SqliteStore, SqliteViews};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::account::{Account, Deposit, EVENTS, complete, recorded};
use crate::postgres::{NOT_FOUND, open, start};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::{Contender, median, median_ratio, take_turns};

/// Runs the row on SQLite.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    let folder = context.fresh("eskit")?;
    let store = runtime.block_on(SqliteStore::open(folder.join("log.db")))?;
    let views = runtime.block_on(SqliteViews::open(folder.join("views.db")))?;
    measure(context, &runtime, store, views)
}

/// Runs the row on PostgreSQL.
pub(crate) fn run_postgres(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let store = open(&runtime, &cluster, "eskit")?;
    let views = runtime
        .block_on(async { PostgresViews::open(PgPool::connect(&cluster.dsn()).await?).await.map_err(Failure::from) })?;
    measure(context, &runtime, store, views)
}

fn measure<S: EventStore + 'static>(
    context: &Context,
    runtime: &Runtime,
    store: S,
    views: impl Snapshots,
) -> Result<Finding, Failure> {
    let (accounts, long) = (context.size(8, 2), context.size(10_000, 1_000));
    let accounts = u32::try_from(accounts)?;
    let (short_ids, long_ids) = (0..accounts, accounts..2 * accounts);
    let plain = Arc::new(App::new(store));
    runtime.block_on(fill(plain.store(), short_ids.clone(), EVENTS))?;
    runtime.block_on(fill(plain.store(), long_ids.clone(), long))?;
    let options = SnapshotOptions::every(100).find_within(Duration::from_secs(10));
    let kept = Arc::new(App::clone(&plain).with_snapshots::<Account>(views, options));
    runtime.block_on(async {
        for account in long_ids.clone() {
            complete(&kept.load::<Account>(account).await?.state)?;
        }
        kept.snapshots_written().await;
        Ok::<(), Failure>(())
    })?;
    let commands = context.size(50, 5);
    let mut contenders = [
        contender("with a snapshot", runtime, &kept, long_ids.clone(), commands),
        contender("100 events", runtime, &plain, short_ids, commands),
        contender("without a snapshot", runtime, &plain, long_ids, 1),
    ];
    let rates = take_turns(context.rounds(), &mut contenders)?;
    let counts = kept.snapshots::<Account>()?.counts();
    if counts.unanswered + counts.unreadable + counts.unwritten > 0 {
        return Err(format!("not every command found its snapshot: {counts:?}").into());
    }
    let compared = |case: &str, name: &'static str, theirs: &[f64]| {
        let ratio = median_ratio(&rates[0], theirs);
        let (ours, theirs) = (Quantity::per_second(median(&rates[0])), Quantity::per_second(median(theirs)));
        Figure::compared(case, ours, name, theirs, ratio)
    };
    let case = format!("{long} events with a snapshot");
    Ok(Finding::Figures(vec![
        compared(&case, "an account of 100 events, without", &rates[1]).bar(Bar::AtLeast(0.5)),
        compared(&case, "the same account, without", &rates[2]),
    ]))
}

async fn fill(store: &impl EventStore, accounts: Range<u32>, events: usize) -> Result<(), Failure> {
    for account in accounts {
        for begin in (0..events).step_by(500) {
            let events = (begin..events.min(begin + 500)).map(|_| recorded(account));
            store.append(Append::new(events.collect::<Result<Vec<_>, Failure>>()?)).await?;
        }
    }
    Ok(())
}

/// Executes so many commands on each account, one after the other: commands a second.
fn contender<'a, S: EventStore + 'static>(
    name: &'static str,
    runtime: &'a Runtime,
    app: &Arc<App<S>>,
    accounts: Range<u32>,
    commands: usize,
) -> Contender<'a> {
    let app = Arc::clone(app);
    let run = move || {
        let started = Instant::now();
        let executed = runtime.block_on(async {
            let mut executed = 0.0;
            for account in accounts.clone() {
                for _ in 0..commands {
                    complete(&app.execute(Deposit::new(account)).await?.state)?;
                    executed += 1.0;
                }
            }
            Ok::<f64, Failure>(executed)
        })?;
        Ok(executed / started.elapsed().as_secs_f64())
    };
    Contender { name, run: Box::new(run) }
}
