use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use async_nats::{Client, Request, RequestErrorKind};
use eskit_runtime::execute::{Executable, OutcomeKind};
use eskit_runtime::log::Place;
use eskit_runtime::model::{Storable, StoredCommand};
use eskit_runtime::{Metadata, Timestamp};
use serde::de::DeserializeOwned;

use crate::api::subject::is_fit;
use crate::commands::error::CommandError;
use crate::commands::headers::Wishes;
use crate::commands::reply::Reply;
use crate::commands::subject;

/// Sends commands to whichever process serves them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CommandClient {
    client: Client,
    prefix: String,
    timeout: Duration,
    partitions: u32,
}

impl CommandClient {
    /// A client of the services with this prefix. Requests go over this connection.
    pub fn new(prefix: impl Into<String>, client: Client) -> CommandClient {
        CommandClient { client, prefix: prefix.into(), timeout: Duration::from_secs(10), partitions: 0 }
    }

    /// How long each command may take, 10 s by default; see [`Sending::timeout`].
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> CommandClient {
        self.timeout = time;
        self
    }

    /// Into how many partitions services divide keys; see [`Sending::routed_by`]. It must be the number that they have.
    #[must_use]
    pub fn partitions(mut self, count: u32) -> CommandClient {
        self.partitions = count;
        self
    }

    /// Sends a stored command when awaited. A refusal has the decider's own error.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub fn execute<C>(&self, command: C) -> Sending<C::Error>
    where
        C: Storable + Executable<Error: DeserializeOwned>,
    {
        self.sending(command.encode().map_err(|error| error.to_string()))
    }

    /// Sends a command as it is stored, of a set, or of a program that has no decider for it. `E` is the error of the decider; `String` will do
    /// where only its text is of interest.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub fn send<E: DeserializeOwned>(&self, command: StoredCommand) -> Sending<E> {
        self.sending(Ok(command))
    }

    fn sending<E>(&self, command: Result<StoredCommand, String>) -> Sending<E> {
        Sending {
            client: self.clone(),
            command,
            timeout: self.timeout,
            idempotency_key: None,
            metadata: None,
            route: None,
            error: PhantomData,
        }
    }
}

/// A command on its way, sent when awaited. Returned by [`CommandClient::execute`].
#[must_use = "a command is sent when it is awaited"]
pub struct Sending<E> {
    client: CommandClient,
    command: Result<StoredCommand, String>,
    timeout: Duration,
    idempotency_key: Option<String>,
    metadata: Option<Metadata>,
    route: Option<String>,
    error: PhantomData<fn() -> E>,
}

impl<E> Sending<E> {
    /// How long to wait for the answer. After this time, no service begins with the command any more, as far as the clocks of the machines
    /// agree; one that has begun goes on.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Makes the call idempotent, as with `Execute::idempotency_key`. Without a key, a command of unknown outcome must not be sent again blindly. A
    /// key has no control characters, and no white space around it.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Sets the metadata of its events, such as correlation id and originator, in place of that of the service.
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Sends it to a process that owns the partition of this key, such as the id of the order, so that one process has its state cached. If no
    /// process does, or the client has no [partitions](CommandClient::partitions), any process takes it: that costs a conflict at most.
    pub fn routed_by(mut self, key: impl fmt::Display) -> Self {
        self.route = Some(key.to_string());
        self
    }

    /// The subjects to try, in order.
    fn subjects(&self, name: &str) -> Vec<String> {
        let CommandClient { prefix, partitions, .. } = &self.client;
        let partition = self.route.as_ref().filter(|_| *partitions > 0).map(|key| {
            let number = subject::partition_of(key, *partitions);
            subject::partition(prefix, number, name)
        });
        partition.into_iter().chain([subject::command(prefix, name)]).collect()
    }
}

impl<E: DeserializeOwned> Sending<E> {
    async fn run(self) -> Result<Done, CommandError<E>> {
        let command = self.command.as_ref().map_err(|text| CommandError::Invalid(text.clone()))?;
        let (name, timeout) = (command.name.as_str(), self.timeout);
        let wishes = Wishes {
            version: Some(command.version),
            deadline: Some(Timestamp::now() + timeout),
            idempotency_key: self.idempotency_key.clone(),
            metadata: self.metadata.clone(),
        };
        let headers = wishes.write().map_err(CommandError::Invalid)?;
        for subject in self.subjects(name) {
            if !is_fit(&subject) {
                return Err(CommandError::Invalid(format!(
                    "`{subject}` is no subject of NATS\nhelp: check the prefix and the wire name"
                )));
            }
            let payload = command.payload.clone().into();
            let request = Request::new().headers(headers.clone()).payload(payload).timeout(Some(timeout));
            match self.client.client.send_request(subject, request).await {
                Ok(message) => return read(name, &message.payload),
                Err(error) if error.kind() == RequestErrorKind::NoResponders => {}
                Err(error) => return Err(unsent(name, &error, timeout)),
            }
        }
        Err(CommandError::NotFound(format!(
            "no process serves the command `{name}` with the prefix `{}` now\nhelp: start one, or check the name and the prefix",
            self.client.prefix
        )))
    }
}

/// What a request without an answer says of its command.
fn unsent<E>(name: &str, error: &async_nats::RequestError, timeout: Duration) -> CommandError<E> {
    let open = |why: String| {
        let help = "help: send it again with the same idempotency key to find out";
        CommandError::UnknownOutcome(format!("the command `{name}` may have been executed: {why}\n{help}"))
    };
    match error.kind() {
        RequestErrorKind::MaxPayloadExceeded | RequestErrorKind::InvalidSubject => {
            CommandError::Invalid(format!("the command `{name}` cannot be sent: {error}"))
        }
        RequestErrorKind::TimedOut => open(format!("no answer came within {} s", timeout.as_secs_f32())),
        _ => open(format!("the connection failed: {error}")),
    }
}

/// What a reply says.
fn read<E: DeserializeOwned>(name: &str, payload: &[u8]) -> Result<Done, CommandError<E>> {
    let unreadable = |why: String| {
        let text = format!("the command `{name}` may have been executed: its answer cannot be read: {why}");
        CommandError::UnknownOutcome(text)
    };
    let reply: Reply = serde_json::from_slice(payload).map_err(|error| unreadable(error.to_string()))?;
    let Some(outcome) = reply.kind() else {
        return Err(unreadable(format!("there is no outcome `{}`", reply.outcome)));
    };
    if outcome.is_success() {
        let (first, last) = reply.places().map_err(unreadable)?;
        return Ok(Done { outcome, events: reply.events, first, last, attempts: reply.attempts });
    }
    let text = reply.text.unwrap_or_else(|| format!("the command `{name}` was not executed: {outcome}"));
    Err(match outcome {
        OutcomeKind::Refused => {
            let error = reply.error.and_then(|error| serde_json::from_value(error).ok());
            CommandError::Refused { error, text }
        }
        OutcomeKind::Denied => CommandError::Denied(text),
        OutcomeKind::Conflict => CommandError::Conflict(text),
        OutcomeKind::Invalid => CommandError::Invalid(text),
        OutcomeKind::Unavailable => CommandError::Unavailable(text),
        OutcomeKind::Unknown => CommandError::UnknownOutcome(text),
        _ => CommandError::Failed(text),
    })
}

impl<E: DeserializeOwned + 'static> IntoFuture for Sending<E> {
    type Output = Result<Done, CommandError<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<E> fmt::Debug for Sending<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending")
            .field("timeout", &self.timeout)
            .field("idempotency_key", &self.idempotency_key)
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}

/// A command that was executed elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Done {
    /// `Appended`, `Nothing` if the decider returned no events, or `Repeated` if an earlier call with the same key appended them.
    pub outcome: OutcomeKind,
    /// How many events it has.
    pub events: usize,
    /// The place of the first one.
    pub first: Option<Place>,
    /// The place of the last one; to read what was written, wait until a subscription has reached it.
    pub last: Option<Place>,
    /// How many times the decision was made.
    pub attempts: u32,
}
