use std::fmt;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::log::position::{Place, Position};
use crate::log::time::Timestamp;

use super::views::Partition;

/// What a subscription is doing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// It has not claimed its checkpoint yet.
    Starting,
    /// Another process handles its events.
    Standby,
    /// It handles events that were in the log already.
    CatchingUp,
    /// It has handled everything, and waits for new events.
    Live,
    /// It waits for `resume`.
    Paused,
    /// A handler, the views or the log failed, and it will try again.
    Retrying,
    /// It was stopped.
    Stopped,
    /// It failed for good: [`Health::error`] says why.
    Failed,
}

impl State {
    /// Whether it has something to do, so that it should make progress.
    fn is_busy(self) -> bool {
        matches!(self, State::Starting | State::CatchingUp | State::Retrying)
    }

    /// The state as one word, for logs and metrics: `starting`, `standby`, `catching_up`, `live`, `paused`, `retrying`, `stopped` or
    /// `failed`.
    pub fn name(self) -> &'static str {
        match self {
            State::Starting => "starting",
            State::Standby => "standby",
            State::CatchingUp => "catching_up",
            State::Live => "live",
            State::Paused => "paused",
            State::Retrying => "retrying",
            State::Stopped => "stopped",
            State::Failed => "failed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a subscription is doing, as of one moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The name of the subscription.
    pub name: &'static str,
    /// The version of its logic.
    pub version: u32,
    /// Which part of its events.
    pub partition: Partition,
    /// What it is doing.
    pub state: State,
    /// Everything up to this place was handled.
    pub place: Place,
    /// The last event of the log, as far as this process has seen it.
    pub head: Position,
    /// How many events this process has handled since it started.
    pub handled: u64,
    /// How many events this process has parked, and how many it has skipped, since it started.
    pub given_up: u64,
    /// When this process last moved the checkpoint, or found that there was nothing to handle.
    pub last_progress: Option<Timestamp>,
    /// The last error, until the next progress.
    pub error: Option<String>,
    #[serde(skip)]
    pub(super) behind_since: Option<Instant>,
    /// Since when it has had something to do.
    #[serde(skip)]
    busy_since: Instant,
    /// Whether it has claimed its checkpoint, or found that another process has, and the checkpoint fits the log.
    #[serde(skip)]
    pub(super) has_started: bool,
}

impl Health {
    /// That of something that has failed for good, such as the work of a list, of which nothing else is known.
    pub fn failed(name: &'static str, error: String) -> Health {
        Health { state: State::Failed, error: Some(error), ..Health::new(name, 1, Partition::WHOLE) }
    }

    pub(super) fn new(name: &'static str, version: u32, partition: Partition) -> Health {
        Health {
            name,
            version,
            partition,
            state: State::Starting,
            place: Place::START,
            head: Position::START,
            handled: 0,
            given_up: 0,
            last_progress: None,
            error: None,
            behind_since: None,
            busy_since: Instant::now(),
            has_started: false,
        }
    }

    /// Changes it, and notices when it begins to have something to do.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Health)) {
        let was_busy = self.state.is_busy();
        change(self);
        if self.state.is_busy() && !was_busy {
            self.busy_since = Instant::now();
        }
    }

    /// The log ends at `head`.
    pub(super) fn found(&mut self, head: Position) {
        self.head = head.max(self.place.position);
        if self.state != State::Retrying {
            self.state = State::CatchingUp;
        }
        if self.head > self.place.position {
            self.behind_since.get_or_insert_with(Instant::now);
        }
    }

    /// How many positions of the log lie between the checkpoint and the last event. Not all of them need concern the subscription.
    pub fn lag_events(&self) -> u64 {
        self.head.get().saturating_sub(self.place.position.get())
    }

    /// How long ago the subscription had last handled everything that the log held.
    pub fn lag(&self) -> Duration {
        self.behind_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Whether the subscription does its work: it has not failed, and if it has something to handle, it made progress within
    /// `patience`. A subscription that catches up is healthy however far it is behind.
    pub fn is_healthy(&self, patience: Duration) -> bool {
        let is_recent = |at: Timestamp| Timestamp::now().duration_since(at) <= patience;
        match self.state {
            State::Failed | State::Stopped => false,
            state if !state.is_busy() => true,
            _ => self.busy_since.elapsed() <= patience || self.last_progress.is_some_and(is_recent),
        }
    }
}
