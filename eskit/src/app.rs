pub(crate) mod events;
mod follow;
#[cfg(feature = "personal")]
mod forget;
mod snapshots;

use std::fmt;
use std::sync::Arc;

use eskit_runtime::__private::check_key;
use eskit_runtime::execute::{CommandBus, DomainError, Executable, ExecuteOptions};
use eskit_runtime::model::{Decide, Evolve, LoadKey};
use eskit_runtime::subscription::{FollowOptions, Start};
use eskit_runtime::{EventStore, ExecuteError, Executed, Metadata, RetryPolicy};

use crate::bus::{Bus, Execute, Load};
use crate::middleware::Middleware;
use crate::single_writer::SingleWriter;
use crate::steps::KeepsSteps;
use crate::subscriptions::Subscribed;
use crate::working::Worked;

/// Executes commands and loads states on a store. Cheap to clone; clones share the store.
///
/// Works in every async runtime, if the store does: `PostgresStore` needs tokio.
///
/// ```
/// # use eskit::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)] pub struct Opened { #[tag] account: u32 }
/// # #[derive(Command)] pub struct Open { #[tag] account: u32 }
/// # #[aggregate(tag = "account")] #[derive(Default)] pub struct Account { open: bool }
/// # #[decider] impl Account {
/// #     #[evolve] fn opened(&mut self, _: &Opened) { self.open = true }
/// #     #[decide] fn open(&self, c: &Open) -> Option<Opened> { (!self.open).then_some(Opened { account: c.account }) }
/// # }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = App::new(MemoryStore::new());
/// let executed = app.execute(Open { account: 7 }).await?;
/// assert_eq!(executed.events.len(), 1);
/// assert!(app.load::<Account>(7).await?.open);
/// # Ok(()) }
/// ```
pub struct App<S> {
    bus: Bus<S>,
    follow: FollowOptions,
    subscriptions: Vec<Arc<dyn Subscribed<S>>>,
    works: Vec<Arc<dyn Worked<S>>>,
    /// What keeps the steps of each processor, by its name.
    steps: Vec<(&'static str, Arc<dyn KeepsSteps>)>,
    /// The subscriptions that begin anew at the start: their names, and where, unless it is where they begin without a checkpoint.
    restarts: Vec<(&'static str, Option<Start>)>,
}

impl<S> Clone for App<S> {
    fn clone(&self) -> App<S> {
        App {
            bus: self.bus.clone(),
            follow: self.follow.clone(),
            subscriptions: self.subscriptions.clone(),
            works: self.works.clone(),
            steps: self.steps.clone(),
            restarts: self.restarts.clone(),
        }
    }
}

impl<S: EventStore> App<S> {
    /// An app on this store, with the default retry policy.
    pub fn new(store: S) -> App<S> {
        App {
            bus: Bus::new(store),
            follow: FollowOptions::default(),
            subscriptions: Vec::new(),
            works: Vec::new(),
            steps: Vec::new(),
            restarts: Vec::new(),
        }
    }

    /// Sets the retry policy of every command that does not set its own with [`Execute::retry`].
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> App<S> {
        self.bus.retry = retry;
        self
    }

    /// Sets the metadata of every command that does not set its own with [`Execute::metadata`]: who asked for it, and the correlation id
    /// of the request. Set it once where requests come in, on a clone of the app:
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)] pub struct Paid { #[tag] order: u32 }
    /// # #[derive(Command)] pub struct Pay { #[tag] order: u32 }
    /// # #[aggregate(tag = "order")] #[derive(Default)] pub struct Order { payments: u32 }
    /// # #[decider] impl Order {
    /// #     #[evolve] fn paid(&mut self, _: &Paid) { self.payments += 1 }
    /// #     #[decide] fn pay(&self, c: &Pay) -> Paid { Paid { order: c.order } }
    /// # }
    /// use eskit::log::{Principal, PrincipalKind};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::new(MemoryStore::new());
    /// let ada = Principal::new(PrincipalKind::User, "ada");
    /// let metadata = Metadata::new().with_correlation_id("request-17").with_initiator(ada.clone()).with_originator(ada);
    /// let request = app.clone().with_metadata(metadata);
    ///
    /// let paid = request.execute(Pay { order: 17 }).await?;
    /// assert_eq!(paid.events[0].metadata.correlation_id(), Some("request-17"));
    /// # Ok(()) }
    /// ```
    ///
    /// Processors pass correlation id and originator on to the commands that they execute.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> App<S> {
        self.bus.metadata = metadata;
        self
    }

    /// Adds a middleware that makes commands wait for each other instead of conflicting, if their models have an instance in common. This applies to
    /// this `App` and its clones; commands of other programs can still conflict. Use it if many commands decide on the same few
    /// instances.
    ///
    /// Commands take turns in the order in which they arrive, and a command keeps its turn through its retries. After 250 ms the
    /// next command proceeds anyway, since the future of the first may no longer be polled, for example after a `select!`. The two
    /// may then conflict as usual.
    #[must_use]
    pub fn with_single_writer(self) -> App<S> {
        self.with_middleware(SingleWriter::new())
    }

    /// Puts a [`Middleware`](crate::middleware::Middleware) around each command of this `App` and its clones, inside of those that were added before. The
    /// commands that processors execute pass through it too.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// use eskit::middleware::Retrying;
    /// use eskit::RetryPolicy;
    ///
    /// let app = App::new(MemoryStore::new()).with_middleware(Retrying::new(RetryPolicy::attempts(3)));
    /// ```
    #[must_use]
    pub fn with_middleware(mut self, middleware: impl Middleware) -> App<S> {
        self.bus.middleware.push(Arc::new(middleware));
        self
    }

    /// What the middleware of this app warns of, such as entries that the log of commands lacks; empty if all is well.
    pub fn warnings(&self) -> Vec<String> {
        self.bus.middleware.iter().filter_map(|middleware| middleware.warning()).collect()
    }

    /// Caches up to `states` states of this aggregate in memory, for this `App` and its clones. A command then reads only the
    /// models that are not cached; afterwards the new states are cached for the next command.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)] pub struct Opened { #[tag] account: u32 }
    /// # #[aggregate(stream = "account")] #[derive(Default, Clone)] pub struct Account { open: bool }
    /// # #[decider] impl Account { #[evolve] fn opened(&mut self, _: &Opened) { self.open = true } }
    /// let app = App::new(MemoryStore::new()).with_state_cache::<Account>(10_000);
    /// ```
    ///
    /// Other programs may write to the same log, so a cached state may be out of date. The append condition detects that: the
    /// command then reads the new events and decides again, which does not count as an attempt. Before a refusal or a decision
    /// without events is returned, and in [`App::load`], the cached state is brought up to date with the log.
    ///
    /// Use it for aggregates with many events, and if a read takes a round trip. A command clones each cached state that it uses
    /// twice. The least recently used states are dropped first. A cached state by tag may still reflect events of a stream that
    /// was [deleted](crate::log::StreamChange) since, if the last event of the state was not among them; a cached state by stream
    /// does not.
    ///
    /// With the feature `metrics`, `eskit_state_cache_finds_total` counts the looks for cached states, with the labels `aggregate` and
    /// `outcome`: `hit`, `miss`.
    #[must_use]
    pub fn with_state_cache<A: Evolve + Clone>(mut self, states: usize) -> App<S> {
        Arc::make_mut(&mut self.bus.states).add::<A>(states);
        self
    }

    /// The store. To use it elsewhere too, such as in a task that follows the log, clone the `App`, or clone the store before you
    /// pass it to [`App::new`]: every store of eskit is cheap to clone, and an `Arc` of any store is a store.
    ///
    /// Personal data is sealed in what it returns. [`App::events`] and [`layer::Sealing`](crate::layer) open it.
    pub fn store(&self) -> &S {
        self.bus.stored()
    }

    /// Executes a command when awaited: reads its models, decides, and appends the events under the condition that nothing that
    /// the decision read has changed. On a conflict it tries again. Set options before the `.await`; see [`Execute`].
    ///
    /// Takes a set of commands too, an enum that derives [`Command`](derive@crate::Command). Its result has no state, and a refusal is a
    /// [`Refused`](crate::execute::Refused).
    ///
    /// With the feature `tracing`, a command is a span `execute` of the target `eskit`, with `command`, then `outcome` (`appended`,
    /// `nothing`, `repeated`, `refused`, `denied`, `conflict`, `unknown`, `limit`, `id_reused`, `key_reused`, `closed`, `undecodable`,
    /// `unencodable`, `invalid`, `failed`) and, where it is known, `attempts`. In it are the spans `load`, `decide` and `append`, once for
    /// each attempt.
    ///
    /// # Errors
    /// See [`ExecuteError`](crate::ExecuteError).
    pub fn execute<'a, M, E>(&'a self, command: impl Executable<State = M, Error = E> + 'a) -> Execute<'a, M, E> {
        self.bus.execute(command)
    }

    /// Reads the state of one instance of an aggregate.
    ///
    /// `key` is the value of the aggregate's tag, or the id of its stream. It is a tuple for an aggregate with several tags, and
    /// `()` for one with `#[aggregate(all)]`. An instance without events is in its initial state; [`Loaded::is_new`](crate::Loaded::is_new) tells.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)] pub struct Enrolled { #[tag] course: String, #[tag] student: String }
    /// #[aggregate(tag = "course")]
    /// #[derive(Default)]
    /// pub struct Seats { taken: u32 }
    ///
    /// #[aggregate(tag("course", "student"))]
    /// #[derive(Default)]
    /// pub struct Enrolment { is_enrolled: bool }
    /// # #[decider] impl Seats { #[evolve] fn enrolled(&mut self, _: &Enrolled) { self.taken += 1 } }
    /// # #[decider] impl Enrolment { #[evolve] fn enrolled(&mut self, _: &Enrolled) { self.is_enrolled = true } }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::new(MemoryStore::new());
    /// let seats = app.load::<Seats>("maths").await?;
    /// assert_eq!((seats.taken, seats.version), (0, 0));
    /// let enrolment = app.load::<Enrolment>(("maths", "ada")).await?;
    /// assert!(!enrolment.is_enrolled && enrolment.is_new());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// See [`LoadError`](crate::LoadError).
    pub fn load<'a, A: Evolve>(&'a self, key: impl LoadKey<A::Keys> + 'a) -> Load<'a, A> {
        const { check_key::<A, _>() }.of(&key);
        self.bus.load(key)
    }
}

/// For code that executes the commands of any program, such as a service on a network.
impl<S: EventStore> CommandBus for App<S> {
    fn options(&self) -> ExecuteOptions {
        CommandBus::options(&self.bus)
    }

    async fn execute<C: Decide>(
        &self,
        command: C,
        options: ExecuteOptions,
    ) -> Result<Executed<C::State>, ExecuteError<DomainError<C>>> {
        CommandBus::execute(&self.bus, command, options).await
    }
}

impl<S: fmt::Debug> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("store", self.bus.stored()).field("retry", &self.bus.retry).finish_non_exhaustive()
    }
}
