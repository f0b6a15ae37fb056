use std::time::{Duration, Instant};

use clap::Args;
use eskit::log::{LogId, Query, ReadOptions};
use eskit::subscription::Checkpoint;
use eskit::{AnyStore, EventStore as _, StoreError};
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Column, Rows};
use crate::views::{AnyViews, ViewsArgs};

/// Check that the log answers, and what is kept of it; exits with 3 if something is wrong
///
/// With views, each checkpoint must be a place that the log holds, and no event may be parked. How far a projection is behind is
/// told, but is no fault: whether it moves cannot be seen from one look.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit store health || alert \"the log is unhealthy\"")]
pub(crate) struct Health {
    /// The check fails if the log takes longer to answer
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    within_ms: u64,
    #[command(flatten)]
    views: ViewsArgs,
}

/// One thing that was checked.
#[derive(Serialize)]
struct Check {
    check: String,
    healthy: bool,
    text: String,
}

impl Health {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = context.global.read().await?;
        let mut checks = vec![answers(&store, Duration::from_millis(self.within_ms)).await, end(&store).await];
        #[cfg(feature = "postgres")]
        if let Some(postgres) = store.downcast_ref() {
            checks.push(replication(postgres).await);
        }
        if self.views.are_named() {
            checks.extend(projections(&store, &self.views.open().await?).await?);
        }
        for check in &checks {
            if context.out.is_json() {
                context.out.json(check)?;
            }
        }
        if !context.out.is_json() {
            let mut rows = Rows::new(&[Column::Text("CHECK"), Column::Text("HEALTHY"), Column::Text("FOUND")]);
            for check in &checks {
                rows.push([check.check.as_str(), if check.healthy { "yes" } else { "no" }, &check.text]);
            }
            context.out.table(rows)?;
        }
        if checks.iter().all(|check| check.healthy) { Ok(()) } else { Err(Failure::Told(Exit::Difference)) }
    }
}

/// Whether the log tells its head, and soon.
async fn answers(store: &AnyStore, within: Duration) -> Check {
    let check = |healthy, text| Check { check: "answer".to_owned(), healthy, text };
    let begun = Instant::now();
    match tokio::time::timeout(within, store.head()).await {
        Ok(Ok(head)) => {
            check(true, format!("head {} in {:.1} ms", head.position, begun.elapsed().as_secs_f64() * 1000.0))
        }
        Ok(Err(error)) => check(false, error.to_string()),
        Err(_) => check(false, format!("no answer within {} ms", within.as_millis())),
    }
}

/// Whether the last events can be read.
async fn end(store: &AnyStore) -> Check {
    let check = |healthy, text| Check { check: "last events".to_owned(), healthy, text };
    match store.read(&Query::all(), ReadOptions::default().backward().limit(100)).await {
        Ok(page) => match page.events.first() {
            Some(last) => check(true, format!("{} of {} at {}", last.position, last.name, last.recorded_at)),
            None => check(true, "the log holds no event".to_owned()),
        },
        Err(error) => check(false, error.to_string()),
    }
}

/// Whether what is confirmed survives a crash, and, which is told but is no fault, the promotion of a standby.
#[cfg(feature = "postgres")]
async fn replication(store: &eskit::postgres::PostgresStore) -> Check {
    let check = |healthy, text| Check { check: "replication".to_owned(), healthy, text };
    match store.replication().await {
        Ok(replication) => check(replication.is_standby || replication.survives_crash(), replication.to_string()),
        Err(error) => check(false, error.to_string()),
    }
}

/// Each projection, with its parts.
async fn projections(store: &AnyStore, views: &AnyViews) -> Result<Vec<Check>, Failure> {
    let (log, head) = (store.log_id().await?, store.head().await?.position);
    let mut checks = Vec::new();
    for of in views.checkpoints().await? {
        let parked = if of.partition.index == 0 { views.parked(&of.name, of.version).await?.len() } else { 0 };
        let part = match of.partition.count {
            1 => String::new(),
            count => format!(" part {} of {count}", of.partition.index + 1),
        };
        let check = format!("{} version {}{part}", of.name, of.version);
        let (healthy, text) = match fault(store, log, &of).await {
            Some(fault) => (false, fault),
            None if parked > 0 => (false, format!("events are parked: {parked}")),
            None => {
                let behind = head.get().saturating_sub(of.place.position.get());
                (true, format!("at {}, {behind} behind", of.place.position))
            }
        };
        checks.push(Check { check, healthy, text });
    }
    Ok(checks)
}

/// Why a subscription cannot go on from its checkpoint, if so.
async fn fault(store: &AnyStore, log: LogId, of: &Checkpoint) -> Option<String> {
    if of.log != log {
        return Some("follows another log".to_owned());
    }
    let next = ReadOptions::default().after(of.place).limit(1);
    store.read(&Query::all(), next).await.err().map(first_line)
}

fn first_line(error: StoreError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
