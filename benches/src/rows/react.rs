//! From a commit to the commit of the command that a processor returns for it, at a steady rate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit::EventStore;
use eskit::log::{Append, Place};
use eskit::prelude::*;
use eskit::processor::Acted;
use eskit::subscription::Apply;
use eskit::work::Work;
use eskit_postgres::PostgresViews;
use eskit_sqlite::{SqliteOptions, SqliteViews};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use super::follow_live::{milliseconds, percentile};
use crate::chores::{ChoreAsked, asked};
use crate::postgres::{self, NOT_FOUND, create_database};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};

/// A hundred commits a second.
const PERIOD: Duration = Duration::from_millis(10);
/// What the 99th percentile is held to.
const BAR_MS: f64 = 20.0;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bench")]
struct ChoreNoted {
    #[tag]
    chore: u32,
}

#[derive(Command)]
struct NoteChore {
    #[tag]
    chore: u32,
}

#[aggregate(tag = "chore")]
#[derive(Default)]
struct Chore {
    is_noted: bool,
}

#[decider]
impl Chore {
    #[evolve]
    fn noted(&mut self, _: &ChoreNoted) {
        self.is_noted = true;
    }

    #[decide]
    fn note(&self, command: &NoteChore) -> Option<ChoreNoted> {
        (!self.is_noted).then_some(ChoreNoted { chore: command.chore })
    }
}

struct Noting;

#[processor(name = "noting", from = "now")]
impl Noting {
    #[on]
    fn asked(&self, event: &ChoreAsked) -> NoteChore {
        NoteChore { chore: event.chore }
    }
}

/// Runs the row on SQLite.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    let store = crate::log::open(&runtime, &context.fresh("log")?, SqliteOptions::new())?;
    let views = runtime.block_on(SqliteViews::open(context.fresh("views")?.join("views.db")))?;
    measure(context, &runtime, store, views)
}

/// Runs the row on PostgreSQL.
pub(crate) fn run_postgres(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = postgres::start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let store = postgres::open(&runtime, &cluster, "log")?;
    let dsn = create_database(&runtime, &cluster, "views")?;
    let views =
        runtime.block_on(async { Ok::<_, Failure>(PostgresViews::open(PgPool::connect(&dsn).await?).await?) })?;
    measure(context, &runtime, store, views)
}

fn measure<S, V>(context: &Context, runtime: &Runtime, store: Arc<S>, views: V) -> Result<Finding, Failure>
where
    S: EventStore + 'static,
    V: Apply<Acted<Noting>> + Work,
{
    let commits: u32 = context.size(1_000, 50);
    let mut latencies = runtime.block_on(async move {
        let app = App::new(Arc::clone(&store)).with_processor(Noting, views).start().await?;
        app.caught_up::<Acted<Noting>>(store.head().await?).await?;
        let mut latencies = Vec::new();
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for chore in 0..commits {
            ticks.tick().await;
            let appended = store.append(Append::new(vec![asked(chore)?])).await?;
            let at = Instant::now();
            let own = appended.positions.last().copied().ok_or("nothing was appended")?;
            // What comes next is what the processor has its command append.
            store.watch(Place { position: own, id: None }).await?;
            latencies.push(milliseconds(at.elapsed()));
        }
        app.stop().await?;
        Ok::<Vec<f64>, Failure>(latencies)
    })?;
    // The first ones warm up caches and files.
    latencies.drain(..latencies.len() / 20);
    let figure = |percent| {
        let value = Quantity::milliseconds(percentile(&latencies, percent));
        Figure::absolute(format!("p{percent}, from a commit to that of the command"), value)
    };
    Ok(Finding::Figures(vec![figure(50), figure(99).bar(Bar::AtMost(BAR_MS))]))
}
