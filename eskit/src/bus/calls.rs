//! What [`App`](crate::App) returns: commands and reads that happen when they are awaited.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use eskit_runtime::execute::ExecuteOptions;
use eskit_runtime::log::{EventId, ExpectedVersion};
use eskit_runtime::{ExecuteError, Executed, LoadError, Loaded, Metadata, RetryPolicy, Timestamp};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
pub(super) type ExecuteResult<M, E> = Result<Executed<M>, ExecuteError<E>>;

/// A command with its options, executed when awaited. `M` are the states of its models, `E` is the domain's error.
///
/// Returned by [`App::execute`](crate::App::execute).
// It names neither the command nor the store: `.await` then has nothing to add when a command that nobody decides is
// refused at the call.
#[must_use = "a command is executed when it is awaited"]
pub struct Execute<'a, M, E> {
    pub(super) options: ExecuteOptions,
    pub(super) run: Box<dyn FnOnce(ExecuteOptions) -> Boxed<'a, ExecuteResult<M, E>> + Send + 'a>,
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
pub struct Load<'a, A>(pub(super) Boxed<'a, Result<Loaded<A>, LoadError>>);

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
