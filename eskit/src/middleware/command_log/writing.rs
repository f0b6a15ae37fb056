use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eskit_runtime::Timestamp;
use eskit_runtime::command_log::{CommandEntries, CommandEntry, RemoveCommands};

use super::counts::{CommandLogHealth, Counts, describe};
use super::waiting::Waiting;
use crate::backlog::{Added, Backlog, Serving, spawn, within};

/// How long to wait for the views, beside the commands.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// How often old entries are removed, at most.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Which entries are kept.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Retention {
    pub(super) age: Option<Duration>,
    pub(super) count: Option<u64>,
}

/// Writes entries beside the commands.
pub(super) struct Writing<V> {
    views: V,
    waiting: Backlog<Waiting>,
    counts: Arc<Counts>,
    swept_at: Mutex<Option<Instant>>,
}

impl<V: CommandEntries> Writing<V> {
    pub(super) fn new(views: V) -> Writing<V> {
        describe();
        Writing { views, waiting: Backlog::new(), counts: Arc::default(), swept_at: Mutex::default() }
    }

    pub(super) fn views(&self) -> &V {
        &self.views
    }

    pub(super) fn health(&self) -> CommandLogHealth {
        let waiting = self.waiting.look(Waiting::len) as u64;
        CommandLogHealth { waiting, ..self.counts.get() }
    }

    pub(super) async fn written(&self) {
        self.waiting.is_done().await;
    }

    /// Has an entry written.
    pub(super) fn add(self: &Arc<Self>, entry: CommandEntry, retention: Retention) {
        match self.waiting.add(|waiting| waiting.add(entry, &self.counts)) {
            Added::Served => {}
            Added::Full => self.counts.were_dropped(1, "too many entries wait to be written"),
            Added::Unserved(serving) => {
                let own = Arc::clone(self);
                spawn("eskit-command-log", async move { own.serve(serving, retention).await });
            }
        }
    }

    /// Writes what waits, until nothing does.
    async fn serve(&self, mut serving: Serving<Waiting>, retention: Retention) {
        while let Some(mut waiting) = serving.take() {
            while let Some(mut batch) = waiting.next_batch() {
                let written = within(WRITE_WITHIN, self.views.add_commands(batch.take())).await;
                batch.end(written);
            }
            self.sweep(retention).await;
        }
    }

    /// Removes what is not to be kept, once in a while.
    async fn sweep(&self, retention: Retention) {
        let Retention { age, count } = retention;
        if (age.is_none() && count.is_none()) || !self.is_time_to_sweep() {
            return;
        }
        let old = age.map(|age| RemoveCommands::BeganBefore(Timestamp::now() - age));
        let surplus = count.map(RemoveCommands::AllButNewest);
        for which in old.into_iter().chain(surplus) {
            loop {
                match within(WRITE_WITHIN, self.views.remove_commands(which)).await {
                    Ok(removed) if removed >= RemoveCommands::ONCE_MAX.into() => {}
                    Ok(_) => break,
                    Err(why) => {
                        self.counts.has_failed(&format!("old entries were not removed: {why}"));
                        break;
                    }
                }
            }
        }
    }

    fn is_time_to_sweep(&self) -> bool {
        let mut swept_at = self.swept_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = swept_at.is_none_or(|at| at.elapsed() >= SWEEP_EVERY);
        if is_time {
            *swept_at = Some(Instant::now());
        }
        is_time
    }
}
