//! To-dos done a second, against the queues of other libraries.
//!
//! All items wait when the programs start. Ours are two programs of four workers each, theirs two workers that do four items at once. The
//! effect does nothing; a to-do is computed from its event, which is read for it.

use std::cell::Cell;
use std::sync::Arc;

use eskit_postgres::PostgresViews;
use eskit_sqlite::{SqliteOptions, SqliteViews};
use sqlx::PgPool;

use crate::chores::items_per_second;
use crate::peers::program::Program;
use crate::postgres::{self, NOT_FOUND, create_database};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

const CASE: &str = "items done, 2 programs of 4 workers";

/// Runs the row on SQLite.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let (runtime, items) = (context.runtime()?, context.size(4_000, 200));
    let folder = context.fresh("apalis")?.display().to_string();
    let mut peer = Program::start("queues", &["apalis".to_owned(), folder, items.to_string()])?;
    let paired = Paired::run(
        context.rounds(),
        || {
            let store = crate::log::open(&runtime, &context.fresh("log")?, SqliteOptions::new())?;
            let catalogue = context.fresh("views")?.join("views.db");
            runtime.block_on(async {
                let views = [SqliteViews::open(&catalogue).await?, SqliteViews::open(&catalogue).await?];
                items_per_second(store, views, items).await
            })
        },
        || peer.rate("do"),
    )?;
    Ok(Finding::Figures(vec![figure(&paired, "apalis-sqlite 1.0", 2.0)]))
}

/// Runs the row on PostgreSQL.
pub(crate) fn run_postgres(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = postgres::start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let (runtime, items) = (context.runtime()?, context.size(8_000, 200));
    let dsn = create_database(&runtime, &cluster, "graphile")?;
    let mut peer = Program::start("queues", &["graphile".to_owned(), dsn, items.to_string()])?;
    let rounds = Cell::new(0);
    let paired = Paired::run(
        context.rounds(),
        || {
            rounds.set(rounds.get() + 1);
            let store = postgres::open(&runtime, &cluster, &format!("log_{}", rounds.get()))?;
            let dsn = create_database(&runtime, &cluster, &format!("views_{}", rounds.get()))?;
            runtime.block_on(async {
                let open = async || Ok::<_, Failure>(PostgresViews::open(PgPool::connect(&dsn).await?).await?);
                items_per_second(Arc::clone(&store), [open().await?, open().await?], items).await
            })
        },
        || peer.rate("do"),
    )?;
    Ok(Finding::Figures(vec![figure(&paired, "graphile_worker 0.14", 1.0)]))
}

fn figure(paired: &Paired, peer: &'static str, bar: f64) -> Figure {
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    Figure::compared(CASE, ours, peer, theirs, paired.ratio()).bar(Bar::AtLeast(bar))
}
