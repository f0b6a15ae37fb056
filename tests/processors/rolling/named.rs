//! Two processors with one name, which one crate cannot have otherwise.

use eskit::model::EventTypes;
use eskit::prelude::*;
use eskit::processor::{Effect, Processor};
use eskit::subscription::{HandleError, Start, Subscriber, SubscriberType};
use eskit::work::{TodoChanges, WorkOptions};

/// A processor under the name `parcels`.
pub(crate) struct Named<P>(pub(crate) P);

impl<P: Processor> Subscriber for Named<P> {
    const TYPE: &'static SubscriberType = &SubscriberType { name: "parcels", ..*P::TYPE };
    const EVENTS: EventTypes = P::EVENTS;
    const ACTS: bool = true;
}

impl<P: Processor> Processor for Named<P> {
    const FROM: Start = P::FROM;
    const OPENS: EventTypes = P::OPENS;
    const WORK: Option<WorkOptions> = P::WORK;

    async fn act<'a>(&'a self, event: &'a RecordedEvent, effect: &'a mut Effect<'_>) -> Result<bool, HandleError> {
        self.0.act(event, effect).await
    }

    fn todos(&self, event: &RecordedEvent, changes: &mut TodoChanges) -> Result<(), HandleError> {
        self.0.todos(event, changes)
    }

    async fn work<'a>(
        &'a self,
        event: &'a RecordedEvent,
        key: &'a str,
        effect: &'a mut Effect<'_>,
    ) -> Result<(), HandleError> {
        self.0.work(event, key, effect).await
    }
}
