//! PostgreSQL: a balance for each account, built from the log and kept while commands are executed, against what other libraries have for
//! that on the same server. With eskit they are rows of `with_rows`.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use eskit::rows::{ReadRows as _, Rows};
use eskit::{App, EventStore as _};
use eskit_postgres::PostgresViews;
use sqlx::PgPool;

use super::rebuild::{build, check, events_per_second};
use crate::account::{Account, Deposit, EVENTS, accounts_per_second, filled};
use crate::peers::program::Program;
use crate::postgres::{NOT_FOUND, create_database, open, start};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::{Contender, median, median_ratio, take_turns};

const PEERS: [(&str, &str); 2] =
    [("cqrs-es-views", "cqrs-es 0.5, a `GenericQuery`"), ("disintegrate", "disintegrate-postgres 4.0, a listener")];

const CLIENTS: usize = 8;
/// How many commands are executed on each account; the peers' program has the same number.
const KEPT: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let accounts = context.size(50, 8);
    let store = open(&runtime, &cluster, "eskit")?;
    drop(filled(&runtime, Arc::clone(&store), accounts)?);
    let mut programs = Vec::new();
    for (library, _) in PEERS {
        let dsn = create_database(&runtime, &cluster, &library.replace('-', "_"))?;
        let arguments = [library.to_owned(), dsn, accounts.to_string(), EVENTS.to_string()];
        programs.push(Program::start("postgres", &arguments)?);
    }
    let databases = Cell::new(0);
    let fresh = || {
        databases.set(databases.get() + 1);
        let dsn = create_database(&runtime, &cluster, &format!("views_{}", databases.get()))?;
        let views = runtime
            .block_on(async { PostgresViews::open(PgPool::connect(&dsn).await?).await.map_err(Failure::from) })?;
        Ok::<PostgresViews, Failure>(views)
    };
    let project = || {
        let (store, views) = (Arc::clone(&store), fresh()?);
        let events = usize::try_from(runtime.block_on(store.head())?.position.get())?;
        events_per_second(&runtime, events, async move {
            build::<_, Rows<Account>>(App::new(store).with_rows::<Account>(views.clone())).await?;
            check(views.rows::<Account>().count().await?, accounts)
        })
    };
    let views = fresh()?;
    let kept = || {
        let app = App::new(Arc::clone(&store)).with_rows::<Account>(views.clone());
        let app = Arc::new(runtime.block_on(app.start())?);
        let started = std::time::Instant::now();
        let executing = Arc::clone(&app);
        accounts_per_second(&runtime, accounts, CLIENTS, move |_, account| {
            let app = Arc::clone(&executing);
            async move {
                for _ in 0..KEPT {
                    app.execute(Deposit::new(account)).await?;
                }
                Ok(())
            }
        })?;
        runtime.block_on(async {
            let head = app.store().head().await?;
            app.caught_up::<Rows<Account>>(head).within(PATIENCE).await?;
            let rate = accounts as f64 * f64::from(KEPT) / started.elapsed().as_secs_f64();
            app.stop().await?;
            Ok::<f64, Failure>(rate)
        })
    };
    // Rows that are there already, as the peers have them.
    kept()?;
    let mut figures = compare(context, "built, events", "project", &project, &mut programs)?;
    figures.extend(compare(context, "kept, commands of 8 clients", &format!("keep {CLIENTS}"), &kept, &mut programs)?);
    Ok(Finding::Figures(figures))
}

/// Against each of the peers.
fn compare(
    context: &Context,
    case: &'static str,
    order: &str,
    ours: &dyn Fn() -> Result<f64, Failure>,
    programs: &mut [Program],
) -> Result<Vec<Figure>, Failure> {
    let mut contenders = vec![Contender { name: "eskit", run: Box::new(ours) }];
    for ((_, name), program) in PEERS.iter().zip(programs) {
        contenders.push(Contender { name, run: Box::new(move || program.rate(order)) });
    }
    let rates = take_turns(context.rounds(), &mut contenders)?;
    let figure = |((_, name), theirs): (&(&str, &'static str), &Vec<f64>)| {
        let (ours, their_rate) = (Quantity::per_second(median(&rates[0])), Quantity::per_second(median(theirs)));
        Figure::compared(case, ours, *name, their_rate, median_ratio(&rates[0], theirs)).bar(Bar::AtLeast(2.0))
    };
    Ok(PEERS.iter().zip(&rates[1..]).map(figure).collect())
}
