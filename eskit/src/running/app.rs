use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use eskit_runtime::EventStore;
use eskit_runtime::subscription::{Control, Health, Start, State, Subscriber};

use super::ending::{Ending, Started};
use super::parked::Parked;
use super::step_list::StepList;
use super::stop::Stop;
use super::unknown::UnknownSubscription;
use super::wait::{CaughtUp, Reached};
use super::work_list::WorkList;
use crate::app::App;
use crate::desk::WorkHealth;
use crate::processor::Processor;
use crate::subscriptions::keeps_a_read_model;

/// An app whose subscriptions follow the log, from [`App::start`]. Everything that an [`App`] does, it does too. Cheap to clone;
/// when the last clone is dropped, the subscriptions end.
///
/// ```
/// # use eskit::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)] pub struct Enrolled { #[tag] course: String }
/// # #[derive(Command)] pub struct Enroll { #[tag] course: String }
/// # #[aggregate(tag = "course")] #[derive(Default)] pub struct Seats { taken: u32 }
/// # #[decider] impl Seats {
/// #     #[evolve] fn enrolled(&mut self, _: &Enrolled) { self.taken += 1 }
/// #     #[decide] fn enroll(&self, c: &Enroll) -> Enrolled { Enrolled { course: c.course.clone() } }
/// # }
/// #[derive(Default)]
/// pub struct Occupancy { taken: u32 }
///
/// #[projection(name = "occupancy", memory)]
/// impl Occupancy {
///     #[on] fn enrolled(&mut self, _: &Enrolled) { self.taken += 1 }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let occupancy = eskit::InMemory::<Occupancy>::default();
/// let app = App::new(MemoryStore::new()).with_memory(&occupancy).start().await?;
///
/// let enrolled = app.execute(Enroll { course: "maths".into() }).await?;
/// app.caught_up::<Occupancy>(&enrolled).await?;
/// assert_eq!(occupancy.read().taken, 1);
///
/// app.stop().await?;
/// # Ok(()) }
/// ```
///
/// # Spans and metrics
///
/// With the feature `tracing`, each batch of events is handled in a span `handle` of the target `eskit`, with the fields
/// `subscription`, `version`, `events`, `position` and `outcome` (`handled`, `failed`, `deposed`, `views`). A processor acts on each event
/// in a span `act`, with `processor`, `event`, `position` and `attempt`; to-dos, schedules and queued commands are done in a span `work`,
/// with `list`, `kind` and `attempt`. A subscription that fails for good reports an event of the level `ERROR`, without the text of the
/// error, which may quote an event.
///
/// With the feature `metrics`, each subscription is counted, with the label `subscription`:
///
/// | name | kind | unit |
/// |---|---|---|
/// | `eskit_subscription_batch_duration_seconds` | histogram, with the label `outcome` | seconds, from the first handler to the commit |
/// | `eskit_subscription_batch_events` | histogram | events in a batch |
/// | `eskit_subscription_events_total` | counter | events that were handled |
/// | `eskit_subscription_given_up_total` | counter | events that were parked or skipped |
/// | `eskit_subscription_position` | gauge | everything up to this position was handled |
/// | `eskit_subscription_lag_events` | gauge | positions of the log after the last batch |
/// | `eskit_subscription_lag_seconds` | gauge | seconds since it had handled everything |
/// | `eskit_subscription_last_progress_timestamp_seconds` | gauge | when it made progress last, as Unix time |
///
/// The gauges are set after each batch, and by `Running::measure`. With the label `list`, each list of work and each queue:
///
/// | name | kind | unit |
/// |---|---|---|
/// | `eskit_work_duration_seconds` | histogram, with the label `outcome`: `done`, `retried`, `parked`, `released` | seconds of one try |
/// | `eskit_work_late_seconds` | histogram | seconds from when it was due until a try began |
/// | `eskit_work_claimed` | gauge | items that this process has claimed; set by `Running::measure` |
pub struct Running<S> {
    pub(super) app: App<S>,
    pub(super) ending: Arc<Ending<S>>,
    /// What to say if the package seems to have been renamed.
    pub(super) renamed: Option<Arc<str>>,
}

impl<S> Clone for Running<S> {
    fn clone(&self) -> Running<S> {
        Running { app: self.app.clone(), ending: Arc::clone(&self.ending), renamed: self.renamed.clone() }
    }
}

impl<S> Deref for Running<S> {
    type Target = App<S>;

    fn deref(&self) -> &App<S> {
        &self.app
    }
}

impl<S: EventStore + 'static> Running<S> {
    /// How each subscription is doing.
    pub fn health(&self) -> Vec<Health> {
        self.ending.controls().map(Control::health).collect()
    }

    /// What there is to warn of: what [`App::warnings`] says, and that the log seems to hold the program's events under the name that its
    /// package had before, which is looked at when the app starts. Empty if all is well.
    pub fn warnings(&self) -> Vec<String> {
        self.renamed.iter().map(|text| text.to_string()).chain(self.app.warnings()).collect()
    }

    /// Sets the gauges of subscriptions and work to what they are now, and `eskit_head_position` to the head of the log. Call it before the
    /// metrics are fetched: otherwise, a subscription that handles nothing any more keeps the lag of its last batch. Waits for the log for
    /// 1 s at most; then it measures against the last event that the subscriptions have seen.
    #[cfg(feature = "metrics")]
    pub async fn measure(&self) {
        super::measure::measure(self.store(), &self.health(), &self.work_health()).await;
    }

    /// Waits until a subscription has failed for good, and returns its health; or until the to-dos of a processor or the commands of a
    /// queue are not done any more, since what claims them has panicked.
    pub async fn failed(&self) -> Health {
        let subscriptions = self.ending.controls().map(|control| -> Boxed<'_> { Box::pin(when_failed(control)) });
        let works = self.ending.works.iter().map(|started| -> Boxed<'_> {
            Box::pin(async { Health::failed(started.work.list(), started.control.failed().await) })
        });
        let mut failed: Vec<_> = subscriptions.chain(works).collect();
        std::future::poll_fn(|context| {
            let ready = failed.iter_mut().find_map(|failed| match failed.as_mut().poll(context) {
                std::task::Poll::Ready(health) => Some(health),
                std::task::Poll::Pending => None,
            });
            ready.map_or(std::task::Poll::Pending, std::task::Poll::Ready)
        })
        .await
    }

    /// Waits, when awaited, until this projection or processor has handled what a command appended, or everything up to a position: for reading what
    /// one has just written. Waits for 5 s, or as long as [`CaughtUp::within`] says. Without events it returns at once.
    ///
    /// Waiting is not part of the command: when it fails, the events are in the log all the same.
    ///
    /// # Errors
    /// See [`NotCaughtUp`](crate::NotCaughtUp).
    pub fn caught_up<P: Subscriber>(&self, to: impl Reached) -> CaughtUp {
        let controls = self.find::<P>().map(|started| started.controls.clone());
        CaughtUp::new(P::TYPE.name, controls, to.position())
    }

    /// Lets this projection or processor stop handling events after the current batch, until [`Running::resume`].
    ///
    /// # Errors
    /// It was not added to this app.
    pub fn pause<P: Subscriber>(&self) -> Result<(), UnknownSubscription> {
        self.steer::<P>(Control::pause)
    }

    /// Goes on after [`Running::pause`], or after it has failed.
    ///
    /// # Errors
    /// It was not added to this app.
    pub fn resume<P: Subscriber>(&self) -> Result<(), UnknownSubscription> {
        self.steer::<P>(Control::resume)
    }

    /// Empties the read model and builds it anew from the start of the log. Readers see it grow; to build a new version beside the
    /// old one, raise the `version` of the projection instead.
    ///
    /// # Errors
    /// It was not added to this app.
    pub fn rebuild<P: Subscriber>(&self) -> Result<(), UnknownSubscription> {
        const { keeps_a_read_model::<P>() };
        self.steer::<P>(Control::rebuild)
    }

    /// Sets the checkpoint of a processor to this place, and lets it go on from there: the effects of the events after it are repeated;
    /// [`Start::Now`] leaves out what it has not acted on yet. Commands are not repeated, as long as the log holds the events of their
    /// first time. What was parked is dropped.
    ///
    /// # Errors
    /// The processor was not added to this app.
    pub fn effects_from<P: Processor>(&self, start: Start) -> Result<(), UnknownSubscription> {
        self.steer::<P>(|control| control.restart_at(start))
    }

    /// The events of this projection or processor that were parked after their handler failed, with `on_error = "park"`.
    ///
    /// # Errors
    /// It was not added to this app.
    pub fn parked<P: Subscriber>(&self) -> Result<Parked<S>, UnknownSubscription> {
        let started = self.find::<P>().ok_or(UnknownSubscription::of(P::TYPE.name))?;
        Ok(Parked::new(Arc::clone(&started.subscription), self.app.bus().clone()))
    }

    /// How the to-dos and schedules of each processor that has some, and the queues, are doing in this process.
    pub fn work_health(&self) -> Vec<WorkHealth> {
        self.ending.works.iter().map(|started| started.control.health()).collect()
    }

    /// The to-dos and schedules of this processor: those that wait and those that were parked after their last try.
    ///
    /// # Errors
    /// It was not added to this app, or has none.
    pub fn todos<P: Processor>(&self) -> Result<WorkList<S>, UnknownSubscription> {
        self.work_list(P::TYPE.name)
    }

    /// The steps of this processor that were begun with [`Effect::once`](crate::processor::Effect::once) and have not ended.
    ///
    /// # Errors
    /// It was not added to this app.
    pub fn steps<P: Processor>(&self) -> Result<StepList, UnknownSubscription> {
        let views = self.app.steps_of(P::TYPE.name).ok_or(UnknownSubscription::of(P::TYPE.name))?;
        Ok(StepList::new(P::TYPE.name, views))
    }

    /// The commands of the queue with this name: those that wait and those that were parked after their last try.
    ///
    /// # Errors
    /// It was not added to this app.
    pub fn queue(&self, name: &'static str) -> Result<WorkList<S>, UnknownSubscription> {
        self.work_list(name)
    }

    fn work_list(&self, name: &'static str) -> Result<WorkList<S>, UnknownSubscription> {
        let started = self.ending.works.iter().find(|started| started.work.list() == name);
        let is_idle = self.ending.subscriptions.iter().any(|started| started.subscription.subscriber().name == name);
        let unknown = UnknownSubscription { name, is_idle };
        started.map(|started| WorkList::new(Arc::clone(&started.work))).ok_or(unknown)
    }

    /// Ends all subscriptions, when awaited, each after the current batch, and gives their claims up. Waits for 10 s, or as long as
    /// [`Stop::within`] says; then it ends those that are left in the middle of a batch, which is not committed. In that time, snapshots and
    /// entries of the log of commands are written too.
    ///
    /// # Errors
    /// Subscriptions did not end in time; nothing of them runs any more.
    pub fn stop(&self) -> Stop<S> {
        Stop::new(Arc::clone(&self.ending), self.app.bus())
    }

    fn find<P: Subscriber>(&self) -> Option<&Started<S>> {
        self.ending.subscriptions.iter().find(|started| started.subscription.subscriber().name == P::TYPE.name)
    }

    fn steer<P: Subscriber>(&self, how: impl Fn(&Control)) -> Result<(), UnknownSubscription> {
        self.find::<P>().ok_or(UnknownSubscription::of(P::TYPE.name))?.controls.iter().for_each(how);
        Ok(())
    }
}

/// What waits for a failure.
type Boxed<'r> = Pin<Box<dyn Future<Output = Health> + Send + 'r>>;

async fn when_failed(control: &Control) -> Health {
    control.watch(|health| (health.state == State::Failed).then(|| health.clone())).await
}

impl<S> fmt::Debug for Running<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.ending.subscriptions.iter().map(|started| started.subscription.subscriber().name);
        let names: Vec<&str> = names.collect();
        f.debug_struct("Running").field("subscriptions", &names).finish_non_exhaustive()
    }
}
