use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::execute::Sleep;
use crate::log::position::Position;
use crate::model::subscriber::OnError;

use super::batch::{Batch, GivenUp};
use super::control::Control;
use super::error::{ApplyError, SubscriptionError};
use super::handled::HandleError;
use super::options::FollowOptions;
use super::select::first;
use super::subscriber::Subscriber;
use super::trouble::Trouble;
use super::views::{Apply, Claim};

/// What is to be done for a batch, in this order.
enum Step {
    Apply(Batch),
    Wait(Duration),
    /// The subscription stops at an event.
    Fail(SubscriptionError),
}

/// Hands a batch to the views, until it is committed or a wish interrupts it. An event whose handler fails is tried again alone, with
/// its append, after what comes before it was committed. The checkpoint of the claim says how far it came.
pub(super) async fn hand_over<P: Subscriber, V: Apply<P>>(
    views: &V,
    claim: &mut Claim<V::Guard>,
    subscriber: &Arc<P>,
    batch: Batch,
    options: &FollowOptions,
    control: &Control,
    sleep: &impl Sleep,
) -> Result<(), Trouble> {
    let mut steps = VecDeque::from([Step::Apply(batch)]);
    let mut tries = BTreeMap::new();
    while let Some(step) = steps.pop_front() {
        if control.is_interrupted() {
            return Ok(());
        }
        let batch = match step {
            Step::Apply(batch) => batch,
            Step::Wait(delay) => {
                first(control.interrupted(), sleep.sleep(delay)).await;
                continue;
            }
            Step::Fail(error) => return Err(Trouble::Fatal(error)),
        };
        match views.advance(claim, subscriber, &batch).await {
            Ok(()) => {
                control.committed(&batch, claim.checkpoint.place);
                if let Some(rest) = batch.after(claim.checkpoint.place) {
                    steps.push_front(Step::Apply(rest));
                }
            }
            // An event that was given up is not handed over: its failure is one of the views.
            Err(ApplyError::Handler { index, error }) if batch.is_handed_over(index) => {
                control.failed(error.to_string());
                let next = after_failure::<P>(&batch, index, error, &mut tries, options);
                next.into_iter().rev().for_each(|step| steps.push_front(step));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// What is to be done instead of a batch in which the handler of an event failed. One that only a newer program can read is given up by
/// none: another process may handle it.
fn after_failure<P: Subscriber>(
    batch: &Batch,
    index: usize,
    error: HandleError,
    tries: &mut BTreeMap<Position, u32>,
    options: &FollowOptions,
) -> Vec<Step> {
    let event = &batch.events()[index];
    let attempts = tries.entry(event.position).or_default();
    *attempts += 1;
    let (position, attempts) = (event.position, *attempts);
    let (before, mut append, behind) = batch.split_at_append(index);
    let mut steps: Vec<Step> = before.map(Step::Apply).into_iter().collect();
    if attempts < options.retry.attempts && !error.is_permanent() {
        append.attempt = attempts + 1;
        steps.push(Step::Wait(options.retry.delay(attempts)));
    } else if P::TYPE.on_error == OnError::Stop || error.is_newer() {
        let event = event.name.clone();
        steps.push(Step::Fail(SubscriptionError::Handler { position, event, attempts, error }));
    } else {
        append.given_up.push(GivenUp { position, text: error.to_string(), attempts });
    }
    steps.push(Step::Apply(append));
    steps.extend(behind.map(Step::Apply));
    steps
}
