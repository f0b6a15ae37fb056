//! To-dos done a second, against the queues of other libraries.
//!
//! All items wait when the programs start. Ours are two programs of four workers each, theirs two workers that do four items at once. The
//! effect does nothing; a to-do is computed from its event, which is read for it.

use std::cell::Cell;

use eskit::EventStore;
use eskit::processor::Acted;
use eskit::subscription::Apply;
use eskit::work::Work;
use eskit_postgres::PostgresViews;
use eskit_sqlite::{SqliteOptions, SqliteViews};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::chores::{Chores, PROGRAMS, Together, items_per_second};
use crate::peers::program::Program;
use crate::postgres::{self, NOT_FOUND, create_database};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

const CASE: &str = "items done, 2 programs of 4 workers";
/// Against items that are done one by one.
const TOGETHER: &str = "the same, up to 100 in one call";

/// Runs the row on SQLite.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let (runtime, items) = (context.runtime()?, context.size(4_000, 200));
    let folder = context.fresh("apalis")?.display().to_string();
    let mut peer = Program::start("queues", &["apalis".to_owned(), folder, items.to_string()])?;
    let fresh = || {
        let store = crate::log::open(&runtime, &context.fresh("log")?, SqliteOptions::new())?;
        let catalogue = context.fresh("views")?.join("views.db");
        let open = async || SqliteViews::open(&catalogue).await;
        let views = runtime.block_on(async { Ok::<_, Failure>([open().await?, open().await?]) })?;
        Ok::<_, Failure>((store, views))
    };
    compare(context, &runtime, items, fresh, &mut peer, ("apalis-sqlite 1.0", 2.0))
}

/// Runs the row on PostgreSQL.
pub(crate) fn run_postgres(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = postgres::start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let (runtime, items) = (context.runtime()?, context.size(8_000, 200));
    let dsn = create_database(&runtime, &cluster, "graphile")?;
    let mut peer = Program::start("queues", &["graphile".to_owned(), dsn, items.to_string()])?;
    let rounds = Cell::new(0);
    let fresh = || {
        rounds.set(rounds.get() + 1);
        let store = postgres::open(&runtime, &cluster, &format!("log_{}", rounds.get()))?;
        let dsn = create_database(&runtime, &cluster, &format!("views_{}", rounds.get()))?;
        let open = async || Ok::<_, Failure>(PostgresViews::open(PgPool::connect(&dsn).await?).await?);
        let views = runtime.block_on(async { Ok::<_, Failure>([open().await?, open().await?]) })?;
        Ok::<_, Failure>((store, views))
    };
    compare(context, &runtime, items, fresh, &mut peer, ("graphile_worker 0.14", 1.0))
}

/// Both figures: items one by one against those of the peer with this name and bar, and items together against those one by one. `fresh`
/// is a log and the views of two programs.
fn compare<S, V>(
    context: &Context,
    runtime: &Runtime,
    items: u32,
    fresh: impl Fn() -> Result<(S, [V; PROGRAMS]), Failure>,
    program: &mut Program,
    (peer, bar): (&'static str, f64),
) -> Result<Finding, Failure>
where
    S: EventStore + Clone + 'static,
    V: Apply<Acted<Chores>> + Apply<Acted<Together>> + Work,
{
    let one_by_one = || {
        let (store, views) = fresh()?;
        runtime.block_on(items_per_second::<Chores, _, _>(store, views, items))
    };
    let together = || {
        let (store, views) = fresh()?;
        runtime.block_on(items_per_second::<Together, _, _>(store, views, items))
    };
    let peers = Paired::run(context.rounds(), one_by_one, || program.rate("do"))?;
    let batches = Paired::run(context.rounds(), together, one_by_one)?;
    Ok(Finding::Figures(vec![figure(&peers, peer, bar), batched(&batches)]))
}

fn batched(paired: &Paired) -> Figure {
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    Figure::compared(TOGETHER, ours, "one by one", theirs, paired.ratio())
}

fn figure(paired: &Paired, peer: &'static str, bar: f64) -> Figure {
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    Figure::compared(CASE, ours, peer, theirs, paired.ratio()).bar(Bar::AtLeast(bar))
}
