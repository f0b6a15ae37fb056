//! What `/health` answers.

use std::time::Duration;

use eskit::log::Position;
use eskit::subscription::{Health, State};
use eskit::{Timestamp, WorkHealth};
use serde::Serialize;

use super::progress::Progress;

#[derive(Serialize)]
pub(super) struct Report {
    #[serde(rename = "healthy")]
    pub(super) is_healthy: bool,
    log: Log,
    subscriptions: Vec<Subscription>,
    work: Vec<Work>,
}

#[derive(Serialize)]
struct Log {
    reachable: bool,
    head: Option<Position>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    Lagging,
    Stuck,
    Failed,
    Stopped,
}

/// A subscription, without the text of its error.
#[derive(Serialize)]
struct Subscription {
    name: &'static str,
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u32>,
    verdict: Verdict,
    state: State,
    position: Position,
    lag_events: u64,
    lag_seconds: f64,
    handled: u64,
    given_up: u64,
    last_progress: Option<Timestamp>,
    failing: bool,
}

/// A list of work, without the text of its error.
#[derive(Serialize)]
struct Work {
    list: String,
    open: bool,
    claimed: u64,
    done: u64,
    failed: u64,
    parked: u64,
    last_done: Option<Timestamp>,
    failing: bool,
}

impl Report {
    pub(super) fn new(
        head: Option<Position>,
        subscriptions: Vec<Health>,
        work: Vec<WorkHealth>,
        progress: &Progress,
        patience: Duration,
    ) -> Report {
        let of = |health| Subscription::new(health, head, progress, patience);
        let subscriptions: Vec<Subscription> = subscriptions.into_iter().map(of).collect();
        let are_well = subscriptions.iter().all(|of| matches!(of.verdict, Verdict::Ok | Verdict::Lagging));
        Report {
            is_healthy: head.is_some() && are_well,
            log: Log { reachable: head.is_some(), head },
            subscriptions,
            work: work.into_iter().map(Work::new).collect(),
        }
    }
}

impl Subscription {
    fn new(health: Health, head: Option<Position>, progress: &Progress, patience: Duration) -> Subscription {
        let (at, head) = (health.place.position, head.unwrap_or_default().max(health.head));
        let works = !matches!(health.state, State::Paused | State::Standby | State::Stopped | State::Failed);
        let is_stuck = progress.is_stuck(&health, works && head > at);
        let verdict = match health.state {
            State::Failed => Verdict::Failed,
            State::Stopped => Verdict::Stopped,
            _ if is_stuck || !health.is_healthy(patience) => Verdict::Stuck,
            _ if works && head > at => Verdict::Lagging,
            _ => Verdict::Ok,
        };
        Subscription {
            name: health.name,
            version: health.version,
            part: (health.partition.count > 1).then_some(health.partition.index),
            verdict,
            state: health.state,
            position: at,
            lag_events: head.get().saturating_sub(at.get()),
            lag_seconds: health.lag().as_secs_f64(),
            handled: health.handled,
            given_up: health.given_up,
            last_progress: health.last_progress,
            failing: health.error.is_some(),
        }
    }
}

impl Work {
    fn new(health: WorkHealth) -> Work {
        Work {
            failing: health.error.is_some(),
            list: health.list,
            open: health.is_open,
            claimed: health.claimed,
            done: health.done,
            failed: health.failed,
            parked: health.parked,
            last_done: health.last_done,
        }
    }
}
