use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::sync::Arc;

use async_nats::Client;
use eskit_runtime::StoreError;
use eskit_runtime::execute::{CommandBus, Executable};
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::model::Storable;
use serde::Serialize;

use crate::api::subject::is_fit;
use crate::commands::handler::{Handler, as_text, typed};
use crate::commands::report::{OnError, ServiceError};
use crate::commands::serving::{Bounds, Route, Serving};
use crate::commands::subject;
use crate::error::Fault;

/// A service that executes the commands of an app for whoever asks over NATS: its options, and which commands it takes. Nothing is served before
/// [`CommandService::start`].
///
/// It believes what requests say of their originator, so let only programs that you trust publish to `{prefix}.command.>`.
pub struct CommandService<B> {
    prefix: String,
    bus: Arc<B>,
    handlers: BTreeMap<&'static str, Handler<B>>,
    bounds: Bounds,
    partitions: Option<(u32, Vec<u32>)>,
    on_error: OnError,
}

impl<B: CommandBus + Send + Sync + 'static> CommandService<B> {
    /// A service of the commands of this app, on subjects that begin with a prefix: tokens of letters, digits, `-` and `_`, with `.` between them.
    pub fn new(prefix: impl Into<String>, app: B) -> CommandService<B> {
        CommandService {
            prefix: prefix.into(),
            bus: Arc::new(app),
            handlers: BTreeMap::new(),
            bounds: Bounds::default(),
            partitions: None,
            on_error: Arc::new(|_| {}),
        }
    }

    /// Takes a stored command, under its wire name and its former ones. A refusal goes to the caller with the decider's error, as serde writes
    /// it, and as text.
    #[must_use]
    pub fn serve<C: Storable + Executable<Error: Serialize + Display>>(self) -> CommandService<B> {
        self.take::<C>(typed::<C, B>)
    }

    /// Takes a stored command whose error serde does not write, or each command of a set: a refusal goes to the caller as text.
    #[must_use]
    pub fn serve_as_text<C: Storable + Executable<Error: Display>>(self) -> CommandService<B> {
        self.take::<C>(as_text::<C, B>)
    }

    fn take<C: Storable>(mut self, handler: Handler<B>) -> CommandService<B> {
        self.handlers.extend(C::TYPES.names().into_iter().map(|name| (name, handler)));
        self
    }

    /// How many commands are executed at the same time; 64 by default, at least 1.
    #[must_use]
    pub fn concurrency(mut self, commands: usize) -> CommandService<B> {
        self.bounds.concurrency = commands.max(1);
        self
    }

    /// How many more commands may wait for their turn; 1,024 by default. Further ones are answered as
    /// [`Unavailable`](crate::commands::CommandError::Unavailable).
    #[must_use]
    pub fn waiting(mut self, commands: usize) -> CommandService<B> {
        self.bounds.waiting = commands;
        self
    }

    /// Also takes commands that were routed by a key to one of these partitions, from 0, of so many: see
    /// [`Sending::routed_by`](crate::commands::Sending::routed_by). Commands that were not routed, or to a partition that no process owns, are taken as
    /// ever.
    #[must_use]
    pub fn partitions(mut self, count: u32, own: impl IntoIterator<Item = u32>) -> CommandService<B> {
        self.partitions = Some((count, own.into_iter().collect()));
        self
    }

    /// Tells a function of each error, also of those that callers cannot be told. With the feature `tracing`, they are events of the target
    /// `eskit` too.
    #[must_use]
    pub fn on_error(mut self, tell: impl Fn(&ServiceError) + Send + Sync + 'static) -> CommandService<B> {
        self.on_error = Arc::new(tell);
        self
    }

    /// Subscribes, and executes commands in tasks of the tokio runtime in which this is called, until [`Serving::stop`]. When it returns, the
    /// server knows of all subscriptions.
    ///
    /// # Errors
    /// [`Invalid`](StoreErrorKind::Invalid) if the prefix, a wire name or a partition cannot be in a subject;
    /// [`Unavailable`](StoreErrorKind::Unavailable) if the connection is closed.
    pub async fn start(self, client: &Client) -> Result<Serving, StoreError> {
        let routes = self.routes()?;
        Serving::start(client, self.bus, routes, self.bounds, self.on_error)
            .await
            .map_err(|text| Fault::unavailable(format!("cannot serve commands: {text}")).into())
    }

    /// The subjects of all commands.
    fn routes(&self) -> Result<Vec<Route<B>>, StoreError> {
        let invalid = |text: String| StoreError::new(StoreErrorKind::Invalid, format!("cannot serve commands: {text}"));
        if !is_fit(&self.prefix) {
            return Err(invalid(format!(
                "the prefix `{}` cannot begin a subject of NATS\nhelp: write letters, digits, `-` and `_`, with `.` between them",
                self.prefix
            )));
        }
        let (count, own) = self.partitions.clone().unwrap_or_default();
        if let Some(beyond) = own.iter().find(|own| **own >= count) {
            return Err(invalid(format!("there is no partition {beyond} of {count}\nhelp: they are counted from 0")));
        }
        let mut routes = Vec::new();
        for (name, handler) in &self.handlers {
            if !is_fit(name) {
                return Err(invalid(format!(
                    "the wire name `{name}` cannot be in a subject of NATS\nhelp: give the command another one with `#[command(name = \"..\")]`"
                )));
            }
            let partitions = own.iter().map(|partition| subject::partition(&self.prefix, *partition, name));
            let subjects = partitions.chain([subject::command(&self.prefix, name)]);
            routes.extend(subjects.map(|subject| Route { subject, name, handler: *handler }));
        }
        Ok(routes)
    }
}

impl<B> fmt::Debug for CommandService<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandService")
            .field("prefix", &self.prefix)
            .field("commands", &self.handlers.keys())
            .field("bounds", &self.bounds)
            .field("partitions", &self.partitions)
            .finish_non_exhaustive()
    }
}
