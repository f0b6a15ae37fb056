//! From a commit to the handler of a projection that has caught up, at a steady rate of commits.
//!
//! The same task that sees the commit also sends a message to another task: how long that takes is what the machine and the runtime
//! leave, at that moment, to anything that wakes somebody up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eskit::log::Append;
use eskit::{App, Event, EventStore, projection};
use eskit_postgres::PostgresViews;
use eskit_sqlite::{SqliteOptions, SqliteViews};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use crate::account::{Deposited, recorded};
use crate::followers::with_followers;
use crate::postgres::{self, NOT_FOUND};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::disk;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};

/// A hundred commits a second.
const PERIOD: Duration = Duration::from_millis(10);
/// What the 99th percentile is held to, where the disk syncs in 1 ms or less.
const BAR_MS: f64 = 10.0;
/// How many other subscriptions the app has in the second case, in which all share one reader of the log.
const OTHERS: usize = 9;

/// What the other subscriptions take; nobody appends it.
#[derive(Event, Serialize, Deserialize)]
#[event(context = "bench")]
pub(crate) struct Closed {
    #[tag]
    account: u32,
}

/// When each deposit was handled, by its account, which is a new one each time.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<HashMap<u32, Instant>>>);

impl Seen {
    fn note(&self, account: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(account, Instant::now());
    }

    fn at(&self, account: u32) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&account).copied()
    }
}

struct Live(Seen);

#[projection(name = "live")]
impl Live {
    #[tables]
    const SQL: &str = "CREATE TABLE sums (account INTEGER PRIMARY KEY, amount INTEGER NOT NULL)";

    #[on]
    fn deposited(&self, event: &Deposited, tx: &mut eskit_sqlite::Tx) -> rusqlite::Result<()> {
        self.0.note(event.account);
        tx.prepare_cached("INSERT INTO sums VALUES (?1, ?2)")?.execute((event.account, event.amount))?;
        Ok(())
    }
}

struct PgLive(Seen);

#[projection(name = "live-in-postgres")]
impl PgLive {
    #[tables]
    const SQL: &str = "CREATE TABLE sums (account bigint PRIMARY KEY, amount bigint NOT NULL)";

    #[on]
    async fn deposited(&self, event: &Deposited, tx: &mut eskit_postgres::Tx) -> sqlx::Result<()> {
        self.0.note(event.account);
        let insert = sqlx::query("INSERT INTO sums VALUES ($1, $2)").bind(i64::from(event.account));
        insert.bind(event.amount).execute(&mut **tx).await?;
        Ok(())
    }
}

/// Runs the row on SQLite.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    let mut figures = vec![disk_rate(context)?];
    for others in [0, OTHERS] {
        let store = crate::log::open(&runtime, &context.fresh("log")?, SqliteOptions::new())?;
        let views = runtime.block_on(SqliteViews::open(context.fresh("views")?.join("views.db")))?;
        let seen = Seen::default();
        let app = App::new(store).with_projection(Live(seen.clone()), views.clone());
        figures.extend(measure(context, &runtime, with_followers!(app, views, others, Closed), &seen, others)?);
    }
    Ok(Finding::Figures(figures))
}

/// Runs the row on PostgreSQL.
pub(crate) fn run_postgres(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = postgres::start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let mut figures = vec![disk_rate(context)?];
    for others in [0, OTHERS] {
        let store = postgres::open(&runtime, &cluster, &format!("log_{others}"))?;
        let dsn = postgres::create_database(&runtime, &cluster, &format!("views_{others}"))?;
        let views = runtime
            .block_on(async { PostgresViews::open(PgPool::connect(&dsn).await?).await.map_err(Failure::from) })?;
        let seen = Seen::default();
        let app = App::new(store).with_projection(PgLive(seen.clone()), views.clone());
        figures.extend(measure(context, &runtime, with_followers!(app, views, others, Closed), &seen, others)?);
    }
    Ok(Finding::Figures(figures))
}

fn disk_rate(context: &Context) -> Result<Figure, Failure> {
    let rate = disk::syncs_per_second(context.folder(), context.round_time())?;
    Ok(Figure::reported("pages that the disk syncs", Quantity::per_second(rate)))
}

/// How long each event took to reach its handler, and each message to reach its task, in milliseconds.
#[derive(Default)]
struct Latencies {
    handler: Vec<f64>,
    message: Vec<f64>,
}

fn measure<S: EventStore + 'static>(
    context: &Context,
    runtime: &Runtime,
    app: App<S>,
    seen: &Seen,
    others: usize,
) -> Result<Vec<Figure>, Failure> {
    let commits = context.size(2_000, 100);
    let seen = seen.clone();
    let latencies = runtime.block_on(runtime.spawn(async move {
        let app = app.start().await?;
        // The first commits warm up caches and files.
        commit_steadily(&app, &seen, 0, 50).await?;
        let latencies = commit_steadily(&app, &seen, 50, commits).await?;
        app.stop().await?;
        Ok::<Latencies, Failure>(latencies)
    }))??;
    let figure = |percent: usize| {
        let [ours, theirs] = [&latencies.handler, &latencies.message].map(|values| percentile(values, percent));
        let case = format!("p{percent}, {}", subscriptions(others + 1));
        let (own, other) = (Quantity::milliseconds(ours), Quantity::milliseconds(theirs));
        Figure::compared(case, own, "a message to a task", other, ours / theirs)
    };
    Ok(vec![figure(50), figure(99).judged_alone().bar(Bar::AtMost(BAR_MS))])
}

/// How the table calls so many.
pub(crate) fn subscriptions(count: usize) -> String {
    if count == 1 { "1 subscription".to_owned() } else { format!("{count} subscriptions") }
}

/// Appends a deposit on each of these accounts, every 10 ms one, and waits until all were handled.
async fn commit_steadily<S: EventStore + 'static>(
    app: &eskit::Running<S>,
    seen: &Seen,
    first: u32,
    count: u32,
) -> Result<Latencies, Failure> {
    let (sender, mut messages) = mpsc::unbounded_channel::<Instant>();
    let listener = tokio::spawn(async move {
        let mut latencies = Vec::new();
        while let Some(sent) = messages.recv().await {
            latencies.push(milliseconds(sent.elapsed()));
        }
        latencies
    });
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut commits = Vec::new();
    for account in first..first + count {
        ticks.tick().await;
        let (app, sender) = (app.clone(), sender.clone());
        commits.push(tokio::spawn(async move {
            let appended = app.store().append(Append::new(vec![recorded(account)?])).await;
            let at = Instant::now();
            // Nobody who could be missed has stopped listening.
            let _ = sender.send(at);
            appended?;
            Ok::<(u32, Instant), Failure>((account, at))
        }));
    }
    drop(sender);
    let mut committed = Vec::new();
    for commit in commits {
        committed.push(commit.await??);
    }
    wait_for(app, seen, first + count).await?;
    let handler = committed.into_iter().map(|(account, at)| {
        let handled = seen.at(account).ok_or("an event was not handled")?;
        // A handler may be quicker than the task that committed.
        Ok(milliseconds(handled.saturating_duration_since(at)))
    });
    Ok(Latencies { handler: handler.collect::<Result<_, Failure>>()?, message: listener.await? })
}

/// Waits until all deposits on accounts below this one were handled.
async fn wait_for<S: EventStore + 'static>(app: &eskit::Running<S>, seen: &Seen, accounts: u32) -> Result<(), Failure> {
    let end = Instant::now() + Duration::from_secs(30);
    while (0..accounts).any(|account| seen.at(account).is_none()) {
        if Instant::now() > end {
            return Err(format!("not all events were handled: {:?}", app.health()).into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

pub(super) fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
