//! What the subscriptions of one app cost while nothing is appended: the time of the processors for this process, and on PostgreSQL
//! the transactions of the server, each of which is a statement here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit::log::Append;
use eskit::{App, EventStore};
use eskit_postgres::PostgresViews;
use eskit_postgres::testing::Cluster;
use eskit_sqlite::{SqliteOptions, SqliteViews};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;

use crate::account::recorded;
use crate::followers::with_followers;
use crate::postgres::{self, NOT_FOUND};
use crate::rows::follow_live::{Closed, subscriptions};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::cpu;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};

const COUNTS: [usize; 3] = [1, 10, 100];
/// How long to wait after the start: checkpoints are written once a second, and an idle session of PostgreSQL tells of its
/// transactions up to 10 s later, so those of the start would be counted otherwise.
const SETTLE: Duration = Duration::from_secs(15);

/// Runs the row on SQLite.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    let mut figures = Vec::new();
    for count in COUNTS {
        let store = crate::log::open(&runtime, &context.fresh("log")?, SqliteOptions::new())?;
        let views = runtime.block_on(SqliteViews::open(context.fresh("views")?.join("views.db")))?;
        let app = with_followers!(App::new(store), views, count, Closed);
        figures.push(processors(count, while_idle(context, &runtime, app, None)?));
    }
    Ok(Finding::Figures(figures))
}

/// Runs the row on PostgreSQL.
pub(crate) fn run_postgres(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = postgres::start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let (mut figures, mut transactions) = (Vec::new(), Vec::new());
    for count in COUNTS {
        let store = postgres::open(&runtime, &cluster, &format!("log_{count}"))?;
        let dsn = postgres::create_database(&runtime, &cluster, &format!("views_{count}"))?;
        let views = runtime.block_on(async {
            let pool = PgPoolOptions::new().max_connections(10).connect(&dsn).await?;
            Ok::<_, Failure>(PostgresViews::open(pool).await?)
        })?;
        let app = with_followers!(App::new(store), views, count, Closed);
        let idle = while_idle(context, &runtime, app, Some(&cluster))?;
        transactions.push(Figure::reported(
            format!("{}, transactions of the server", subscriptions(count)),
            Quantity::per_second(idle.transactions_per_second),
        ));
        figures.push(processors(count, idle));
    }
    figures.append(&mut transactions);
    Ok(Finding::Figures(figures))
}

struct Idle {
    processors: f64,
    transactions_per_second: f64,
}

/// A hundredth of a core is what any number of subscriptions may take.
fn processors(count: usize, idle: Idle) -> Figure {
    let case = format!("{}, of one core", subscriptions(count));
    Figure::absolute(case, Quantity::percent(idle.processors * 100.0)).bar(Bar::AtMost(1.0))
}

/// Starts the app on a log that is not empty, waits until it is idle, and looks for a while.
fn while_idle<S: EventStore + 'static>(
    context: &Context,
    runtime: &Runtime,
    app: App<Arc<S>>,
    cluster: Option<&Cluster>,
) -> Result<Idle, Failure>
where
    Arc<S>: EventStore,
{
    let time = context.size(Duration::from_secs(10), Duration::from_secs(1));
    runtime.block_on(async {
        app.store().append(Append::new(vec![recorded(1)?])).await?;
        let app = app.start().await?;
        tokio::time::sleep(context.size(SETTLE, SETTLE / 10)).await;
        let (before, used, started) = (transactions(cluster).await?, cpu::used(), Instant::now());
        tokio::time::sleep(time).await;
        let (used, elapsed) = (cpu::used() - used, started.elapsed().as_secs_f64());
        let transactions_per_second = (transactions(cluster).await? - before) / elapsed;
        app.stop().await?;
        Ok(Idle { processors: used.as_secs_f64() / elapsed, transactions_per_second })
    })
}

/// The transactions of all databases so far, as far as the sessions have told; this question is one of them.
async fn transactions(cluster: Option<&Cluster>) -> Result<f64, Failure> {
    let Some(cluster) = cluster else { return Ok(0.0) };
    let mut connection = PgConnection::connect(&cluster.dsn()).await?;
    let count = "SELECT sum(xact_commit + xact_rollback)::float8 FROM pg_stat_database";
    let count = sqlx::query_scalar(count).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(count)
}
