//! Views around the views of a processor: they let it act on events, and move its checkpoint when it has.

use std::marker::PhantomData;
use std::sync::Arc;

use eskit_runtime::model::EventTypes;
use eskit_runtime::store_kit::contain_polls;
use eskit_runtime::subscription::{
    Apply, ApplyError, Batch, Claim, GivenUp, Handle, HandleAsync, HandleError, OnError, Subscriber, SubscriberType,
    Views,
};
use eskit_runtime::{AnyStore, RecordedEvent, StoreError};

use super::effect::Effect;
use super::parked_keys::ParkedKeys;
use super::subscriber::Processor;
use crate::bus::Bus;
use crate::delegate_views::delegate_views;

/// The subscription of a processor, as the views know it: with its checkpoint and its parked events, but nothing to write.
pub struct Acted<P>(PhantomData<fn() -> P>);

#[diagnostic::do_not_recommend]
impl<P: Processor> Subscriber for Acted<P> {
    const TYPE: &'static SubscriberType = P::TYPE;
    const EVENTS: EventTypes = P::EVENTS;
    const TAKES_ALL: bool = P::TAKES_ALL;
    const ACTS: bool = true;
}

impl<P: Processor, Tx> Handle<Tx> for Acted<P> {
    fn handle(&self, _: &RecordedEvent, _: &mut Tx) -> Result<bool, HandleError> {
        Ok(true)
    }
}

impl<P: Processor, Tx: Send> HandleAsync<Tx> for Acted<P> {
    async fn handle<'a>(&'a self, _: &'a RecordedEvent, _: &'a mut Tx) -> Result<bool, HandleError> {
        Ok(true)
    }
}

/// The views of a processor.
pub(crate) struct Acting<P, V> {
    views: V,
    bus: Bus<AnyStore>,
    acted: Arc<Acted<P>>,
    parked: Arc<ParkedKeys>,
}

impl<P, V> Acting<P, V> {
    pub(crate) fn new(views: V, bus: Bus<AnyStore>) -> Acting<P, V> {
        Acting { views, bus, acted: Arc::new(Acted(PhantomData)), parked: Arc::default() }
    }
}

impl<P, V: Clone> Clone for Acting<P, V> {
    fn clone(&self) -> Acting<P, V> {
        let Acting { views, bus, acted, parked } = self;
        Acting { views: views.clone(), bus: bus.clone(), acted: Arc::clone(acted), parked: Arc::clone(parked) }
    }
}

impl<P: Processor, V: Views> Acting<P, V> {
    /// Acts on the event at an index of a batch. Returns whether that did something.
    async fn act(
        &self,
        processor: &P,
        (index, event): (usize, &RecordedEvent),
        is_live: bool,
    ) -> Result<bool, ApplyError> {
        let mut effect = Effect::new(&self.bus, P::TYPE.name, event, is_live);
        let acted = contain_polls(processor.act(event, &mut effect)).await;
        let acted = acted.unwrap_or_else(|text| Err(HandleError::panicked(text)));
        acted.map_err(|error| match effect.take_unreachable() {
            Some(error) => ApplyError::Views(error),
            None => ApplyError::Handler { index, error },
        })
    }

    /// Whether events with the key of this one wait, so that it must wait too.
    async fn must_wait(&self, event: &RecordedEvent, epoch: u64) -> Result<bool, StoreError> {
        match P::TYPE.on_error {
            OnError::Park => self.parked.has::<P>(&self.views, epoch, &P::TYPE.order.key(event)).await,
            OnError::Stop | OnError::Skip => Ok(false),
        }
    }
}

impl<P: Processor, V: Apply<Acted<P>>> Apply<P> for Acting<P, V> {
    /// Moves the checkpoint: what is to be done for the events has been done.
    async fn apply(&self, claim: &Claim<V::Guard>, _: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        self.views.apply(claim, &self.acted, batch).await
    }

    /// Acts up to the first append for which something was done, and moves the checkpoint behind it, so that as little as possible is
    /// done again after a crash.
    async fn advance(&self, claim: &mut Claim<V::Guard>, processor: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        let (mut did, mut waiting, mut last) = (false, Vec::new(), None);
        for (index, event) in batch.events().iter().enumerate() {
            if batch.reason(event.position).is_some() {
                self.parked.add(P::TYPE.order.key(event));
                did = true;
            } else if self.must_wait(event, claim.checkpoint.epoch).await? {
                waiting.push(GivenUp { position: event.position, text: String::new(), attempts: 0 });
                did = true;
            } else {
                did |= self.act(processor, (index, event), batch.is_live()).await?;
            }
            let next = batch.events().get(index + 1);
            if did && next.is_none_or(|next| next.append_end() > event.append_end()) {
                last = Some(index);
                break;
            }
        }
        let mut done = last.map_or_else(|| batch.clone(), |last| batch.up_to(last));
        done.given_up.extend(waiting);
        self.apply(claim, processor, &done).await?;
        claim.checkpoint.place = done.to;
        Ok(())
    }

    async fn replay(&self, processor: &Arc<P>, event: &RecordedEvent) -> Result<bool, ApplyError> {
        self.act(processor, (0, event), false).await?;
        self.views.replay(&self.acted, event).await
    }
}

impl<P: Processor, V: Views> Views for Acting<P, V> {
    delegate_views!(views);
}
