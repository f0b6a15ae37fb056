//! The lists of work of an app: what [`Running`](crate::Running) spawns, steers and asks beside its subscriptions.

use std::sync::Arc;

use eskit_runtime::subscription::Control;
use eskit_runtime::work::{ListWork, Work, WorkItem};
use eskit_runtime::{EventStore, StoreError};

use crate::bus::Bus;
use crate::desk::{Claimer, Desk, Does as _, Follows, WorkControl, work};
use crate::processor::{BadSchedule, Doing, Processor, check_schedules};
use crate::subscriptions::Boxed;

/// A list of work and the views that keep it.
pub(crate) trait Worked<S>: Send + Sync {
    /// The name of the list, which is that of the subscription that opens its items.
    fn list(&self) -> &'static str;

    /// # Errors
    /// A schedule cannot be kept.
    fn check(&self) -> Result<(), BadSchedule>;

    /// What claims and does the items until it is stopped, and its control. `controls` are those of the subscription.
    fn tasks(&self, bus: &Bus<S>, controls: &[Control]) -> (WorkControl, Vec<Boxed<()>>);

    fn items(&self, which: ListWork) -> Boxed<Result<Vec<WorkItem>, StoreError>>;
    fn retry(&self, id: String) -> Boxed<Result<bool, StoreError>>;
    fn remove(&self, id: String) -> Boxed<Result<bool, StoreError>>;
}

/// The to-dos and schedules of a processor.
pub(crate) struct ToDos<P, V> {
    processor: Arc<P>,
    views: V,
}

impl<P: Processor, V: Work> ToDos<P, V> {
    pub(crate) fn new(processor: Arc<P>, views: V) -> ToDos<P, V> {
        ToDos { processor, views }
    }

    fn on_views<T, F>(&self, call: impl FnOnce(V) -> F) -> Boxed<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        Box::pin(call(self.views.clone()))
    }
}

impl<S: EventStore + 'static, P: Processor, V: Work> Worked<S> for ToDos<P, V> {
    fn list(&self) -> &'static str {
        P::TYPE.name
    }

    fn check(&self) -> Result<(), BadSchedule> {
        check_schedules::<P>()
    }

    fn tasks(&self, bus: &Bus<S>, controls: &[Control]) -> (WorkControl, Vec<Boxed<()>>) {
        let (bus, control, desk) = (bus.erased(), WorkControl::new(P::TYPE.name), Arc::new(Desk::default()));
        let (store, clock) = (Arc::clone(&bus.store), bus.clock.clone());
        // `App::start` has checked the schedules.
        let Ok(doing) = Doing::new(Arc::clone(&self.processor), bus) else { return (control, Vec::new()) };
        let (standing, doing) = (doing.standing(), Arc::new(doing));
        let follows = Some(Follows { controls: controls.to_vec() });
        let claimer = Claimer::new(
            self.views.clone(),
            store,
            Arc::clone(&doing),
            Arc::clone(&desk),
            control.clone(),
            clock.clone(),
            follows,
            standing,
        );
        let workers = (0..doing.options().workers.max(1)).map(|_| -> Boxed<()> {
            Box::pin(work(Arc::clone(&doing), Arc::clone(&desk), control.clone(), clock.clone()))
        });
        let mut tasks: Vec<Boxed<()>> = workers.collect();
        tasks.push(Box::pin(claimer.run()));
        (control, tasks)
    }

    fn items(&self, which: ListWork) -> Boxed<Result<Vec<WorkItem>, StoreError>> {
        self.on_views(|views| async move { views.list_work(P::TYPE.name, which).await })
    }

    fn retry(&self, id: String) -> Boxed<Result<bool, StoreError>> {
        self.on_views(|views| async move { views.retry_work(P::TYPE.name, &id).await })
    }

    fn remove(&self, id: String) -> Boxed<Result<bool, StoreError>> {
        self.on_views(|views| async move { views.drop_work(P::TYPE.name, &id).await })
    }
}
