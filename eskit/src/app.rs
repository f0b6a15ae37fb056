use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use eskit_runtime::__private::{check_key, decision_items, load_checked};
use eskit_runtime::execute::{DomainError, ExecuteOptions};
use eskit_runtime::log::ExpectedVersion;
use eskit_runtime::model::{Decide, Evolve, LoadKey};
use eskit_runtime::{EventStore, ExecuteError, Executed, LoadError, Loaded, Metadata, RetryPolicy, Timestamp};

use crate::single_writer::SingleWriter;
use crate::sleep::Timer;
use crate::state_cache::StateCaches;

/// A program on a store: executes commands and loads states. Cheap to clone; clones share the store.
///
/// Works in every async runtime; the store may need a certain one.
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
#[derive(Debug)]
pub struct App<S> {
    store: Arc<S>,
    retry: RetryPolicy,
    writer: Option<Arc<SingleWriter>>,
    states: Arc<StateCaches>,
}

impl<S> Clone for App<S> {
    fn clone(&self) -> App<S> {
        let App { store, retry, writer, states } = self;
        App { store: Arc::clone(store), retry: *retry, writer: writer.clone(), states: Arc::clone(states) }
    }
}

impl<S: EventStore> App<S> {
    /// The program on this store, with the default retry policy.
    pub fn new(store: S) -> App<S> {
        App { store: Arc::new(store), retry: RetryPolicy::default(), writer: None, states: Arc::default() }
    }

    /// Sets the retry policy of every command that does not bring its own.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> App<S> {
        self.retry = retry;
        self
    }

    /// Makes this program the single writer of what a command decides on: commands whose models have an instance in
    /// common, on this `App` and its clones, wait for each other instead of meeting as conflicts. Worth it where many
    /// decide on the same few instances; a conflict is then left only with other programs.
    ///
    /// A command keeps its turn through its retries, and those that wait are served in the order in which they came. One that
    /// has had its turn for 250 ms is passed over, since its future may not be polled any more, as one that `select!` left
    /// aside. Both then meet as if there were no single writer, and the append tells which of them has to try again.
    #[must_use]
    pub fn with_single_writer(mut self) -> App<S> {
        self.writer = Some(Arc::new(SingleWriter::new()));
        self
    }

    /// Caches up to `states` states of this aggregate in memory, for this `App` and its clones. A command then reads only the
    /// models that are not cached, and decides at once; the state that it ends with is cached for the next.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)] pub struct Opened { #[tag] account: u32 }
    /// # #[aggregate(stream = "account")] #[derive(Default, Clone)] pub struct Account { open: bool }
    /// # #[decider] impl Account { #[evolve] fn opened(&mut self, _: &Opened) { self.open = true } }
    /// let app = App::new(MemoryStore::new()).with_state_cache::<Account>(10_000);
    /// ```
    ///
    /// Other programs may write to the same log: a cached state may be old, and no decision on an old one counts. Events are
    /// appended under the condition that it was not old; if it was, the command reads what it missed and decides again, which
    /// is neither a conflict nor one of its tries. A refusal, a decision without events, and [`App::load`] look at the log
    /// first, from where the state stands.
    ///
    /// Worth it for aggregates with many events, and where a read takes a round trip. A command clones each cached state that
    /// it uses twice. States that were not used for long go first. A state by tag may hold what it learnt from a stream that
    /// was [deleted](crate::log::StreamChange) since, as long as its last event is still there; one by stream does not.
    #[must_use]
    pub fn with_state_cache<A: Evolve + Clone>(mut self, states: usize) -> App<S> {
        Arc::make_mut(&mut self.states).add::<A>(states);
        self
    }

    /// The store. To hold it elsewhere too, such as in a task that follows the log, clone the `App`, or the store before it is
    /// handed in: every store of eskit is cheap to clone, and an `Arc` of any store is a store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Executes a command when awaited: reads its models, decides, appends under the condition that nothing that the
    /// decision read has changed, and tries again on a conflict. Options are set before the `.await`.
    ///
    /// # Errors
    /// See [`ExecuteError`].
    pub fn execute<'a, C: Decide + 'a>(&'a self, command: C) -> Execute<'a, C::State, DomainError<C>> {
        let mut options = ExecuteOptions::default();
        options.retry = self.retry;
        Execute { options, run: Box::new(|options| Box::pin(self.run(command, options))) }
    }

    /// Reads the state of one instance of an aggregate: `app.load::<Seats>(course)`, or for an aggregate with several
    /// tags `app.load::<Enrolment>((course, student))`.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load<'a, A: Evolve>(&'a self, key: impl LoadKey<A::Keys> + 'a) -> Load<'a, A> {
        const { check_key::<A, _>() }.of(&key);
        Load(Box::pin(load_checked::<A, S, _, _>(&*self.store, &key, &*self.states)))
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

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type ExecuteResult<M, E> = Result<Executed<M>, ExecuteError<E>>;

/// A command that is executed when awaited. `M` are its models, `E` is its domain's error.
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

    /// Makes the call idempotent: a second call with the same key appends nothing and returns the first one's events. A
    /// key counts in the whole log, so it names one call: the id of a request, or `"pay:17"` rather than `"17"`. Used for another
    /// command, or for the same one with other tag values, it is [`ExecuteError::KeyReused`]. It may be of any length, but not
    /// empty. A decision without events leaves no trace of it.
    ///
    /// The events carry the extra `eskit.command` in their metadata, with the command's name and a hash of its tag values. A
    /// program that renames the command between two tries does not know its events again, and refuses the second one.
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

    /// Sets the metadata of every event: at most 100 extra entries and 64 KiB, of which an idempotency key takes one entry.
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.options.metadata = metadata;
        self
    }

    /// Says which version of its stream the caller saw, such as [`Loaded::version`]; any other is a conflict that is not tried
    /// again. For commands that are decided on exactly one stream; with others it is [`ExecuteError::Options`].
    pub fn expected_version(mut self, version: ExpectedVersion) -> Self {
        self.options.expected_version = Some(version);
        self
    }

    /// Appends without condition: what happened since the state was read does not count. Excludes
    /// [`Execute::expected_version`].
    pub fn without_condition(mut self) -> Self {
        self.options.without_condition = true;
        self
    }

    /// Says when the events happened, as an import does; the default is the time of the append. Times need not ascend, and
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

/// A state that is read when awaited.
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
