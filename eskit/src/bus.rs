//! What executes commands and loads states on a store: the part of an app that processors need too.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use eskit_runtime::__private::Checked;
use eskit_runtime::codec::{DecodeError, DecodeReason};
use eskit_runtime::execute::{CommandBus, Denied, DomainError, Executable, ExecuteOptions};
use eskit_runtime::log::{EventId, ExpectedVersion, StoreErrorKind};
#[cfg(feature = "personal")]
use eskit_runtime::model::StateCache;
use eskit_runtime::model::{Decide, Evolve, LoadKey};
use eskit_runtime::subscription::HandleError;
use eskit_runtime::{
    AnyStore, EventStore, ExecuteError, Executed, LoadError, Loaded, Metadata, RetryPolicy, StoreError, Timestamp,
};

use crate::clock::Clock;
#[cfg(feature = "personal")]
use crate::forgetting::Forgetting;
use crate::middleware::{self, Boxed as Told, Call, Execution, Next, Outcome};
use crate::sleep::Timer;
use crate::state_cache::StateCaches;

/// The store of an app as the app itself reads and appends to it: with personal data opened.
#[cfg(feature = "personal")]
pub(crate) type Opened<S> = crate::layer::Sealing<Arc<S>>;
#[cfg(not(feature = "personal"))]
pub(crate) type Opened<S> = S;

/// Executes commands and loads states on a store. Cheap to clone; clones share everything.
pub(crate) struct Bus<S> {
    pub(crate) store: Arc<Opened<S>>,
    pub(crate) retry: RetryPolicy,
    /// What stands around each command, the outermost first.
    pub(crate) middleware: Vec<Arc<dyn middleware::Erased>>,
    pub(crate) states: Arc<StateCaches>,
    /// The metadata of commands that do not set their own.
    pub(crate) metadata: Metadata,
    pub(crate) clock: Clock,
    /// What follows when a subject of personal data is forgotten.
    #[cfg(feature = "personal")]
    pub(crate) forgetting: Forgetting,
}

impl<S> Clone for Bus<S> {
    fn clone(&self) -> Bus<S> {
        Bus {
            store: Arc::clone(&self.store),
            retry: self.retry,
            middleware: self.middleware.clone(),
            states: Arc::clone(&self.states),
            metadata: self.metadata.clone(),
            clock: self.clock.clone(),
            #[cfg(feature = "personal")]
            forgetting: self.forgetting.clone(),
        }
    }
}

impl<S: EventStore> Bus<S> {
    pub(crate) fn new(store: S) -> Bus<S> {
        Bus {
            store: Arc::new(opened(store)),
            retry: RetryPolicy::default(),
            middleware: Vec::new(),
            states: Arc::default(),
            metadata: Metadata::new(),
            clock: Clock::default(),
            #[cfg(feature = "personal")]
            forgetting: Forgetting::default(),
        }
    }

    /// The same bus without the type of its store.
    pub(crate) fn erased(&self) -> Bus<AnyStore>
    where
        S: 'static,
    {
        Bus {
            store: Arc::new(opened(AnyStore::new(Arc::clone(&self.store)))),
            retry: self.retry,
            middleware: self.middleware.clone(),
            states: Arc::clone(&self.states),
            metadata: self.metadata.clone(),
            clock: self.clock.clone(),
            #[cfg(feature = "personal")]
            forgetting: self.forgetting.clone(),
        }
    }

    pub(crate) fn execute<'a, C: Executable + 'a>(&'a self, command: C) -> Execute<'a, C::State, C::Error> {
        let options = self.options(self.metadata.clone());
        Execute { options, run: Box::new(|options| command.execute_on(self, options)) }
    }

    /// The options of a command with this metadata.
    pub(crate) fn options(&self, metadata: Metadata) -> ExecuteOptions {
        let mut options = ExecuteOptions::default();
        options.retry = self.retry;
        options.metadata = metadata;
        options.recorded_at = self.clock.set_time();
        options
    }

    /// Callers check the key: rustc names the place of their call.
    pub(crate) fn load<'a, A: Evolve>(&'a self, key: impl LoadKey<A::Keys> + 'a) -> Load<'a, A> {
        // The key need not be `Send`, so it must not live across an await.
        let checked = Checked::<A>::of(&key);
        Load(Box::pin(async move {
            self.identify().await;
            checked.load(&*self.store, &self.states_now().await).await
        }))
    }

    /// The states that are cached as of now: those that are made from here on are not cached if a subject is forgotten in the meantime.
    #[cfg(feature = "personal")]
    async fn states_now(&self) -> impl StateCache {
        self.forgetting.states(&self.store, &self.states).await
    }

    #[cfg(not(feature = "personal"))]
    async fn states_now(&self) -> &StateCaches {
        &self.states
    }

    /// Learns which log it is, once snapshots need to know.
    async fn identify(&self) {
        if self.states.snapshots.lacks_log()
            && let Ok(log) = self.store.log_id().await
        {
            self.states.snapshots.set_log(log);
        }
    }
}

#[cfg(feature = "personal")]
fn opened<S>(store: S) -> Opened<S> {
    Opened::without(Arc::new(store))
}

#[cfg(not(feature = "personal"))]
fn opened<S>(store: S) -> Opened<S> {
    store
}

impl<S> Bus<S> {
    /// The store that the app was made with.
    #[cfg(feature = "personal")]
    pub(crate) fn stored(&self) -> &S {
        self.store.store()
    }

    #[cfg(not(feature = "personal"))]
    pub(crate) fn stored(&self) -> &S {
        &self.store
    }
}

impl<S: EventStore> CommandBus for Bus<S> {
    fn options(&self) -> ExecuteOptions {
        self.options(self.metadata.clone())
    }

    async fn execute<C: Decide>(
        &self,
        command: C,
        options: ExecuteOptions,
    ) -> Result<Executed<C::State>, ExecuteError<DomainError<C>>> {
        if self.middleware.is_empty() {
            return self.run(&command, &options).await;
        }
        let execution = Typed { bus: self, command: &command, answer: Mutex::new(None) };
        let mut call = Call::new(&command, options);
        let told = Next::new(&self.middleware, &execution).run(&mut call).await;
        match (execution.answer.into_inner().unwrap_or_else(PoisonError::into_inner), told) {
            // What was done is told, whatever a middleware says.
            (Some(answer), _) => answer,
            (None, Err(denied)) => Err(ExecuteError::Denied(denied)),
            (None, Ok(_)) => Err(ExecuteError::Denied(Denied::new("a middleware did not let the command be executed"))),
        }
    }
}

impl<S: EventStore> Bus<S> {
    async fn run<C: Decide>(
        &self,
        command: &C,
        options: &ExecuteOptions,
    ) -> Result<Executed<C::State>, ExecuteError<DomainError<C>>> {
        let executed = async move {
            self.identify().await;
            #[cfg(feature = "otel")]
            let store = &crate::trace::Stamped(&*self.store);
            #[cfg(not(feature = "otel"))]
            let store = &*self.store;
            eskit_runtime::execute::execute(store, command, options, &Timer, &self.states_now().await).await
        };
        #[cfg(feature = "tracing")]
        let executed = crate::span::in_span(C::TYPE.name, &options.metadata, executed);
        executed.await
    }
}

/// The execution of a command behind its middleware.
struct Typed<'b, S, C: Decide> {
    bus: &'b Bus<S>,
    command: &'b C,
    /// What came of it, once it was executed.
    answer: Mutex<Option<ExecuteResult<C::State, DomainError<C>>>>,
}

impl<S: EventStore, C: Decide> Execution for Typed<'_, S, C> {
    fn execute<'a>(&'a self, call: &'a Call<'_>) -> Told<'a, Outcome> {
        Box::pin(async move {
            let answer = self.bus.run(self.command, call.options()).await;
            let outcome = Outcome::of(&answer, C::refusal);
            *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            outcome
        })
    }
}

/// What made a command fail, if that was the log, or an event that only a newer program can read: this one waits, and another process
/// may go on.
pub(crate) fn failed_log<E>(command: &str, error: &ExecuteError<E>) -> Option<StoreError> {
    let (kind, text) = match error {
        ExecuteError::Store(error) | ExecuteError::UnknownOutcome(error) => (error.kind(), error.to_string()),
        ExecuteError::Conflict { conflict, .. } => (StoreErrorKind::Busy, format!("conflict: {conflict}")),
        ExecuteError::Undecodable(error) if error.is_newer() => (StoreErrorKind::Unavailable, error.to_string()),
        _ => return None,
    };
    Some(StoreError::new(kind, format!("the command `{command}` was not executed: {text}")))
}

/// Why a command was not executed, if that is not one of [`failed_log`]. An event that the model does not know may be one of a newer
/// program, so another try may succeed.
pub(crate) fn not_executed<E: fmt::Display>(command: &str, error: &ExecuteError<E>) -> HandleError {
    let text = format!("the command `{command}` was not executed: {error}");
    match error {
        ExecuteError::Undecodable(DecodeError { reason: DecodeReason::NotEvolved { .. }, .. }) => {
            HandleError::new(text)
        }
        _ => HandleError::permanent(text),
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type ExecuteResult<M, E> = Result<Executed<M>, ExecuteError<E>>;

/// A command with its options, executed when awaited. `M` are the states of its models, `E` is the domain's error.
///
/// Returned by [`App::execute`](crate::App::execute).
// It names neither the command nor the store: `.await` then has nothing to add when a command that nobody decides is
// refused at the call.
#[must_use = "a command is executed when it is awaited"]
pub struct Execute<'a, M, E> {
    options: ExecuteOptions,
    run: Box<dyn FnOnce(ExecuteOptions) -> Boxed<'a, ExecuteResult<M, E>> + Send + 'a>,
}

impl<'a, M: 'a, E: 'a> Execute<'a, M, E> {
    /// Says which event leads to the command, for the ids of its events.
    pub(crate) fn caused_by(mut self, cause: EventId) -> Execute<'a, M, E> {
        self.options.cause = Some(cause);
        self
    }

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

    /// Sets the metadata of every event, in place of that of [`App::with_metadata`](crate::App::with_metadata): at most 100 extra entries and 64 KiB. An idempotency key takes one entry.
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

/// A state, read when awaited. Returned by [`App::load`](crate::App::load).
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
