//! PostgreSQL: how long a claim takes while another transaction is held open, which keeps the rows of settled items from being removed.

use std::time::{Duration, Instant};

use eskit::Timestamp;
use eskit::work::{ClaimWork, NewWork, Outcome, Settled, Work};
use eskit_postgres::PostgresViews;
use sqlx::PgPool;

use super::follow_live::{milliseconds, percentile};
use crate::chores::LIST;
use crate::postgres::{self, NOT_FOUND, create_database};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};

/// Items that wait at any time.
const WAITING: u64 = 100;
const KIND: &str = "todo";

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = postgres::start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let time = Duration::from_secs(context.size(60, 1));
    let mut measured = Vec::new();
    for is_held in [false, true] {
        let dsn = create_database(&runtime, &cluster, &format!("held_{is_held}"))?;
        measured.push(runtime.block_on(async {
            let pool = PgPool::connect(&dsn).await?;
            let views = PostgresViews::open(pool.clone()).await?;
            add(&views, 0..WAITING).await?;
            let mut held = pool.begin().await?;
            if is_held {
                // What the transaction sees must stay.
                sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *held).await?;
                sqlx::query("SELECT count(*) FROM pg_catalog.pg_class").execute(&mut *held).await?;
            }
            let claims = claim_and_settle(&views, time).await?;
            held.rollback().await?;
            Ok::<Vec<f64>, Failure>(claims)
        })?);
    }
    let p99 = |claims: &[f64]| percentile(claims, 99);
    let [free, held] = [p99(&measured[0]), p99(&measured[1])];
    let case = format!("p99 of a claim, {} s, {} items settled", time.as_secs(), measured[1].len());
    let (ours, theirs) = (Quantity::milliseconds(held), Quantity::milliseconds(free));
    Ok(Finding::Figures(vec![
        Figure::compared(case, ours, "no transaction", theirs, held / free).bar(Bar::AtMost(5.0)),
    ]))
}

async fn add(views: &PostgresViews, numbers: std::ops::Range<u64>) -> Result<(), Failure> {
    let new = |number: u64| NewWork {
        id: number.to_string(),
        key: number.to_string(),
        kind: KIND.to_owned(),
        event: None,
        payload: None,
        due: Timestamp::now(),
    };
    views.add_work(LIST, numbers.map(new).collect()).await?;
    Ok(())
}

/// Claims one item after another, and adds one for each; returns how long each claim took, in milliseconds.
async fn claim_and_settle(views: &PostgresViews, time: Duration) -> Result<Vec<f64>, Failure> {
    let (end, mut next, mut claims) = (Instant::now() + time, WAITING, Vec::new());
    while Instant::now() < end {
        let lease = Duration::from_secs(60);
        let claim = ClaimWork { kinds: vec![KIND.to_owned()], now: Timestamp::now(), limit: 1, lease };
        let started = Instant::now();
        let claimed = views.claim_work(LIST, claim).await?;
        claims.push(milliseconds(started.elapsed()));
        let settled =
            claimed.items.into_iter().map(|item| Settled { id: item.id, epoch: item.epoch, outcome: Outcome::Done });
        views.settle_work(LIST, settled.collect()).await?;
        add(views, next..next + 1).await?;
        next += 1;
    }
    Ok(claims)
}
