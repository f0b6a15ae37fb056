//! Views that panic where no method of the program runs: the app says that it has failed.

use std::sync::Arc;
use std::time::Duration;

use eskit::log::Position;
use eskit::prelude::*;
use eskit::subscription::{
    Apply, ApplyError, Batch, Changes, Checkpoint, Claim, Claimed, ParkedEvent, State, Subscriber, Subscription,
    TellChanges, Views,
};
use eskit::work::{
    BegunStep, ClaimWork, ClaimedWork, EndedBy, ListWork, NewWork, OpenStep, Settled, StepEnd, StepHolder, StepId,
    Steps, Work, WorkItem,
};
use eskit::{MemoryViews, RecordedEvent, StoreError};

use crate::invoices::{Dunning, clock};

type Guard = <MemoryViews as Views>::Guard;

/// Panics when items are claimed.
#[derive(Clone)]
struct Panicking(MemoryViews);

impl Views for Panicking {
    type Guard = Guard;

    async fn claim(&self, subscription: &Subscription) -> Result<Claimed<Guard>, StoreError> {
        self.0.claim(subscription).await
    }

    async fn release(&self, claim: Claim<Guard>) {
        self.0.release(claim).await;
    }

    async fn set_events(&self, claim: &Claim<Guard>, events: Vec<String>) -> Result<(), ApplyError> {
        self.0.set_events(claim, events).await
    }

    async fn activate(&self, claim: &Claim<Guard>) -> Result<bool, ApplyError> {
        self.0.activate(claim).await
    }

    async fn restart(&self, claim: &Claim<Guard>, subscription: &Subscription) -> Result<(), ApplyError> {
        self.0.restart(claim, subscription).await
    }

    async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        self.0.checkpoints().await
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<ParkedEvent>, StoreError> {
        self.0.parked(name, version).await
    }

    async fn drop_parked(&self, name: &str, version: u32, position: Position) -> Result<bool, StoreError> {
        self.0.drop_parked(name, version, position).await
    }
}

impl<P: Subscriber> Apply<P> for Panicking
where
    MemoryViews: Apply<P>,
{
    async fn apply(&self, claim: &Claim<Guard>, subscriber: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        self.0.apply(claim, subscriber, batch).await
    }

    async fn replay(&self, subscriber: &Arc<P>, event: &RecordedEvent) -> Result<bool, ApplyError> {
        self.0.replay(subscriber, event).await
    }
}

impl TellChanges for Panicking {
    async fn changes_of(&self, name: &str) -> Result<Changes, StoreError> {
        self.0.changes_of(name).await
    }
}

impl Steps for Panicking {
    async fn begin_step(&self, list: &str, holder: StepHolder, step: &str) -> Result<BegunStep, StoreError> {
        self.0.begin_step(list, holder, step).await
    }

    async fn end_step(&self, list: &str, step: &StepId, by: EndedBy, end: StepEnd) -> Result<bool, StoreError> {
        self.0.end_step(list, step, by, end).await
    }

    async fn open_steps(&self, list: &str) -> Result<Vec<OpenStep>, StoreError> {
        self.0.open_steps(list).await
    }
}

impl Work for Panicking {
    async fn add_work(&self, list: &str, items: Vec<NewWork>) -> Result<u64, StoreError> {
        self.0.add_work(list, items).await
    }

    async fn claim_work(&self, _: &str, _: ClaimWork) -> Result<ClaimedWork, StoreError> {
        panic!("the views are broken")
    }

    async fn renew_work(&self, list: &str, held: Vec<(String, u64)>, lease: Duration) -> Result<Vec<bool>, StoreError> {
        self.0.renew_work(list, held, lease).await
    }

    async fn settle_work(&self, list: &str, settled: Vec<Settled>) -> Result<Vec<bool>, StoreError> {
        self.0.settle_work(list, settled).await
    }

    async fn list_work(&self, list: &str, which: ListWork) -> Result<Vec<WorkItem>, StoreError> {
        self.0.list_work(list, which).await
    }

    async fn retry_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        self.0.retry_work(list, id).await
    }

    async fn drop_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        self.0.drop_work(list, id).await
    }
}

#[tokio::test]
async fn a_panic_of_what_claims_to_dos_is_told() {
    let app = App::new(MemoryStore::new()).with_clock(&clock());
    let app = app.with_processor(Dunning::default(), Panicking(MemoryViews::new())).start().await.unwrap();
    let failed = tokio::time::timeout(Duration::from_secs(30), app.failed()).await.unwrap();
    assert_eq!((failed.name, failed.state), ("dunning", State::Failed));
    assert_eq!(failed.error.as_deref(), Some("its work panicked: the views are broken"));
    assert!(!app.work_health()[0].is_open);
    app.stop().await.unwrap();
}
