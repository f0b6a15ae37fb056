use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::log::{LogId, Place, StoreErrorKind};
use eskit_runtime::subscription::{Apply, ApplyError, Batch, Claim, Claimed, GivenUp, Subscription, Views};
use eskit_runtime::{RecordedEvent, StoreError};

use super::context::ViewsContext;
use super::model_log::ModelLog;
use super::probe::{Kind, Probe, rows_of};
use super::target::{Rows, TestViews};
use crate::failure::{Failure, Outcome, ensure, same};
use crate::log::Log;

pub(super) type ClaimOf<T> = Claim<<<T as TestViews>::Views as Views>::Guard>;
type ClaimedOf<T> = Claimed<<<T as TestViews>::Views as Views>::Guard>;

/// A subscriber that has claimed its checkpoint, and the events that it is to handle.
pub(super) struct Scene<T: TestViews, K> {
    pub(super) context: ViewsContext<T>,
    pub(super) place: Log,
    pub(super) views: T::Views,
    pub(super) probe: Arc<Probe<T, K>>,
    pub(super) claim: ClaimOf<T>,
    pub(super) subscription: Subscription,
    /// Events that the subscriber takes, each of its own append, at the positions from 1. Their keys are `a`, `b` and `c` in turn.
    pub(super) events: Vec<RecordedEvent>,
}

/// The subscription of a kind of subscriber to a log.
pub(super) fn subscription<T: TestViews, K: Kind>(log: LogId) -> Subscription {
    Subscription::of::<Probe<T, K>>(log)
}

/// The claim, which must be there to have.
pub(super) fn leader<T: TestViews>(claimed: ClaimedOf<T>) -> Result<ClaimOf<T>, Failure> {
    match claimed {
        Claimed::Leader(claim) => Ok(claim),
        Claimed::Standby(checkpoint) => {
            Err(Failure::new(format!("a claim that nobody holds was not given: {checkpoint:?}")))
        }
    }
}

/// Claims a subscription that nobody holds.
pub(super) async fn claim<T: TestViews>(views: &T::Views, subscription: &Subscription) -> Result<ClaimOf<T>, Failure> {
    leader::<T>(views.claim(subscription).await?)
}

/// Claims a subscription whose holder is gone without a word: free after a while.
pub(super) async fn claim_in_time<T: TestViews>(
    context: &ViewsContext<T>,
    views: &T::Views,
    subscription: &Subscription,
) -> Result<ClaimOf<T>, Failure> {
    let waiting = async {
        loop {
            if let Claimed::Leader(claim) = views.claim(subscription).await? {
                return Ok(claim);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    context.within("the claim of a holder that is gone, which must become free", waiting).await?
}

impl<T: TestViews, K: Kind> Scene<T, K>
where
    T::Views: Apply<Probe<T, K>>,
{
    /// A new place, a claim there, and a log of some events. Readers see this version.
    pub(super) async fn new(context: &ViewsContext<T>) -> Result<Scene<T, K>, Failure> {
        let place = context.log();
        let views = context.open_at(&place).await?;
        let log = LogId::new();
        let subscription = subscription::<T, K>(log);
        let mut claim = claim::<T>(&views, &subscription).await?;
        views.activate(&claim).await?;
        claim.checkpoint.is_active = true;
        let events = ModelLog::of_keys(40).events();
        Ok(Scene { context: context.clone(), place, views, probe: Probe::new(), claim, subscription, events })
    }

    /// A batch of the events at these positions.
    pub(super) fn batch(&self, positions: Range<u64>) -> Batch {
        let (first, end) = (positions.start as usize - 1, positions.end as usize - 1);
        let events = self.events[first..end].to_vec();
        let to = events.last().map_or(Place::START, RecordedEvent::place);
        let mut batch = Batch::new(events, to);
        batch.head = self.events[self.events.len() - 1].position;
        batch
    }

    /// A batch in which an event was given up.
    pub(super) fn given_up(&self, positions: Range<u64>, at: u64, text: &str, attempts: u32) -> Batch {
        let mut batch = self.batch(positions);
        let position = self.events[at as usize - 1].position;
        batch.given_up.push(GivenUp { position, text: text.to_owned(), attempts });
        batch
    }

    /// Hands a batch over, and remembers the new checkpoint.
    pub(super) async fn apply(&mut self, batch: &Batch) -> Result<(), ApplyError> {
        let applied = self.views.apply(&self.claim, &self.probe, batch);
        let timeout = |failure: Failure| StoreError::new(StoreErrorKind::Unavailable, failure.to_string());
        self.context.within("handing a batch over", applied).await.map_err(timeout)??;
        self.claim.checkpoint.place = batch.to;
        Ok(())
    }

    /// Checks which rows readers see: those of the events at these positions.
    pub(super) async fn check_rows(&self, what: &str, positions: &[u64]) -> Outcome {
        let expected = self.rows_at(positions);
        same(what, &self.context.rows::<K>(&self.views).await?, &expected)
    }

    /// The rows after the events at these positions were handled, in this order.
    pub(super) fn rows_at(&self, positions: &[u64]) -> Rows {
        rows_of(positions.iter().map(|at| &self.events[*at as usize - 1]))
    }

    /// Checks the place of the checkpoint: that of the event at this position.
    pub(super) async fn check_place(&self, what: &str, position: u64) -> Outcome {
        let expected = match position {
            0 => Place::START,
            _ => self.events[position as usize - 1].place(),
        };
        same(what, &self.context.checkpoint::<K>(&self.views).await?.place, &expected)
    }

    /// The positions that are parked.
    pub(super) async fn parked(&self) -> Result<Vec<u64>, Failure> {
        let parked = self.views.parked(&self.subscription.name, self.subscription.version).await?;
        Ok(parked.iter().map(|parked| parked.position.get()).collect())
    }

    /// The scene of a holder that was replaced without knowing: its claim is of an earlier epoch.
    pub(super) async fn deposed(self) -> Result<Scene<T, K>, Failure> {
        let epoch = self.claim.checkpoint.epoch;
        self.views.release(self.claim).await;
        let mut claim = claim::<T>(&self.views, &self.subscription).await?;
        claim.checkpoint.epoch = epoch;
        Ok(Scene { claim, ..self })
    }
}

/// Checks that an answer is a failure of the handler of the event at this index.
pub(super) fn handler_failed(applied: Result<impl Debug, ApplyError>, at: usize, told: &str) -> Outcome {
    match applied {
        Err(ApplyError::Handler { index, error }) => {
            ensure!(index == at, "the handler of event {at} of the batch failed, but the error names event {index}");
            let text = error.to_string();
            ensure!(text.contains(told), "the error of a handler is told as {text:?}, without {told:?}");
            Ok(())
        }
        other => Err(Failure::new(format!("a handler failed, but the batch was answered with {other:?}"))),
    }
}

/// Checks that an answer says that the claim does not hold any more.
pub(super) fn deposed(what: &str, answer: Result<impl Debug, ApplyError>) -> Outcome {
    ensure!(matches!(answer, Err(ApplyError::Deposed)), "{what} was answered with {answer:?}, expected `Deposed`");
    Ok(())
}
