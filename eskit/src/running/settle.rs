use std::fmt;
use std::time::Duration;

use eskit_runtime::__private::{First, first};
use eskit_runtime::execute::Sleep as _;
use eskit_runtime::subscription::Health;
use eskit_runtime::{EventStore, StoreError};

use super::app::Running;
use super::unknown::write_failed;
use crate::desk::WorkHealth;
use crate::sleep::Timer;

/// How long it is waited.
const WITHIN: Duration = Duration::from_secs(10);

impl<S: EventStore + 'static> Running<S> {
    /// Waits until nothing is left to do now: every subscription has handled all that the log holds, and everything that is due was done,
    /// also what that led to. For tests; what is due later waits for [`TestClock::advance`](crate::testing::TestClock::advance). Waits for
    /// 10 s at most.
    ///
    /// # Errors
    /// A subscription failed, the log cannot be read, or something is left after 10 s.
    pub async fn settle(&self) -> Result<(), NotSettled> {
        match first(self.settled(), Timer.sleep(WITHIN)).await {
            First::A(settled) => settled,
            First::B(()) => Err(NotSettled::Busy { subscriptions: self.health(), work: self.work_health() }),
        }
    }

    async fn settled(&self) -> Result<(), NotSettled> {
        loop {
            let head = self.store().head().await.map_err(NotSettled::Log)?.position;
            let before = self.progress();
            for control in self.ending.controls() {
                control.reached(head).await.map_err(NotSettled::Failed)?;
            }
            for started in &self.ending.works {
                started.control.idle().await;
            }
            let is_same = self.store().head().await.map_err(NotSettled::Log)?.position == head;
            if is_same && self.progress() == before {
                return Ok(());
            }
        }
    }

    /// How much was done in all.
    fn progress(&self) -> u64 {
        self.work_health().iter().map(|health| health.done + health.failed + health.parked).sum()
    }
}

/// What [`Running::settle`] was waiting for.
#[derive(Debug)]
#[non_exhaustive]
pub enum NotSettled {
    /// A subscription failed or was stopped.
    Failed(Health),
    /// The log cannot be read.
    Log(StoreError),
    /// Something was still to be done after 10 s.
    Busy {
        /// How the subscriptions are doing.
        subscriptions: Vec<Health>,
        /// How the to-dos and schedules are doing.
        work: Vec<WorkHealth>,
    },
}

impl fmt::Display for NotSettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotSettled::Failed(health) => write_failed(f, health),
            NotSettled::Log(error) => write!(f, "cannot read the log: {error}"),
            NotSettled::Busy { subscriptions, work } => {
                f.write_str("not everything was done within 10 s:")?;
                for health in subscriptions {
                    let (name, state, at, head) = (health.name, health.state, health.place.position, health.head);
                    write!(f, "\n- `{name}` is {state} at position {at} of {head}")?;
                }
                for health in work {
                    let WorkHealth { list, claimed, done, error, .. } = health;
                    write!(f, "\n- of the to-dos of `{list}`, {done} were done and {claimed} are being done")?;
                    if let Some(error) = error {
                        write!(f, "; the last error: {error}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for NotSettled {}
