use std::time::Duration;

use eskit_runtime::processor::OnRefused;
use eskit_runtime::work::WorkOptions;

/// How the commands of a queue are executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueOptions {
    pub(super) work: WorkOptions,
    pub(super) refused: OnRefused,
}

impl QueueOptions {
    /// Four commands side by side in each process, each tried up to 20 times, 30 s at most each time. A command that its decider refuses
    /// is removed with [`OnRefused::Skip`], and parked with [`OnRefused::Fail`].
    pub const fn on_refused(refused: OnRefused) -> QueueOptions {
        QueueOptions { work: WorkOptions::DEFAULT, refused }
    }

    /// Sets how many commands are executed side by side in each process.
    #[must_use]
    pub const fn workers(mut self, workers: u32) -> QueueOptions {
        self.work = self.work.workers(workers);
        self
    }

    /// Sets how often a command is tried, at most, and at least once; then it is parked.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> QueueOptions {
        self.work = self.work.attempts(attempts);
        self
    }

    /// Sets how long a try may last; then it has failed.
    #[must_use]
    pub const fn within(mut self, within: Duration) -> QueueOptions {
        self.work = self.work.within(within);
        self
    }
}
