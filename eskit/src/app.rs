mod follow;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use eskit_runtime::__private::{check_key, decision_items, load_checked};
use eskit_runtime::execute::{DomainError, ExecuteOptions};
use eskit_runtime::log::ExpectedVersion;
use eskit_runtime::model::{Decide, Evolve, LoadKey};
use eskit_runtime::subscription::FollowOptions;
use eskit_runtime::{
    AnyStore, EventStore, ExecuteError, Executed, LoadError, Loaded, Metadata, RetryPolicy, Timestamp,
};

use crate::single_writer::SingleWriter;
use crate::sleep::Timer;
use crate::state_cache::StateCaches;
use crate::subscriptions::Subscribed;

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
    store: Arc<S>,
    retry: RetryPolicy,
    writer: Option<Arc<SingleWriter>>,
    states: Arc<StateCaches>,
    follow: FollowOptions,
    subscriptions: Vec<Arc<dyn Subscribed<S>>>,
    /// The subscriptions whose read models are built anew at the start.
    rebuilds: Vec<&'static str>,
}

impl<S> Clone for App<S> {
    fn clone(&self) -> App<S> {
        App {
            store: Arc::clone(&self.store),
            retry: self.retry,
            writer: self.writer.clone(),
            states: Arc::clone(&self.states),
            follow: self.follow.clone(),
            subscriptions: self.subscriptions.clone(),
            rebuilds: self.rebuilds.clone(),
        }
    }
}

impl<S: EventStore> App<S> {
    /// An app on this store, with the default retry policy.
    pub fn new(store: S) -> App<S> {
        App {
            store: Arc::new(store),
            retry: RetryPolicy::default(),
            writer: None,
            states: Arc::default(),
            follow: FollowOptions::default(),
            subscriptions: Vec::new(),
            rebuilds: Vec::new(),
        }
    }

    /// Sets the retry policy of every command that does not set its own with [`Execute::retry`].
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> App<S> {
        self.retry = retry;
        self
    }

    /// Makes commands wait for each other instead of conflicting, if their models have an instance in common. This applies to
    /// this `App` and its clones; commands of other programs can still conflict. Use it if many commands decide on the same few
    /// instances.
    ///
    /// Commands take turns in the order in which they arrive, and a command keeps its turn through its retries. After 250 ms the
    /// next command proceeds anyway, since the future of the first may no longer be polled, for example after a `select!`. The two
    /// may then conflict as usual.
    #[must_use]
    pub fn with_single_writer(mut self) -> App<S> {
        self.writer = Some(Arc::new(SingleWriter::new()));
        self
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
    #[must_use]
    pub fn with_state_cache<A: Evolve + Clone>(mut self, states: usize) -> App<S> {
        Arc::make_mut(&mut self.states).add::<A>(states);
        self
    }

    /// The store. To use it elsewhere too, such as in a task that follows the log, clone the `App`, or clone the store before you
    /// pass it to [`App::new`]: every store of eskit is cheap to clone, and an `Arc` of any store is a store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Executes a command when awaited: reads its models, decides, and appends the events under the condition that nothing that
    /// the decision read has changed. On a conflict it tries again. Set options before the `.await`; see [`Execute`].
    ///
    /// # Errors
    /// See [`ExecuteError`].
    pub fn execute<'a, C: Decide + 'a>(&'a self, command: C) -> Execute<'a, C::State, DomainError<C>> {
        let mut options = ExecuteOptions::default();
        options.retry = self.retry;
        Execute { options, run: Box::new(|options| Box::pin(self.run(command, options))) }
    }

    /// Reads the state of one instance of an aggregate.
    ///
    /// `key` is the value of the aggregate's tag, or the id of its stream. It is a tuple for an aggregate with several tags, and
    /// `()` for one with `#[aggregate(all)]`. An instance without events is in its initial state; [`Loaded::is_new`] tells.
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
    /// See [`LoadError`].
    pub fn load<'a, A: Evolve>(&'a self, key: impl LoadKey<A::Keys> + 'a) -> Load<'a, A> {
        const { check_key::<A, _>() }.of(&key);
        Load(Box::pin(load_checked::<A, S, _, _>(&*self.store, &key, &*self.states)))
    }

    /// This app, whatever its store: for what is told apart by no type.
    pub(crate) fn erased(&self) -> App<AnyStore>
    where
        S: 'static,
    {
        App {
            store: Arc::new(AnyStore::new(Arc::clone(&self.store))),
            retry: self.retry,
            writer: self.writer.clone(),
            states: Arc::clone(&self.states),
            follow: self.follow.clone(),
            subscriptions: Vec::new(),
            rebuilds: Vec::new(),
        }
    }

    fn run<C: Decide>(
        &self,
        command: C,
        options: ExecuteOptions,
    ) -> impl Future<Output = Result<Executed<C::State>, ExecuteError<DomainError<C>>>> {
        let executed = async move {
            let _guards = match &self.writer {
                // A command that does not select its models is refused below.
                Some(writer) => match decision_items(&command) {
                    Ok(instances) => writer.lock(instances.iter().map(|(_, item)| item)).await,
                    Err(_) => Vec::new(),
                },
                None => Vec::new(),
            };
            eskit_runtime::execute::execute(&*self.store, &command, &options, &Timer, &*self.states).await
        };
        #[cfg(feature = "tracing")]
        let executed = crate::span::in_span(C::TYPE.name, executed);
        executed
    }
}

impl<S: fmt::Debug> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("store", &self.store).field("retry", &self.retry).finish_non_exhaustive()
    }
}

impl<'a, M: 'a, E: 'a> Execute<'a, M, E> {
    /// Looks at the error, if the command fails.
    pub(crate) fn inspect_err(self, look: impl FnOnce(&ExecuteError<E>) + Send + 'a) -> Execute<'a, M, E> {
        let Execute { options, run } = self;
        let run = move |options| -> Boxed<'a, ExecuteResult<M, E>> {
            let running = run(options);
            Box::pin(async move { running.await.inspect_err(look) })
        };
        Execute { options, run: Box::new(run) }
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type ExecuteResult<M, E> = Result<Executed<M>, ExecuteError<E>>;

/// A command with its options, executed when awaited. `M` are the states of its models, `E` is the domain's error.
///
/// Returned by [`App::execute`].
// It names neither the command nor the store: `.await` then has nothing to add when a command that nobody decides is
// refused at the call.
#[must_use = "a command is executed when it is awaited"]
pub struct Execute<'a, M, E> {
    options: ExecuteOptions,
    run: Box<dyn FnOnce(ExecuteOptions) -> Boxed<'a, ExecuteResult<M, E>> + Send + 'a>,
}

impl<M, E> Execute<'_, M, E> {
    /// Sets how often and how fast the command is tried again after a conflict.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.options.retry = retry;
        self
    }

    /// Makes the call idempotent: a second call with the same key appends nothing and returns the events of the first.
    ///
    /// A key is unique in the whole log, so it must name one call: use the id of a request, or `"pay:17"` rather than `"17"`. For
    /// another command, or for the same command with other tag values, it fails with [`ExecuteError::KeyReused`]. A key has any
    /// length, but is not empty. A decision without events does not record its key.
    ///
    /// The events carry the metadata extra `eskit.command`, with the command's name and a hash of its tag values. If the command
    /// is renamed between two calls, the second call is refused.
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
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::new(MemoryStore::new());
    /// let first = app.execute(Pay { order: 17 }).idempotency_key("pay:17").await?;
    /// let again = app.execute(Pay { order: 17 }).idempotency_key("pay:17").await?;
    /// assert!(again.repeated && again.events == first.events);
    /// # Ok(()) }
    /// ```
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.options.idempotency_key = Some(key.into());
        self
    }

    /// Sets the metadata of every event: at most 100 extra entries and 64 KiB. An idempotency key takes one entry.
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
    /// let metadata = Metadata::new()
    ///     .with_correlation_id("request-17")
    ///     .with_initiator(Principal::new(PrincipalKind::User, "ada"));
    /// let done = app.execute(Pay { order: 17 }).metadata(metadata).await?;
    /// assert_eq!(done.events[0].metadata.correlation_id(), Some("request-17"));
    /// # Ok(()) }
    /// ```
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.options.metadata = metadata;
        self
    }

    /// Sets the version of the stream that the caller saw, such as [`Loaded::version`]. If the stream has another version, the
    /// command fails with [`ExecuteError::Conflict`], and is not tried again. Only for commands that are decided on exactly one
    /// stream; for others it is [`ExecuteError::Options`].
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)] pub struct Renamed { #[tag] account: u32 }
    /// # #[derive(Command)] pub struct Rename { #[tag] account: u32 }
    /// # #[aggregate(stream = "account")] #[derive(Default)] pub struct Account { changes: u32 }
    /// # #[decider] impl Account {
    /// #     #[evolve] fn renamed(&mut self, _: &Renamed) { self.changes += 1 }
    /// #     #[decide] fn rename(&self, c: &Rename) -> Renamed { Renamed { account: c.account } }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::new(MemoryStore::new());
    /// // What a user saw in a form ..
    /// let seen = app.load::<Account>(7).await?.version;
    /// app.execute(Rename { account: 7 }).await?;
    /// // .. has changed in the meantime.
    /// let late = app.execute(Rename { account: 7 }).expected_version(ExpectedVersion::Exact(seen)).await;
    /// assert!(matches!(late, Err(ExecuteError::Conflict { .. })));
    /// # Ok(()) }
    /// ```
    pub fn expected_version(mut self, version: ExpectedVersion) -> Self {
        self.options.expected_version = Some(version);
        self
    }

    /// Appends without a condition: events since the state was read are ignored. Cannot be combined with
    /// [`Execute::expected_version`].
    pub fn without_condition(mut self) -> Self {
        self.options.without_condition = true;
        self
    }

    /// Sets the time of the events, for example in an import. The default is the time of the append. Times need not ascend, and
    /// nothing is ordered by them.
    pub fn recorded_at(mut self, time: Timestamp) -> Self {
        self.options.recorded_at = Some(time);
        self
    }
}

impl<'a, M, E> IntoFuture for Execute<'a, M, E> {
    type Output = ExecuteResult<M, E>;
    type IntoFuture = Boxed<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        (self.run)(self.options)
    }
}

impl<M, E> fmt::Debug for Execute<'_, M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execute").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A state, read when awaited. Returned by [`App::load`].
#[must_use = "a state is read when it is awaited"]
pub struct Load<'a, A>(Boxed<'a, Result<Loaded<A>, LoadError>>);

impl<A> Future for Load<'_, A> {
    type Output = Result<Loaded<A>, LoadError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<A> fmt::Debug for Load<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").finish_non_exhaustive()
    }
}
