//! The subscriptions of an app, whatever they are of: what [`Running`](crate::Running) spawns, steers and asks.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use eskit_runtime::log::{Position, Query, QueryItem, ReadOptions};
use eskit_runtime::subscription::{
    Apply, ApplyError, Control, FollowOptions, ParkedEvent, Partition, Subscriber, SubscriberType, follow,
};
use eskit_runtime::{EventStore, StoreError};

use crate::sleep::Timer;

pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A subscriber and its views.
pub(crate) trait Subscribed<S>: Send + Sync {
    fn subscriber(&self) -> &'static SubscriberType;

    /// What follows the log until it is stopped, and its control, for each part.
    fn tasks(&self, store: &Arc<S>) -> Vec<(Control, Boxed<()>)>;

    fn parked(&self) -> Boxed<Result<Vec<ParkedEvent>, StoreError>>;
    fn drop_parked(&self, position: Position) -> Boxed<Result<bool, StoreError>>;

    /// Hands a parked event over again; `false` if it is not parked or not in the log any more.
    fn replay(&self, store: &Arc<S>, position: Position) -> Boxed<Result<bool, ApplyError>>;
}

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

    fn tasks(&self, store: &Arc<S>) -> Vec<(Control, Boxed<()>)> {
        let count = self.options.partition.count.max(1);
        let part = |index| {
            let mut options = self.options.clone();
            options.partition = Partition { index, count };
            let control = Control::of::<P>(options.partition);
            let (subscriber, views, store) = (Arc::clone(&self.subscriber), self.views.clone(), Arc::clone(store));
            let own = control.clone();
            let task = async move {
                while let Err(error) = follow(&*store, &subscriber, &views, &options, &own, &Timer).await {
                    report(P::TYPE.name, &error);
                    own.pause();
                    own.resumed().await;
                }
            };
            (control, Box::pin(task) as Boxed<()>)
        };
        (0..count).map(part).collect()
    }

    fn parked(&self) -> Boxed<Result<Vec<ParkedEvent>, StoreError>> {
        let views = self.views.clone();
        Box::pin(async move { views.parked(P::TYPE.name, P::TYPE.version).await })
    }

    fn drop_parked(&self, position: Position) -> Boxed<Result<bool, StoreError>> {
        let views = self.views.clone();
        Box::pin(async move { views.drop_parked(P::TYPE.name, P::TYPE.version, position).await })
    }

    fn replay(&self, store: &Arc<S>, position: Position) -> Boxed<Result<bool, ApplyError>> {
        let (subscriber, views, store) = (Arc::clone(&self.subscriber), self.views.clone(), Arc::clone(store));
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
}

#[cfg(feature = "tracing")]
fn report(name: &str, error: &dyn fmt::Display) {
    tracing::error!(subscription = name, %error, "the subscription stopped");
}

#[cfg(not(feature = "tracing"))]
fn report(_: &str, _: &dyn fmt::Display) {}
