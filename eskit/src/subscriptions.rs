//! The subscriptions of an app, whatever they are of: what [`Running`](crate::Running) spawns, steers and asks.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use eskit_runtime::log::Position;
use eskit_runtime::subscription::{
    Apply, ApplyError, Control, FollowOptions, ParkedEvent, Partition, Subscriber, SubscriberType, SubscriptionError,
    first, follow, heed, replay_parked,
};
use eskit_runtime::{EventStore, StoreError};

use crate::bus::{Bus, Opened};
use crate::observed::Observed;
use crate::sleep::Timer;
use crate::tail::Tail;

pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A subscriber and its views.
pub(crate) trait Subscribed<S>: Send + Sync {
    fn subscriber(&self) -> &'static SubscriberType;

    /// How many parts it has.
    fn parts(&self) -> u32;

    /// What follows the log until it is stopped, and its control, for each part.
    fn tasks(&self, bus: &Bus<S>, log: &Log<Opened<S>>) -> Vec<(Control, Boxed<()>)>;

    fn parked(&self, bus: &Bus<S>) -> Boxed<Result<Vec<ParkedEvent>, StoreError>>;
    fn drop_parked(&self, bus: &Bus<S>, position: Position) -> Boxed<Result<bool, StoreError>>;

    /// Hands a parked event over again; `false` if it is not parked or not in the log any more.
    fn replay(&self, bus: &Bus<S>, position: Position) -> Boxed<Result<bool, ApplyError>>;
}

/// A subscriber, and what gives the views that keep it.
pub(crate) struct Kept<P, F> {
    subscriber: Arc<P>,
    views: F,
    options: FollowOptions,
}

impl<P: Subscriber, F> Kept<P, F> {
    pub(crate) fn new(subscriber: Arc<P>, views: F, options: FollowOptions) -> Kept<P, F> {
        Kept { subscriber, views, options }
    }
}

impl<S, P, V, F> Subscribed<S> for Kept<P, F>
where
    S: EventStore + 'static,
    P: Subscriber,
    V: Apply<P>,
    F: Fn(&Bus<S>) -> V + Send + Sync,
{
    fn subscriber(&self) -> &'static SubscriberType {
        P::TYPE
    }

    fn parts(&self) -> u32 {
        self.options.partition.count.max(1)
    }

    fn tasks(&self, bus: &Bus<S>, log: &Log<Opened<S>>) -> Vec<(Control, Boxed<()>)> {
        let count = self.options.partition.count.max(1);
        let part = |index| {
            let mut options = self.options.clone();
            options.partition = Partition { index, count };
            let control = Control::of::<P>(options.partition);
            (control.clone(), log.follow(&self.subscriber, (self.views)(bus), options, control))
        };
        (0..count).map(part).collect()
    }

    fn parked(&self, bus: &Bus<S>) -> Boxed<Result<Vec<ParkedEvent>, StoreError>> {
        let views = (self.views)(bus);
        Box::pin(async move { views.parked(P::TYPE.name, P::TYPE.version).await })
    }

    fn drop_parked(&self, bus: &Bus<S>, position: Position) -> Boxed<Result<bool, StoreError>> {
        let views = (self.views)(bus);
        Box::pin(async move { views.drop_parked(P::TYPE.name, P::TYPE.version, position).await })
    }

    fn replay(&self, bus: &Bus<S>, position: Position) -> Boxed<Result<bool, ApplyError>> {
        let (subscriber, views, store) = (Arc::clone(&self.subscriber), (self.views)(bus), Arc::clone(&bus.store));
        Box::pin(async move {
            let parked = views.parked(P::TYPE.name, P::TYPE.version).await?;
            match parked.into_iter().find(|parked| parked.position == position) {
                Some(parked) => replay_parked(&*store, &subscriber, &views, &parked).await,
                None => Ok(false),
            }
        })
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
            // Until it is asked to go on, from inside or from outside.
            first(control.resumed(), heed::<P, _>(&views, &options, &control, &Timer)).await;
            if control.is_stopped() {
                break;
            }
        }
    })
}

/// Without the text of the error, which may quote an event.
fn report(name: &str, error: &SubscriptionError) {
    #[cfg(feature = "tracing")]
    match error {
        SubscriptionError::Handler { position, event, attempts, .. } => tracing::error!(
            target: "eskit",
            subscription = name,
            error = error.name(),
            position = position.get(),
            event = event.as_str(),
            attempts,
            "the subscription stopped"
        ),
        _ => tracing::error!(target: "eskit", subscription = name, error = error.name(), "the subscription stopped"),
    }
    let _ = (name, error);
}
