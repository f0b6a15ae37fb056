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

/// Does one item after another, or several together, until the desk is closed.
pub(crate) async fn work<D: Does>(does: Arc<D>, desk: Arc<Desk>, control: WorkControl, clock: Clock) {
    loop {
        let jobs = desk.take(|job| does.together(job)).await;
        if jobs.is_empty() {
            return;
        }
        let claims: Vec<_> = jobs.iter().map(Job::claim).collect();
        let tried =
            super::measured::tried(does.list(), &jobs, &clock, outcomes(&*does, &jobs, &desk, &control, &clock));
        // Without its claim, nobody asks what became of an item.
        if let First::A(outcomes) = first(tried, desk.lost(&claims)).await {
            let settled = claims.into_iter().zip(outcomes);
            desk.settle(settled.map(|((id, epoch), outcome)| Settled { id, epoch, outcome }));
        }
    }
}

/// Does items, and tells what becomes of each.
async fn outcomes(does: &impl Does, jobs: &[Job], desk: &Desk, control: &WorkControl, clock: &Clock) -> Vec<Outcome> {
    let options = does.options();
    // Only an item that is done by itself was tried before.
    if let [job] = jobs
        && job.is_given_up(options)
    {
        let text = died(job);
        control.tell(|health| (health.parked, health.error) = (health.parked + 1, Some(text.clone())));
        return vec![Outcome::GiveUp { text }];
    }
    let tried = tried(does, jobs).await;
    jobs.iter().zip(tried).map(|(job, tried)| outcome(job, tried, options.attempts, desk, control, clock)).collect()
}

/// What becomes of an item.
fn outcome(
    job: &Job,
    tried: Result<Outcome, Failed>,
    attempts: u32,
    desk: &Desk,
    control: &WorkControl,
    clock: &Clock,
) -> Outcome {
    match tried {
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

/// Tries items once. A panic is a failure of each, and so is a try that lasts too long.
async fn tried(does: &impl Does, jobs: &[Job]) -> Vec<Result<Outcome, Failed>> {
    let within = does.options().within;
    let all = |error: &dyn Fn() -> HandleError| jobs.iter().map(|_| Err(Failed::Item(error()))).collect();
    let running = contain_polls(does.run(jobs));
    let running = async { running.await.unwrap_or_else(|text| all(&|| HandleError::panicked(text.clone()))) };
    #[cfg(feature = "tracing")]
    let running = {
        let (list, causes) = (does.list(), jobs.iter().map(|job| does.cause(job)).collect::<Vec<_>>());
        async move { crate::span::working(list, &jobs[0].item.kind, jobs[0].item.attempts, &causes, running).await }
    };
    match first(running, Timer.sleep(within)).await {
        First::A(done) => done,
        First::B(()) => {
            let text = format!(
                "it did not end within {within:?}\nhelp: let it do less, or give it more time with `#[work(within = \"..\")]`"
            );
            all(&|| HandleError::new(text.as_str()))
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
