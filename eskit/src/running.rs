use std::fmt;
use std::future::{Future, IntoFuture};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit_runtime::__private::{First, first};
use eskit_runtime::execute::Sleep;
use eskit_runtime::log::{Place, Position};
use eskit_runtime::model::{Registry, RegistryError};
use eskit_runtime::store_kit::HeadWatch;
use eskit_runtime::subscription::{ApplyError, Control, Health, ParkedEvent, Start, State, Subscriber, SubscriberType};
use eskit_runtime::{EventStore, Executed, StoreError};

use crate::app::App;
use crate::bus::Bus;
use crate::processor::Processor;
use crate::sleep::Timer;
use crate::state_cache::StateCaches;
use crate::subscriptions::{Boxed, Log, Subscribed, keeps_a_read_model};
use crate::tail::Tail;

type Pinned<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How long [`Running::caught_up`] waits unless told otherwise.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(5);
/// How long [`Running::stop`] waits unless told otherwise.
const STOP_WITHIN: Duration = Duration::from_secs(10);

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
/// `subscription`, `version`, `events`, `position` and `outcome` (`handled`, `failed`, `deposed`, `views`). A subscription that fails for
/// good reports an event of the level `ERROR`.
///
/// With the feature `metrics`, each subscription is counted, with the label `subscription`:
///
/// | name | kind | unit |
/// |---|---|---|
/// | `eskit_subscription_batch_duration_seconds` | histogram, with the label `outcome` | seconds, from the first handler to the commit |
/// | `eskit_subscription_events_total` | counter | events that were handled |
/// | `eskit_subscription_given_up_total` | counter | events that were parked or skipped |
/// | `eskit_subscription_position` | gauge | everything up to this position was handled |
/// | `eskit_subscription_lag_events` | gauge | positions of the log after the last batch |
/// | `eskit_subscription_lag_seconds` | gauge | seconds since it had handled everything |
pub struct Running<S> {
    app: App<S>,
    ending: Arc<Ending<S>>,
}

struct Ending<S> {
    subscriptions: Vec<Started<S>>,
    /// Ends all subscriptions at once.
    aborted: Arc<Abort>,
    /// Ends what reads the log for all of them.
    unread: Arc<Abort>,
}

/// A subscription with the controls of its parts.
struct Started<S> {
    subscription: Arc<dyn Subscribed<S>>,
    controls: Vec<Control>,
}

#[derive(Default)]
struct Abort {
    is_set: std::sync::atomic::AtomicBool,
    moved: HeadWatch,
}

impl Abort {
    fn set(&self) {
        self.is_set.store(true, std::sync::atomic::Ordering::Release);
        self.moved.moved();
    }

    async fn wait(&self) {
        self.moved.until(|| self.is_set.load(std::sync::atomic::Ordering::Acquire).then_some(())).await;
    }
}

impl<S> Ending<S> {
    fn controls(&self) -> impl Iterator<Item = &Control> {
        self.subscriptions.iter().flat_map(|started| &started.controls)
    }
}

impl<S> Drop for Ending<S> {
    fn drop(&mut self) {
        self.controls().for_each(Control::stop);
        self.unread.set();
    }
}

impl<S> Clone for Running<S> {
    fn clone(&self) -> Running<S> {
        Running { app: self.app.clone(), ending: Arc::clone(&self.ending) }
    }
}

impl<S> Deref for Running<S> {
    type Target = App<S>;

    fn deref(&self) -> &App<S> {
        &self.app
    }
}

/// Why an app did not start. Nothing runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Two subscriptions have the same name.
    SameName {
        /// The name.
        name: String,
        /// The two types that were added under it: projections, or aggregates of which rows are kept. One type, if it was added twice.
        types: [String; 2],
    },
    /// Items of the program clash, such as projections of two crates that have the same name.
    Registry(RegistryError),
    /// What is to begin anew was not added.
    Unknown(UnknownSubscription),
    /// [`App::start`] was called outside of a tokio runtime.
    NoRuntime,
    /// A subscription failed before it handled anything.
    Failed(Health),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::SameName { name, types: [first, second] } if first == second => {
                write!(
                    f,
                    "`{first}` was added twice, and would write to the checkpoint `{name}` twice\nhelp: add it once"
                )
            }
            StartError::SameName { name, types: [first, second] } => write!(
                f,
                "`{first}` and `{second}` would both write to the checkpoint `{name}`\nhelp: give the projection another name; the \
                 rows of an aggregate are named after its type, so that one has to be renamed"
            ),
            StartError::Registry(error) => error.fmt(f),
            StartError::Unknown(unknown) => unknown.fmt(f),
            StartError::NoRuntime => f.write_str(
                "there is no tokio runtime here to run subscriptions in\nhelp: call `start` in a tokio runtime, or `start_on` with what \
                 spawns tasks in another one",
            ),
            StartError::Failed(health) => write_failed(f, health),
        }
    }
}

impl std::error::Error for StartError {}

fn write_failed(f: &mut fmt::Formatter<'_>, health: &Health) -> fmt::Result {
    let Health { name, version, error, .. } = health;
    let error = error.as_deref().unwrap_or("it was stopped");
    write!(f, "`{name}` version {version} failed: {error}")
}

impl<S: EventStore + 'static> App<S> {
    /// Starts the subscriptions in tasks of the tokio runtime in which this is called, and returns the running app. Each has claimed
    /// its checkpoint by then, or waits for another process, or for a log or views that cannot be reached.
    ///
    /// # Errors
    /// See [`StartError`].
    #[cfg(feature = "tokio")]
    pub async fn start(self) -> Result<Running<S>, StartError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        self.start_on(move |task| drop(runtime.spawn(task))).await
    }

    /// As [`App::start`], in any async runtime: `spawn` is called for each subscription, and must run the future to its end, such as
    /// `|task| smol::spawn(task).detach()`.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start_on(
        self,
        spawn: impl Fn(Pin<Box<dyn Future<Output = ()> + Send>>),
    ) -> Result<Running<S>, StartError> {
        Registry::collect().check().map_err(StartError::Registry)?;
        let store = Arc::clone(&self.bus().store);
        let mut added: Vec<_> = self.subscriptions().iter().map(|added| added.subscriber()).collect();
        added.sort_by_key(|added| added.name);
        if let Some(pair) = added.windows(2).find(|pair| pair[0].name == pair[1].name) {
            let path = |of: &SubscriberType| format!("{}::{}", of.location.module, of.rust_name);
            return Err(StartError::SameName { name: pair[0].name.to_owned(), types: [path(pair[0]), path(pair[1])] });
        }
        let is_added = |name: &&&str| added.iter().any(|added| added.name == **name);
        if let Some((name, _)) = self.restarts().iter().find(|(name, _)| !is_added(&name)) {
            return Err(StartError::Unknown(UnknownSubscription(name)));
        }
        let (aborted, unread) = (Arc::new(Abort::default()), Arc::new(Abort::default()));
        let spawn = |task: Boxed<()>, aborted: &Arc<Abort>| {
            let aborted = Arc::clone(aborted);
            spawn(Box::pin(async move {
                first(task, aborted.wait()).await;
            }));
        };
        let log = if self.subscriptions().iter().map(|subscription| subscription.parts()).sum::<u32>() > 1 {
            let tail = Arc::new(Tail::new(store));
            let own = Arc::clone(&tail);
            spawn(Box::pin(async move { own.follow().await }), &unread);
            Log::Shared(tail)
        } else {
            Log::Own(store)
        };
        let start = |subscription: &Arc<dyn Subscribed<S>>| {
            let (controls, tasks): (Vec<_>, Vec<_>) = subscription.tasks(self.bus(), &log).into_iter().unzip();
            for (_, start) in self.restarts().iter().filter(|(name, _)| *name == subscription.subscriber().name) {
                controls
                    .iter()
                    .for_each(|control| start.map_or_else(|| control.rebuild(), |start| control.restart_at(start)));
            }
            tasks.into_iter().for_each(|task| spawn(task, &aborted));
            Started { subscription: Arc::clone(subscription), controls }
        };
        let subscriptions = self.subscriptions().iter().map(start).collect();
        let running = Running { app: self, ending: Arc::new(Ending { subscriptions, aborted, unread }) };
        for control in running.ending.controls() {
            if let Err(health) = control.started().await {
                // Best effort: what failed is the answer.
                let _ = running.stop().await;
                return Err(StartError::Failed(health));
            }
        }
        Ok(running)
    }
}

impl<S: EventStore + 'static> Running<S> {
    /// How each subscription is doing.
    pub fn health(&self) -> Vec<Health> {
        self.ending.controls().map(Control::health).collect()
    }

    /// Waits until a subscription has failed for good, and returns its health.
    pub async fn failed(&self) -> Health {
        let mut failed: Vec<_> = self.ending.controls().map(|control| Box::pin(when_failed(control))).collect();
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
    /// See [`NotCaughtUp`].
    pub fn caught_up<P: Subscriber>(&self, to: impl Reached) -> CaughtUp {
        let controls = self.find::<P>().map(|started| started.controls.clone());
        CaughtUp { name: P::TYPE.name, controls, wanted: to.position(), within: CAUGHT_UP_WITHIN }
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
        let started = self.find::<P>().ok_or(UnknownSubscription(P::TYPE.name))?;
        Ok(Parked { subscription: Arc::clone(&started.subscription), bus: self.app.bus().clone() })
    }

    /// Ends all subscriptions, when awaited, each after the current batch, and gives their claims up. Waits for 10 s, or as long as
    /// [`Stop::within`] says; then it ends those that are left in the middle of a batch, which is not committed. In that time, snapshots that
    /// commands have offered are written too.
    ///
    /// # Errors
    /// Subscriptions did not end in time; nothing of them runs any more.
    pub fn stop(&self) -> Stop<S> {
        Stop { ending: Arc::clone(&self.ending), states: Arc::clone(&self.app.bus().states), within: STOP_WITHIN }
    }

    fn find<P: Subscriber>(&self) -> Option<&Started<S>> {
        self.ending.subscriptions.iter().find(|started| started.subscription.subscriber().name == P::TYPE.name)
    }

    fn steer<P: Subscriber>(&self, how: impl Fn(&Control)) -> Result<(), UnknownSubscription> {
        self.find::<P>().ok_or(UnknownSubscription(P::TYPE.name))?.controls.iter().for_each(how);
        Ok(())
    }
}

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

/// The projection or processor that was asked for was not added to the app.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownSubscription(&'static str);

impl fmt::Display for UnknownSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` was not added to this app\nhelp: add it before `start`, with `with_projection`, `with_rows`, `with_memory` or \
             `with_processor`",
            self.0
        )
    }
}

impl std::error::Error for UnknownSubscription {}

/// What a projection can be waited for to reach: what a command appended, or a position.
pub trait Reached {
    /// The position of the last event.
    fn position(&self) -> Position;
}

impl<T> Reached for &Executed<T> {
    fn position(&self) -> Position {
        self.positions().max().unwrap_or(Position::START)
    }
}

impl Reached for Position {
    fn position(&self) -> Position {
        *self
    }
}

impl Reached for Place {
    fn position(&self) -> Position {
        self.position
    }
}

/// Waits for a projection when awaited. Returned by [`Running::caught_up`].
#[derive(Debug)]
#[must_use = "it waits when it is awaited"]
pub struct CaughtUp {
    name: &'static str,
    controls: Option<Vec<Control>>,
    wanted: Position,
    within: Duration,
}

impl CaughtUp {
    /// Sets how long to wait at most.
    pub fn within(mut self, duration: Duration) -> CaughtUp {
        self.within = duration;
        self
    }

    async fn wait(self) -> Result<(), NotCaughtUp> {
        let CaughtUp { name, controls, wanted, within } = self;
        let controls = controls.ok_or(NotCaughtUp::Unknown(UnknownSubscription(name)))?;
        let end = Instant::now() + within;
        for control in controls {
            let rest = end.saturating_duration_since(Instant::now());
            match first(control.reached(wanted), Timer.sleep(rest)).await {
                First::A(Ok(())) => {}
                First::A(Err(health)) => return Err(NotCaughtUp::Failed(health)),
                First::B(()) => return Err(NotCaughtUp::TimedOut { wanted, within, health: control.health() }),
            }
        }
        Ok(())
    }
}

impl IntoFuture for CaughtUp {
    type Output = Result<(), NotCaughtUp>;
    type IntoFuture = Pinned<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.wait())
    }
}

/// Why a projection was not waited for to the end. The command that was waited for has succeeded all the same.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NotCaughtUp {
    /// It has not come so far in time.
    TimedOut {
        /// The position that was waited for.
        wanted: Position,
        /// How long it was waited for.
        within: Duration,
        /// How the subscription is doing.
        health: Health,
    },
    /// It has failed or was stopped, before or meanwhile.
    Failed(Health),
    /// It was not added to the app.
    Unknown(UnknownSubscription),
}

impl fmt::Display for NotCaughtUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotCaughtUp::TimedOut { wanted, within, health } => {
                let Health { name, state, place, error, .. } = health;
                let at = place.position;
                write!(
                    f,
                    "`{name}` is {state} at position {at}, and did not reach position {wanted} within {within:?}"
                )?;
                error.iter().try_for_each(|error| write!(f, ": {error}"))
            }
            NotCaughtUp::Failed(health) => write_failed(f, health),
            NotCaughtUp::Unknown(unknown) => unknown.fmt(f),
        }
    }
}

impl std::error::Error for NotCaughtUp {}

/// The parked events of one projection. Returned by [`Running::parked`].
pub struct Parked<S> {
    subscription: Arc<dyn Subscribed<S>>,
    bus: Bus<S>,
}

impl<S> Parked<S> {
    /// The parked events, by position. The first of each [key](ParkedEvent::key) has failed; the others wait behind it.
    ///
    /// # Errors
    /// The views failed.
    pub async fn list(&self) -> Result<Vec<ParkedEvent>, StoreError> {
        self.subscription.parked().await
    }

    /// Hands the parked events of one key over again, in order, until one fails. They are read from the log, so that today's upcasters
    /// and handlers apply. Returns how many were handled.
    ///
    /// # Errors
    /// The handler of an event failed again, or the views did. The events before it were handled.
    pub async fn replay(&self, key: &str) -> Result<u64, ApplyError> {
        let mut handled = 0;
        for parked in self.list().await?.into_iter().filter(|parked| parked.key == key) {
            handled += u64::from(self.subscription.replay(&self.bus, parked.position).await?);
        }
        Ok(handled)
    }

    /// Removes a parked event without handling it. Returns whether it was there.
    ///
    /// # Errors
    /// The views failed.
    pub async fn drop(&self, position: Position) -> Result<bool, StoreError> {
        self.subscription.drop_parked(position).await
    }
}

impl<S> fmt::Debug for Parked<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parked").field("projection", &self.subscription.subscriber().name).finish_non_exhaustive()
    }
}

/// Ends the subscriptions when awaited. Returned by [`Running::stop`].
#[must_use = "it stops when it is awaited"]
pub struct Stop<S> {
    ending: Arc<Ending<S>>,
    states: Arc<StateCaches>,
    within: Duration,
}

impl<S> Stop<S> {
    /// Sets how long to wait at most.
    pub fn within(mut self, duration: Duration) -> Stop<S> {
        self.within = duration;
        self
    }

    async fn run(self) -> Result<(), NotStopped> {
        self.ending.controls().for_each(Control::stop);
        let end = Instant::now() + self.within;
        let mut late = Vec::new();
        for control in self.ending.controls() {
            let has_ended = |health: &Health| matches!(health.state, State::Stopped | State::Failed).then_some(());
            let rest = end.saturating_duration_since(Instant::now());
            if let First::B(()) = first(control.watch(has_ended), Timer.sleep(rest)).await {
                late.push(control.health().name);
            }
        }
        self.ending.aborted.set();
        self.ending.unread.set();
        // Snapshots that are not written are only missing.
        let rest = end.saturating_duration_since(Instant::now());
        first(self.states.snapshots.written(), Timer.sleep(rest)).await;
        if late.is_empty() { Ok(()) } else { Err(NotStopped(late)) }
    }
}

impl<S: 'static> IntoFuture for Stop<S> {
    type Output = Result<(), NotStopped>;
    type IntoFuture = Pinned<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S> fmt::Debug for Stop<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("within", &self.within).finish_non_exhaustive()
    }
}

/// Subscriptions that did not end in time, by name. They were ended in the middle of a batch, which is not committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotStopped(pub Vec<&'static str>);

impl fmt::Display for NotStopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "these subscriptions did not end in time and were broken off: `{}`", self.0.join("`, `"))
    }
}

impl std::error::Error for NotStopped {}
