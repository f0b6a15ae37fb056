use std::sync::Arc;

use eskit_runtime::Timestamp;
use eskit_runtime::log::{LogId, NewEvent, Position};
use eskit_runtime::subscription::{Apply, ApplyError, Batch, Changed, Changes, Subscription, Views};
use eskit_runtime::work::{ListWork, Work, WorkItem};

use super::context::ViewsContext;
use super::model_log::noted;
use super::scene::{ClaimOf, claim};
use super::target::TestViews;
use super::todos::{KeepWork, LIST, Todos, ids};
use crate::failure::{Failure, Outcome as Tested, ensure, same};
use crate::log::Log;
use crate::model::Model;

/// A subscription that keeps a list.
pub(super) struct Keeper<T: TestViews> {
    pub(super) context: ViewsContext<T>,
    pub(super) views: T::Views,
    pub(super) claim: ClaimOf<T>,
    pub(super) subscription: Subscription,
    pub(super) log: Model,
}

impl<T: TestViews> Keeper<T>
where
    T::Views: KeepWork,
{
    pub(super) async fn new(context: &ViewsContext<T>, place: &Log) -> Result<Keeper<T>, Failure> {
        let views = context.open_at(place).await?;
        let subscription = Subscription::of::<Todos>(LogId::new());
        let mut claim = claim::<T>(&views, &subscription).await?;
        claim.checkpoint.is_active = views.activate(&claim).await?;
        Ok(Keeper { context: context.clone(), views, claim, subscription, log: Model::new() })
    }

    /// Hands a batch of these events over.
    pub(super) async fn apply(&mut self, events: Vec<NewEvent>) -> Result<(), ApplyError> {
        let batch = self.batch(events);
        self.hand_over(&batch).await
    }

    /// Appends these events to the log, and returns a batch of them.
    pub(super) fn batch(&mut self, events: Vec<NewEvent>) -> Batch {
        let before = self.log.events().len();
        for event in events {
            self.log.push(vec![event], Timestamp::now());
        }
        let events = self.log.events()[before..].to_vec();
        let to = events.last().map_or(self.claim.checkpoint.place, |event| event.place());
        Batch::new(events, to)
    }

    pub(super) async fn hand_over(&mut self, batch: &Batch) -> Result<(), ApplyError> {
        self.views.apply(&self.claim, &Arc::new(Todos), batch).await?;
        self.claim.checkpoint.place = batch.to;
        Ok(())
    }

    pub(super) async fn items(&self) -> Result<Vec<WorkItem>, Failure> {
        Ok(self.views.list_work(LIST, ListWork::default()).await?)
    }

    /// Checks the ids of the items, in order.
    pub(super) async fn check(&self, what: &str, expected: &[&str]) -> Tested {
        same(what, &ids(&self.items().await?), &expected.to_vec())
    }

    /// The position of the checkpoint, as it is listed.
    pub(super) async fn position(&self) -> Result<Position, Failure> {
        let found = self.views.checkpoints().await?.into_iter().find(|found| found.name == LIST);
        Ok(found.map_or(Position::START, |found| found.place.position))
    }

    pub(super) async fn told(&self, what: &str, changes: &mut Changes) -> Tested {
        let told = self.context.within(&format!("hearing of {what}"), changes.next()).await?;
        ensure!(told != Changed::none(), "a change without a change is told of {what}");
        Ok(())
    }
}

/// Opens an item under a key.
pub(super) fn open(key: &str) -> NewEvent {
    noted(key, true)
}

/// Closes the items of a key.
pub(super) fn close(key: &str) -> NewEvent {
    noted(key, false)
}
