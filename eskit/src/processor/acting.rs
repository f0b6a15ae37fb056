//! Views around the views of a processor: they let it act on events, and move its checkpoint when it has.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;

use eskit_runtime::model::EventTypes;
use eskit_runtime::store_kit::{contain, contain_polls};
use eskit_runtime::subscription::{
    Apply, ApplyError, Batch, Checkpoint, Claim, GivenUp, Handle, HandleAsync, HandleError, OnError, Subscriber,
    SubscriberType, Views,
};
use eskit_runtime::work::{NewWork, StepHolder, Steps, TodoChanges, WorkTx, WorkTxAsync};
use eskit_runtime::{AnyStore, RecordedEvent, StoreError, Timestamp};

use super::effect::{Effect, Stop};
use super::parked_keys::ParkedKeys;
use super::subscriber::Processor;
use crate::bus::Bus;
use crate::delegate_views::delegate_views;
use crate::desk::kind_of;

/// The subscription of a processor, as the views know it: with its checkpoint, its parked events and its to-dos.
pub struct Acted<P>(Arc<P>);

impl<P: Processor> Acted<P> {
    /// The to-dos that an event closes, and those that it opens.
    fn todos(&self, event: &RecordedEvent) -> Result<(Vec<String>, Vec<NewWork>), HandleError> {
        let mut changes = TodoChanges::default();
        self.0.todos(event, &mut changes)?;
        let opened = changes.opened.into_iter().map(|(key, due)| NewWork {
            id: format!("{}/{key}", event.id),
            key,
            kind: kind_of(&event.name, event.schema_version),
            event: Some(event.place()),
            payload: None,
            due: due.unwrap_or_else(|| event.recorded_at.min(Timestamp::now())),
        });
        Ok((changes.closed, opened.collect()))
    }
}

#[diagnostic::do_not_recommend]
impl<P: Processor> Subscriber for Acted<P> {
    const TYPE: &'static SubscriberType = P::TYPE;
    const EVENTS: EventTypes = P::EVENTS;
    const TAKES_ALL: bool = P::TAKES_ALL;
    const ACTS: bool = true;
}

impl<P: Processor, Tx: WorkTx> Handle<Tx> for Acted<P> {
    fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        let (closed, opened) = self.todos(event)?;
        if !closed.is_empty() {
            tx.close_work(&closed)?;
        }
        if !opened.is_empty() {
            tx.open_work(opened)?;
        }
        Ok(true)
    }
}

impl<P: Processor, Tx: WorkTxAsync> HandleAsync<Tx> for Acted<P> {
    async fn handle<'a>(&'a self, event: &'a RecordedEvent, tx: &'a mut Tx) -> Result<bool, HandleError> {
        let todos = self.todos(event)?;
        change(tx, todos).await?;
        Ok(true)
    }

    async fn handle_all<'a>(
        &'a self,
        events: &'a [&'a RecordedEvent],
        tx: &'a mut Tx,
    ) -> Result<(), (usize, HandleError)> {
        let (mut changes, mut opened, mut closed) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for (index, event) in events.iter().enumerate() {
            let todos = contain(|| self.todos(event)).unwrap_or_else(|text| Err(HandleError::panicked(text)));
            let todos = todos.map_err(|error| (index, error))?;
            closed.extend(todos.0.iter().cloned());
            opened.extend(todos.1.iter().map(|new| new.key.clone()));
            changes.push((index, todos));
        }
        // One key alone waits for one other at most.
        if opened.len() + closed.len() > 1 {
            let (opened, closed) = (Vec::from_iter(opened), Vec::from_iter(closed));
            tx.lock_work(&opened, &closed).await.map_err(|error| (0, error))?;
        }
        for (index, todos) in changes {
            change(tx, todos).await.map_err(|error| (index, error))?;
        }
        Ok(())
    }
}

/// Closes and opens to-dos.
async fn change(tx: &mut impl WorkTxAsync, (closed, opened): (Vec<String>, Vec<NewWork>)) -> Result<(), HandleError> {
    if !closed.is_empty() {
        tx.close_work(&closed).await?;
    }
    if !opened.is_empty() {
        tx.open_work(opened).await?;
    }
    Ok(())
}

/// The views of a processor.
pub(crate) struct Acting<P, V> {
    views: V,
    bus: Bus<AnyStore>,
    parked: Arc<ParkedKeys>,
    processor: PhantomData<fn() -> P>,
}

impl<P, V> Acting<P, V> {
    pub(crate) fn new(views: V, bus: Bus<AnyStore>) -> Acting<P, V> {
        Acting { views, bus, parked: Arc::default(), processor: PhantomData }
    }
}

impl<P, V: Clone> Clone for Acting<P, V> {
    fn clone(&self) -> Acting<P, V> {
        let Acting { views, bus, parked, processor } = self;
        Acting { views: views.clone(), bus: bus.clone(), parked: Arc::clone(parked), processor: *processor }
    }
}

impl<P: Processor, V: Views + Steps> Acting<P, V> {
    /// Acts on the event at an index of a batch. Returns whether that did something.
    async fn act(
        &self,
        processor: &P,
        (index, event): (usize, &RecordedEvent),
        holder: StepHolder,
        is_live: bool,
        attempt: u32,
    ) -> Result<bool, ApplyError> {
        let effect = Effect::new(&self.bus, P::TYPE.name, event, is_live).at_attempt(attempt);
        let mut effect = effect.with_steps(&self.views, holder);
        let acted = contain_polls(processor.act(event, &mut effect));
        #[cfg(feature = "tracing")]
        let acted = crate::span::acting(P::TYPE.name, event, attempt, acted);
        let acted = acted.await;
        let acted = acted.unwrap_or_else(|text| Err(HandleError::panicked(text)));
        acted.map_err(|error| match effect.take_stop() {
            Some(Stop::Unreachable(error)) => ApplyError::Views(error),
            Some(Stop::Lost) => ApplyError::Deposed,
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

impl<P: Processor, V: Apply<Acted<P>> + Steps> Apply<P> for Acting<P, V> {
    /// Moves the checkpoint: what is to be done for the events has been done.
    async fn apply(&self, claim: &Claim<V::Guard>, processor: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        self.views.apply(claim, &Arc::new(Acted(Arc::clone(processor))), batch).await
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
                let Checkpoint { partition, epoch, .. } = &claim.checkpoint;
                let (position, id, part, epoch) = (event.position, event.id, partition.index, *epoch);
                let holder = StepHolder::Event { position, id, part, epoch };
                did |= self.act(processor, (index, event), holder, batch.is_live(), batch.attempt).await?;
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
        let holder = StepHolder::Parked { position: event.position, id: event.id };
        self.act(processor, (0, event), holder, false, 1).await?;
        self.views.replay(&Arc::new(Acted(Arc::clone(processor))), event).await
    }
}

impl<P: Processor, V: Views> Views for Acting<P, V> {
    delegate_views!(views);
}
