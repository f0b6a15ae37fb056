//! Views around the views of a processor: they let it act on events, and move its checkpoint when it has.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;

use eskit_runtime::log::Position;
use eskit_runtime::model::EventTypes;
use eskit_runtime::store_kit::contain_polls;
use eskit_runtime::subscription::{
    Apply, ApplyError, Batch, Checkpoint, Claim, Claimed, Control, GivenUp, Handle, HandleAsync, HandleError, OnError,
    ParkedEvent, Subscriber, SubscriberType, Subscription, Views,
};
use eskit_runtime::{AnyStore, RecordedEvent, StoreError};

use super::effect::Effect;
use super::subscriber::Processor;
use crate::bus::Bus;

/// The subscription of a processor, as the views know it: with its checkpoint and its parked events, but nothing to write.
pub struct Acted<P>(PhantomData<fn() -> P>);

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
    control: Control,
    acted: Arc<Acted<P>>,
}

impl<P, V> Acting<P, V> {
    pub(crate) fn new(views: V, bus: Bus<AnyStore>, control: Control) -> Acting<P, V> {
        Acting { views, bus, control, acted: Arc::new(Acted(PhantomData)) }
    }
}

impl<P, V: Clone> Clone for Acting<P, V> {
    fn clone(&self) -> Acting<P, V> {
        Acting {
            views: self.views.clone(),
            bus: self.bus.clone(),
            control: self.control.clone(),
            acted: Arc::clone(&self.acted),
        }
    }
}

impl<P: Processor, V: Views> Acting<P, V> {
    /// Acts on one event. Returns whether that did something.
    async fn act(&self, processor: &P, event: &RecordedEvent, is_live: bool) -> Result<bool, Failed> {
        let mut effect = Effect::new(&self.bus, P::TYPE.name, event, is_live);
        let acted = contain_polls(processor.act(event, &mut effect)).await;
        let acted = acted.unwrap_or_else(|text| Err(HandleError::panicked(text)));
        acted.map_err(|error| effect.take_unreachable().map_or(Failed::Handler(error), Failed::Log))
    }

    /// The keys of the events that are parked.
    async fn parked_keys(&self) -> Result<BTreeSet<String>, StoreError> {
        if P::TYPE.on_error != OnError::Park {
            return Ok(BTreeSet::new());
        }
        let parked = self.views.parked(P::TYPE.name, P::TYPE.version).await?;
        Ok(parked.into_iter().map(|parked| parked.key).collect())
    }

    /// Acts on the events of one append, of which the first has this index in its batch. Those that wait behind parked ones are given
    /// up. Returns whether the checkpoint should move at once.
    async fn act_on(
        &self,
        processor: &P,
        append: &mut Batch,
        first: usize,
        parked: &mut BTreeSet<String>,
    ) -> Result<bool, ApplyError> {
        let (mut did, mut waiting) = (false, Vec::new());
        for (index, event) in append.events().iter().enumerate() {
            let is_given_up = append.reason(event.position).is_some();
            if is_given_up || parked.contains(&P::TYPE.order.key(event)) {
                did = true;
                if !is_given_up {
                    waiting.push(GivenUp { position: event.position, text: String::new(), attempts: 0 });
                } else if P::TYPE.on_error == OnError::Park {
                    parked.insert(P::TYPE.order.key(event));
                }
                continue;
            }
            did |= self.act(processor, event, append.is_live()).await.map_err(|failed| match failed {
                Failed::Handler(error) => ApplyError::Handler { index: first + index, error },
                Failed::Log(error) => ApplyError::Views(error),
            })?;
        }
        append.given_up.extend(waiting);
        Ok(did)
    }
}

/// Why an event was not acted on.
enum Failed {
    Handler(HandleError),
    /// The log could not be reached.
    Log(StoreError),
}

impl<P: Processor, V: Apply<Acted<P>>> Apply<P> for Acting<P, V> {
    /// Moves the checkpoint: what is to be done for the events has been done.
    async fn apply(&self, claim: &Claim<V::Guard>, _: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        self.views.apply(claim, &self.acted, batch).await
    }

    /// The checkpoint moves after each append for which something was done, so that after a crash as little as possible is done again.
    async fn advance(&self, claim: &mut Claim<V::Guard>, processor: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        let mut parked = self.parked_keys().await?;
        let mut first = 0;
        for mut append in batch.appends() {
            let is_last = append.to == batch.to;
            if append.to.position > claim.checkpoint.place.position {
                let did = self.act_on(processor, &mut append, first, &mut parked).await?;
                if did || is_last {
                    self.apply(claim, processor, &append).await?;
                    claim.checkpoint.place = append.to;
                }
                if self.control.is_interrupted() {
                    return Ok(());
                }
            }
            first += append.events().len();
        }
        Ok(())
    }

    async fn replay(&self, processor: &Arc<P>, event: &RecordedEvent) -> Result<bool, ApplyError> {
        match self.act(processor, event, false).await {
            Ok(_) => self.views.replay(&self.acted, event).await,
            Err(Failed::Handler(error)) => Err(ApplyError::Handler { index: 0, error }),
            Err(Failed::Log(error)) => Err(ApplyError::Views(error)),
        }
    }
}

impl<P: Processor, V: Views> Views for Acting<P, V> {
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
