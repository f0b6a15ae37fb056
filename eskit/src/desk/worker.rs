use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::__private::{First, first};
use eskit_runtime::execute::Sleep as _;
use eskit_runtime::store_kit::contain_polls;
use eskit_runtime::subscription::HandleError;
use eskit_runtime::work::{Outcome, Settled};
use eskit_runtime::{RetryPolicy, Timestamp};

use super::control::WorkControl;
use super::job::{Does, Failed, Job};
use super::shared::Desk;
use crate::clock::Clock;
use crate::sleep::Timer;

/// The longest wait before the second try of an item, and before any.
const DELAYS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(3600));

/// Does one item after another until the desk is closed.
pub(crate) async fn work<D: Does>(does: Arc<D>, desk: Arc<Desk>, control: WorkControl, clock: Clock) {
    while let Some(job) = desk.take().await {
        let claim = job.claim();
        // Without its claim, nobody asks what became of it.
        let tried =
            super::measured::tried(does.list(), &job.item, &clock, outcome(&*does, &job, &desk, &control, &clock));
        if let First::A(outcome) = first(tried, desk.lost(&claim)).await {
            desk.settle(Settled { id: claim.0, epoch: claim.1, outcome });
        }
    }
}

/// Does an item, and tells what becomes of it.
async fn outcome(does: &impl Does, job: &Job, desk: &Desk, control: &WorkControl, clock: &Clock) -> Outcome {
    let attempts = does.options().attempts;
    if job.item.attempts > attempts {
        let text = died(job);
        control.tell(|health| (health.parked, health.error) = (health.parked + 1, Some(text.clone())));
        return Outcome::GiveUp { text };
    }
    match tried(does, job).await {
        Ok(outcome) => {
            control.tell(|health| {
                (health.done, health.last_done, health.error) = (health.done + 1, Some(Timestamp::now()), None);
            });
            outcome
        }
        // The claimer finds out, too.
        Err(Failed::Lost) => Outcome::Release,
        Err(Failed::Unreachable(error)) => {
            control.tell(|health| health.error = Some(error.to_string()));
            desk.is_unreachable();
            Outcome::Release
        }
        Err(Failed::Item(error)) if error.is_permanent() || job.item.attempts >= attempts => {
            parked(control, error.to_string())
        }
        Err(Failed::Item(error)) => {
            let text = error.to_string();
            control.tell(|health| (health.failed, health.error) = (health.failed + 1, Some(text.clone())));
            let delay = RetryPolicy::never().with_delays(DELAYS.0, DELAYS.1).delay(job.item.attempts);
            Outcome::Retry { at: clock.now() + delay, text }
        }
    }
}

/// Tries it once. A panic is a failure, and so is a try that lasts too long.
async fn tried(does: &impl Does, job: &Job) -> Result<Outcome, Failed> {
    let within = does.options().within;
    let running = contain_polls(does.run(job));
    let running = async { running.await.unwrap_or_else(|text| Err(Failed::Item(HandleError::panicked(text)))) };
    #[cfg(feature = "tracing")]
    let running = {
        let (list, kind, cause) = (does.list(), &job.item.kind, does.cause(job));
        async move { crate::span::working(list, kind, job.item.attempts, &cause, running).await }
    };
    match first(running, Timer.sleep(within)).await {
        First::A(done) => done,
        First::B(()) => {
            let text = format!(
                "it did not end within {within:?}\nhelp: let it do less, or give it more time with `#[work(within = \"..\")]`"
            );
            Err(Failed::Item(HandleError::new(text)))
        }
    }
}

fn parked(control: &WorkControl, text: String) -> Outcome {
    control.tell(|health| (health.parked, health.error) = (health.parked + 1, Some(text.clone())));
    Outcome::Park { text }
}

/// The text of an item whose last try was not settled.
fn died(job: &Job) -> String {
    let tries = job.item.attempts - 1;
    match job.item.text.as_str() {
        "" => format!("it was tried {tries} times, and each time the process ended or lost its claim in the middle"),
        text => format!(
            "it was tried {tries} times; the last time the process ended or lost its claim in the middle; before: {text}"
        ),
    }
}
