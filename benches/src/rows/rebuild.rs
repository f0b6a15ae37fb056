//! A read model built from the log, against the same rows written by hand.
//!
//! Both sides begin with nothing, read and decode the log in pages of the same size, and end with a table that is complete and closed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit::rows::{ReadRows, Rows};
use eskit::subscription::Subscriber;
use eskit::{App, EventStore};
use eskit_postgres::PostgresViews;
use eskit_sqlite::{Durability, SqliteOptions, SqliteViews};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::account::Account;
use crate::peers::projected::{self, INSERTS, SUMS};
use crate::postgres::{self, NOT_FOUND, create_database};
use crate::read_models::{Deposits, PgDeposits, fill};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

const ACCOUNTS: u32 = 1000;
/// Longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs the row on SQLite.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let events = context.size(200_000, 5_000);
    let runtime = context.runtime()?;
    let options = SqliteOptions::new().durability(Durability::Normal);
    let store = crate::log::open(&runtime, &context.fresh("log")?, options)?;
    runtime.block_on(fill(&store, ACCOUNTS, events))?;
    let table = Paired::run(
        context.rounds(),
        || {
            let (store, catalogue) = (Arc::clone(&store), context.fresh("views")?.join("views.db"));
            events_per_second(&runtime, events, async move {
                let views = SqliteViews::open(catalogue).await?;
                build::<_, Deposits>(App::new(store).with_projection(Deposits, views.clone())).await?;
                let count = "SELECT count(*) FROM deposits";
                let read = views.read::<Deposits, _>(|conn| conn.query_row(count, [], |row| row.get::<_, i64>(0)));
                check(read.await?.cast_unsigned(), events)
            })
        },
        || {
            let (store, file) = (Arc::clone(&store), context.fresh("by-hand")?.join("deposits.db"));
            events_per_second(&runtime, events, async move { projected::deposits(&store, &file).await })
        },
    )?;
    let rows = Paired::run(
        context.rounds(),
        || {
            let (store, catalogue) = (Arc::clone(&store), context.fresh("views")?.join("views.db"));
            events_per_second(&runtime, events, async move {
                let views = SqliteViews::open(catalogue).await?;
                build::<_, Rows<Account>>(App::new(store).with_rows::<Account>(views.clone())).await?;
                check(views.rows::<Account>().count().await?, ACCOUNTS as usize)
            })
        },
        || {
            let (store, file) = (Arc::clone(&store), context.fresh("by-hand")?.join("accounts.db"));
            events_per_second(&runtime, events, async move { projected::sums(&store, &file).await })
        },
    )?;
    Ok(figures(events, &table, &rows))
}

/// Runs the row on PostgreSQL.
pub(crate) fn run_postgres(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = postgres::start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let events = context.size(20_000, 2_000);
    let runtime = context.runtime()?;
    let store = postgres::open(&runtime, &cluster, "eskit")?;
    runtime.block_on(fill(&store, ACCOUNTS, events))?;
    let databases = std::cell::Cell::new(0);
    // Read models in a database of their own, which a round begins with.
    let fresh = || {
        databases.set(databases.get() + 1);
        let dsn = create_database(&runtime, &cluster, &format!("views_{}", databases.get()))?;
        Ok::<PgPool, Failure>(runtime.block_on(PgPool::connect(&dsn))?)
    };
    let table = Paired::run(
        context.rounds(),
        || {
            let (store, pool) = (Arc::clone(&store), fresh()?);
            events_per_second(&runtime, events, async move {
                let views = PostgresViews::open(pool.clone()).await?;
                build::<_, PgDeposits>(App::new(store).with_projection(PgDeposits, views)).await?;
                let count = "SELECT count(*) FROM deposits_in_postgres.deposits";
                let count: i64 = sqlx::query_scalar(count).fetch_one(&pool).await?;
                check(count.cast_unsigned(), events)
            })
        },
        || {
            let (store, pool) = (Arc::clone(&store), fresh()?);
            events_per_second(&runtime, events, async move { projected::pg_deposits(&store, &pool).await })
        },
    )?;
    let rows = Paired::run(
        context.rounds(),
        || {
            let (store, pool) = (Arc::clone(&store), fresh()?);
            events_per_second(&runtime, events, async move {
                let views = PostgresViews::open(pool).await?;
                build::<_, Rows<Account>>(App::new(store).with_rows::<Account>(views.clone())).await?;
                check(views.rows::<Account>().count().await?, ACCOUNTS as usize)
            })
        },
        || {
            let (store, pool) = (Arc::clone(&store), fresh()?);
            events_per_second(&runtime, events, async move { projected::pg_sums(&store, &pool).await })
        },
    )?;
    Ok(figures(events, &table, &rows))
}

/// Runs the work in a task, and returns how many events a second it handled.
pub(super) fn events_per_second(
    runtime: &Runtime,
    events: usize,
    work: impl Future<Output = Result<(), Failure>> + Send + 'static,
) -> Result<f64, Failure> {
    let started = Instant::now();
    runtime.block_on(runtime.spawn(work))??;
    Ok(events as f64 / started.elapsed().as_secs_f64())
}

/// Has the subscription of an app handle the whole log.
pub(super) async fn build<S: EventStore + 'static, P: Subscriber>(app: App<S>) -> Result<(), Failure> {
    let app = app.start().await?;
    let head = app.store().head().await?;
    app.caught_up::<P>(head).within(PATIENCE).await?;
    app.stop().await?;
    Ok(())
}

pub(super) fn check(found: u64, expected: usize) -> Result<(), Failure> {
    if found == expected as u64 { Ok(()) } else { Err(format!("{found} of {expected} rows are there").into()) }
}

fn figures(events: usize, table: &Paired, rows: &Paired) -> Finding {
    let figure = |case: String, against, paired: &Paired| {
        let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
        Figure::compared(case, ours, against, theirs, paired.ratio())
    };
    let table = figure(format!("a row for each of {events} events"), INSERTS, table).bar(Bar::AtLeast(0.5));
    Finding::Figures(vec![table, figure(format!("`with_rows`, {ACCOUNTS} rows"), SUMS, rows)])
}
