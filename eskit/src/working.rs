//! The lists of work of an app: what [`Running`](crate::Running) spawns, steers and asks beside its subscriptions.

use std::sync::Arc;

use eskit_runtime::subscription::Control;
use eskit_runtime::work::{ListWork, NewWork, Work, WorkItem};
use eskit_runtime::{EventStore, StoreError};

use crate::bus::Bus;
use crate::desk::{Claimer, Desk, Does, Follows, WorkControl, work};
use crate::processor::{BadSchedule, Doing, Processor, check_schedules};
use crate::subscriptions::Boxed;

/// A list of work and the views that keep it.
pub(crate) trait Worked<S>: Send + Sync {
    /// The name of the list, which is that of the subscription that opens its items if one does.
    fn list(&self) -> &'static str;

    /// Whether it is a queue, which no subscription fills.
    fn is_queue(&self) -> bool {
        false
    }

    /// The wire names of the commands of a queue.
    fn commands(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Whether it is a queue of commands with this wire name.
    fn takes(&self, command: &str) -> bool {
        self.commands().contains(&command)
    }

    /// # Errors
    /// A schedule cannot be kept.
    fn check(&self) -> Result<(), BadSchedule> {
        Ok(())
    }

    /// What claims and does the items until it is stopped, and its control. `controls` are those of the subscription.
    fn tasks(&self, bus: &Bus<S>, controls: &[Control]) -> WorkTasks;

    fn items(&self) -> &dyn WorkItems;
}

/// The control of a list, and the tasks that it ends.
pub(crate) type WorkTasks = (WorkControl, Vec<Boxed<()>>);

/// The items that views keep, whatever the views are.
pub(crate) trait WorkItems: Send + Sync {
    fn add(&self, list: &'static str, new: NewWork) -> Boxed<Result<u64, StoreError>>;
    fn list(&self, list: &'static str, which: ListWork) -> Boxed<Result<Vec<WorkItem>, StoreError>>;
    fn retry(&self, list: &'static str, id: String) -> Boxed<Result<bool, StoreError>>;
    fn remove(&self, list: &'static str, id: String) -> Boxed<Result<bool, StoreError>>;
}

impl<V: Work> WorkItems for V {
    fn add(&self, list: &'static str, new: NewWork) -> Boxed<Result<u64, StoreError>> {
        let views = self.clone();
        Box::pin(async move { views.add_work(list, vec![new]).await })
    }

    fn list(&self, list: &'static str, which: ListWork) -> Boxed<Result<Vec<WorkItem>, StoreError>> {
        let views = self.clone();
        Box::pin(async move { views.list_work(list, which).await })
    }

    fn retry(&self, list: &'static str, id: String) -> Boxed<Result<bool, StoreError>> {
        let views = self.clone();
        Box::pin(async move { views.retry_work(list, &id).await })
    }

    fn remove(&self, list: &'static str, id: String) -> Boxed<Result<bool, StoreError>> {
        let views = self.clone();
        Box::pin(async move { views.drop_work(list, &id).await })
    }
}

/// What claims the items of a list, and the workers that do them.
pub(crate) fn tasks<V: Work, D: Does>(
    views: V,
    does: D,
    bus: &Bus<eskit_runtime::AnyStore>,
    follows: Option<Follows>,
    standing: Vec<NewWork>,
) -> WorkTasks {
    let (desk, control, does) = (Arc::new(Desk::default()), WorkControl::new(does.list()), Arc::new(does));
    let workers = (0..does.options().workers.max(1)).map(|_| -> Boxed<()> {
        Box::pin(work(Arc::clone(&does), Arc::clone(&desk), control.clone(), bus.clock.clone()))
    });
    let mut tasks: Vec<Boxed<()>> = workers.collect();
    let claimer = Claimer::new(views, bus, does, desk, control.clone(), follows, standing);
    tasks.push(Box::pin(claimer.run()));
    (control, tasks)
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
}

impl<S: EventStore + 'static, P: Processor, V: Work> Worked<S> for ToDos<P, V> {
    fn list(&self) -> &'static str {
        P::TYPE.name
    }

    fn check(&self) -> Result<(), BadSchedule> {
        check_schedules::<P>()
    }

    fn tasks(&self, bus: &Bus<S>, controls: &[Control]) -> WorkTasks {
        let bus = bus.erased();
        // `App::start` has checked the schedules.
        let doing = Doing::new(Arc::clone(&self.processor), bus.clone(), Arc::new(self.views.clone()));
        let Ok(doing) = doing else { return WorkTasks::default() };
        let (standing, follows) = (doing.standing(), Follows { controls: controls.to_vec() });
        tasks(self.views.clone(), doing, &bus, Some(follows), standing)
    }

    fn items(&self) -> &dyn WorkItems {
        &self.views
    }
}
