//! The subscriptions of an app, whatever they are of: what [`Running`](crate::Running) spawns, steers and asks.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use eskit_runtime::log::{Position, Query, QueryItem, ReadOptions};
use eskit_runtime::subscription::{
    Apply, ApplyError, Control, FollowOptions, ParkedEvent, Partition, Subscriber, SubscriberType, Views, follow,
};
use eskit_runtime::{EventStore, StoreError};

use crate::bus::Bus;
use crate::observed::Observed;
use crate::processor::{Acted, Acting, Processor};
use crate::sleep::Timer;
use crate::tail::Tail;

pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A subscriber and its views.
pub(crate) trait Subscribed<S>: Send + Sync {
    fn subscriber(&self) -> &'static SubscriberType;

    /// How many parts it has.
    fn parts(&self) -> u32;

    /// What follows the log until it is stopped, and its control, for each part.
    fn tasks(&self, bus: &Bus<S>, log: &Log<S>) -> Vec<(Control, Boxed<()>)>;

    fn parked(&self) -> Boxed<Result<Vec<ParkedEvent>, StoreError>>;
    fn drop_parked(&self, position: Position) -> Boxed<Result<bool, StoreError>>;

    /// Hands a parked event over again; `false` if it is not parked or not in the log any more.
    fn replay(&self, bus: &Bus<S>, position: Position) -> Boxed<Result<bool, ApplyError>>;
}

/// A projection and its views.
pub(crate) struct Kept<P, V> {
    subscriber: Arc<P>,
    views: V,
    options: FollowOptions,
}

impl<P: Subscriber, V: Apply<P>> Kept<P, V> {
    pub(crate) fn new(subscriber: P, views: V, options: FollowOptions) -> Kept<P, V> {
        Kept { subscriber: Arc::new(subscriber), views, options }
    }
}

impl<S: EventStore + 'static, P: Subscriber, V: Apply<P>> Subscribed<S> for Kept<P, V> {
    fn subscriber(&self) -> &'static SubscriberType {
        P::TYPE
    }

    fn parts(&self) -> u32 {
        self.options.partition.count.max(1)
    }

    fn tasks(&self, _: &Bus<S>, log: &Log<S>) -> Vec<(Control, Boxed<()>)> {
        let of_part = |options: FollowOptions| {
            let control = Control::of::<P>(options.partition);
            (control.clone(), log.follow(&self.subscriber, self.views.clone(), options, control))
        };
        parts_of(&self.options).map(of_part).collect()
    }

    fn parked(&self) -> Boxed<Result<Vec<ParkedEvent>, StoreError>> {
        parked::<P, V>(&self.views)
    }

    fn drop_parked(&self, position: Position) -> Boxed<Result<bool, StoreError>> {
        drop_parked::<P, V>(&self.views, position)
    }

    fn replay(&self, bus: &Bus<S>, position: Position) -> Boxed<Result<bool, ApplyError>> {
        replay(&self.subscriber, &self.views, Arc::clone(&bus.store), position)
    }
}

/// A processor and its views.
pub(crate) struct Acts<P, V> {
    processor: Arc<P>,
    views: V,
    options: FollowOptions,
}

impl<P: Processor, V: Apply<Acted<P>>> Acts<P, V> {
    pub(crate) fn new(processor: P, views: V, options: FollowOptions) -> Acts<P, V> {
        Acts { processor: Arc::new(processor), views, options }
    }

    fn acting<S: EventStore + 'static>(&self, bus: &Bus<S>) -> Acting<P, V> {
        Acting::new(self.views.clone(), bus.erased())
    }
}

impl<S: EventStore + 'static, P: Processor, V: Apply<Acted<P>>> Subscribed<S> for Acts<P, V> {
    fn subscriber(&self) -> &'static SubscriberType {
        P::TYPE
    }

    fn parts(&self) -> u32 {
        self.options.partition.count.max(1)
    }

    fn tasks(&self, bus: &Bus<S>, log: &Log<S>) -> Vec<(Control, Boxed<()>)> {
        let of_part = |options: FollowOptions| {
            let control = Control::of::<P>(options.partition);
            let views = self.acting(bus);
            (control.clone(), log.follow(&self.processor, views, options, control))
        };
        parts_of(&self.options).map(of_part).collect()
    }

    fn parked(&self) -> Boxed<Result<Vec<ParkedEvent>, StoreError>> {
        parked::<P, V>(&self.views)
    }

    fn drop_parked(&self, position: Position) -> Boxed<Result<bool, StoreError>> {
        drop_parked::<P, V>(&self.views, position)
    }

    fn replay(&self, bus: &Bus<S>, position: Position) -> Boxed<Result<bool, ApplyError>> {
        let views = self.acting(bus);
        replay(&self.processor, &views, Arc::clone(&bus.store), position)
    }
}

/// Only what keeps a read model can be built anew.
pub(crate) const fn keeps_a_read_model<P: Subscriber>() {
    assert!(
        !P::ACTS,
        "a processor keeps no read model that could be built anew\nhelp: to repeat its effects, use `with_effects_from` before `start`, or \
         `effects_from` while the app runs"
    );
}

/// The options of each part.
fn parts_of(options: &FollowOptions) -> impl Iterator<Item = FollowOptions> + '_ {
    let count = options.partition.count.max(1);
    (0..count).map(move |index| {
        let mut options = options.clone();
        options.partition = Partition { index, count };
        options
    })
}

fn parked<P: Subscriber, V: Views>(views: &V) -> Boxed<Result<Vec<ParkedEvent>, StoreError>> {
    let views = views.clone();
    Box::pin(async move { views.parked(P::TYPE.name, P::TYPE.version).await })
}

fn drop_parked<P: Subscriber, V: Views>(views: &V, position: Position) -> Boxed<Result<bool, StoreError>> {
    let views = views.clone();
    Box::pin(async move { views.drop_parked(P::TYPE.name, P::TYPE.version, position).await })
}

/// Hands a parked event over again; `false` if it is not parked or not in the log any more.
fn replay<S: EventStore + 'static, P: Subscriber, V: Apply<P>>(
    subscriber: &Arc<P>,
    views: &V,
    store: Arc<S>,
    position: Position,
) -> Boxed<Result<bool, ApplyError>> {
    let (subscriber, views) = (Arc::clone(subscriber), views.clone());
    Box::pin(async move {
        let parked = views.parked(P::TYPE.name, P::TYPE.version).await?;
        let Some(parked) = parked.into_iter().find(|parked| parked.position == position) else { return Ok(false) };
        let query = Query::from(QueryItem::ids([parked.id]));
        let page = store.read(&query, ReadOptions::default().limit(1)).await?;
        match page.events.first() {
            Some(event) => views.replay(&subscriber, event).await,
            // It was deleted with its stream, so there is nothing left to handle.
            None => {
                views.drop_parked(P::TYPE.name, P::TYPE.version, position).await?;
                Ok(false)
            }
        }
    })
}

/// How the subscriptions of an app read its log.
pub(crate) enum Log<S> {
    /// There is one, which reads what it needs.
    Own(Arc<S>),
    /// There are several, which share one reader of the newest events.
    Shared(Arc<Tail<S>>),
}

impl<S: EventStore + 'static> Log<S> {
    /// What follows the log for one subscriber until it is stopped.
    fn follow<P: Subscriber, V: Apply<P>>(
        &self,
        subscriber: &Arc<P>,
        views: V,
        options: FollowOptions,
        control: Control,
    ) -> Boxed<()> {
        let subscriber = Arc::clone(subscriber);
        match self {
            Log::Own(store) => run(Arc::clone(store), subscriber, views, options, control),
            Log::Shared(tail) => run(Arc::clone(tail), subscriber, views, options, control),
        }
    }
}

/// Follows the log until it is stopped. After a failure, waits until it is to go on.
fn run<S: EventStore + 'static, P: Subscriber, V: Apply<P>>(
    store: Arc<S>,
    subscriber: Arc<P>,
    views: V,
    options: FollowOptions,
    control: Control,
) -> Boxed<()> {
    Box::pin(async move {
        let views = Observed::new(views, control.clone());
        while let Err(error) = follow(&*store, &subscriber, &views, &options, &control, &Timer).await {
            report(P::TYPE.name, &error);
            control.resumed().await;
            if control.is_stopped() {
                break;
            }
        }
    })
}

#[cfg(feature = "tracing")]
fn report(name: &str, error: &dyn fmt::Display) {
    tracing::error!(subscription = name, %error, "the subscription stopped");
}

#[cfg(not(feature = "tracing"))]
fn report(_: &str, _: &dyn fmt::Display) {}
