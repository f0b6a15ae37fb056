//! The subscription of a publisher: views around the views that keep its checkpoint.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use eskit_runtime::log::Position;
use eskit_runtime::model::{EventTypes, SourceLocation};
use eskit_runtime::subscription::{
    Apply, ApplyError, Batch, Checkpoint, Claim, Claimed, Handle, HandleAsync, HandleError, OnError, ParkedEvent,
    Subscriber, SubscriberType, Subscription, Views,
};
use eskit_runtime::{RecordedEvent, StoreError};

use crate::events::publication::Publication;
use crate::events::publisher::Publisher;

impl<P: Publication> Publisher<P> {
    /// What an app follows the log for: pass it to `App::with_projection`, with [`Publisher::views`].
    pub fn subscriber(&self) -> Published<P> {
        Published(PhantomData)
    }

    /// Views that publish each batch of events before they move the checkpoint: those that keep the checkpoint, such as `SqliteViews`.
    pub fn views<V>(&self, views: V) -> Publishing<P, V> {
        Publishing { publisher: self.clone(), views }
    }
}

/// What follows a log for a [`Publisher`]. No views but [`Publishing`] keep it, so that a checkpoint never moves without publishing.
pub struct Published<P>(PhantomData<fn() -> P>);

/// The subscription of a publisher, as the views know it that keep its checkpoint.
pub struct Marked<P>(PhantomData<fn() -> P>);

impl<P: Publication> Subscriber for Published<P> {
    const TYPE: &'static SubscriberType = &SubscriberType {
        name: P::NAME,
        version: 1,
        order: P::ORDER,
        on_error: OnError::Stop,
        tables: "",
        rust_name: "Published",
        location: SourceLocation { module: module_path!(), file: file!(), line: line!() },
    };
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
    const ACTS: bool = true;
}

#[diagnostic::do_not_recommend]
impl<P: Publication> Subscriber for Marked<P> {
    const TYPE: &'static SubscriberType = Published::<P>::TYPE;
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
    const ACTS: bool = true;
}

impl<P: Publication, Tx> Handle<Tx> for Marked<P> {
    fn handle(&self, _: &RecordedEvent, _: &mut Tx) -> Result<bool, HandleError> {
        Ok(true)
    }
}

impl<P: Publication, Tx: Send> HandleAsync<Tx> for Marked<P> {
    async fn handle<'a>(&'a self, _: &'a RecordedEvent, _: &'a mut Tx) -> Result<bool, HandleError> {
        Ok(true)
    }
}

/// Views that publish the events of a batch, and then move the checkpoint in the views around which they are. Made by [`Publisher::views`].
pub struct Publishing<P, V> {
    publisher: Publisher<P>,
    views: V,
}

impl<P: Publication, V: Apply<Marked<P>>> Apply<Published<P>> for Publishing<P, V> {
    async fn apply(&self, claim: &Claim<V::Guard>, _: &Arc<Published<P>>, batch: &Batch) -> Result<(), ApplyError> {
        let events: Vec<(usize, &RecordedEvent)> = batch.to_handle().collect();
        self.publisher.publish(&events, claim.checkpoint.log).await?;
        self.views.apply(claim, &Arc::new(Marked(PhantomData)), batch).await
    }

    async fn replay(&self, _: &Arc<Published<P>>, event: &RecordedEvent) -> Result<bool, ApplyError> {
        // It stops at an event that cannot be published, so that none is ever parked.
        self.views.replay(&Arc::new(Marked(PhantomData)), event).await
    }
}

impl<P: Publication, V: Views> Views for Publishing<P, V> {
    type Guard = V::Guard;

    async fn claim(&self, subscription: &Subscription) -> Result<Claimed<V::Guard>, StoreError> {
        self.views.claim(subscription).await
    }

    async fn release(&self, claim: Claim<V::Guard>) {
        self.views.release(claim).await;
    }

    async fn set_events(&self, claim: &Claim<V::Guard>, events: Vec<String>) -> Result<(), ApplyError> {
        self.views.set_events(claim, events).await
    }

    async fn activate(&self, claim: &Claim<V::Guard>) -> Result<bool, ApplyError> {
        self.views.activate(claim).await
    }

    async fn restart(&self, claim: &Claim<V::Guard>, subscription: &Subscription) -> Result<(), ApplyError> {
        self.views.restart(claim, subscription).await
    }

    async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        self.views.checkpoints().await
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<ParkedEvent>, StoreError> {
        self.views.parked(name, version).await
    }

    async fn drop_parked(&self, name: &str, version: u32, position: Position) -> Result<bool, StoreError> {
        self.views.drop_parked(name, version, position).await
    }
}

impl<P, V: Clone> Clone for Publishing<P, V> {
    fn clone(&self) -> Publishing<P, V> {
        Publishing { publisher: self.publisher.clone(), views: self.views.clone() }
    }
}

impl<P, V: fmt::Debug> fmt::Debug for Publishing<P, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publishing").field("views", &self.views).finish_non_exhaustive()
    }
}

impl<P> fmt::Debug for Published<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Published")
    }
}

impl<P> fmt::Debug for Marked<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marked")
    }
}
