//! What executes commands and loads states on a store: the part of an app that processors need too.

mod calls;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use eskit_runtime::__private::Checked;
use eskit_runtime::codec::{DecodeError, DecodeReason};
use eskit_runtime::execute::{CommandBus, Denied, DomainError, Executable, ExecuteOptions};
use eskit_runtime::log::StoreErrorKind;
#[cfg(feature = "personal")]
use eskit_runtime::model::StateCache;
use eskit_runtime::model::{Decide, Evolve, LoadKey};
use eskit_runtime::subscription::HandleError;
use eskit_runtime::{AnyStore, EventStore, ExecuteError, Executed, Metadata, RetryPolicy, StoreError};

use calls::ExecuteResult;
pub use calls::{Execute, Load};

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
