use std::convert::Infallible;
use std::error::Error;
use std::fmt;

use crate::codec::decode_error::DecodeError;
use crate::codec::encode::EncodeError;
use crate::log::append::{AppendError, Conflict};
use crate::log::bounds::LimitError;
use crate::log::id::EventId;
use crate::log::lifecycle::StreamClosed;
use crate::log::position::Position;
use crate::log::store::error::{StoreError, StoreErrorKind};
use crate::model::registry::RegistryError;

use super::bind::BindError;
use super::fold::FoldError;
use super::keyed::KeyReused;

/// Why a command failed. `E` is the domain's own error.
///
/// Only [`UnknownOutcome`](ExecuteError::UnknownOutcome) leaves open whether the events were appended; after every other error,
/// they were not.
///
/// ```
/// # use eskit_runtime as eskit;
/// # use eskit::ExecuteError;
/// /// What a web service answers.
/// fn status<E>(error: &ExecuteError<E>) -> u16 {
///     match error {
///         // `KeyReused`: the request carries the idempotency key of another one.
///         ExecuteError::Domain(_) | ExecuteError::KeyReused(_) => 422,
///         // A value of the request is empty, too long, or holds a NUL.
///         ExecuteError::Limit(_) => 400,
///         ExecuteError::Denied(_) => 403,
///         ExecuteError::Conflict { .. } => 409,
///         ExecuteError::StreamClosed(_) => 410,
///         ExecuteError::Store(error) if error.is_transient() => 503,
///         _ => 500,
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ExecuteError<E = Infallible> {
    /// The decider refused. Nothing was appended.
    Domain(E),
    /// A middleware refused. Nothing was decided, and nothing was appended.
    Denied(Denied),
    /// The models changed during every attempt, and the retry policy allows no more. Nothing was appended.
    Conflict {
        /// The last conflict.
        conflict: Conflict,
        /// How many times the decision was made.
        attempts: u32,
    },
    /// The events may or may not be in the log, since the store lost the answer to the append. Execute the command again with the
    /// same idempotency key to find out.
    ///
    /// Also returned if the events are in the log, but a model cannot be read after them. A program that can read the model gets
    /// the events with the same key.
    UnknownOutcome(StoreError),
    /// The store failed. Nothing was appended.
    Store(StoreError),
    /// An event of one of the models cannot be read. Nothing was appended.
    Undecodable(DecodeError),
    /// An event could not be read back as it was written. Nothing was appended.
    Encode(EncodeError),
    /// A tag of the command or an event crosses a limit. Nothing was appended.
    Limit(LimitError),
    /// An event id of the append is in the log already. Nothing was appended.
    IdReused {
        /// The id.
        id: EventId,
        /// The position of the event with this id.
        position: Position,
    },
    /// The idempotency key was used before, for another call. Nothing was appended.
    KeyReused(KeyReused),
    /// A stream that the events belong to is archived, tombstoned or deleted, or the one whose version was expected is
    /// deleted. Nothing was appended.
    StreamClosed(StreamClosed),
    /// The options do not fit the command. Nothing was appended.
    Options(String),
    /// The command's tags do not select one instance of each model. Nothing was appended.
    Key(String),
    /// Two event types of this program share a wire name. Nothing was appended.
    Registry(&'static RegistryError),
}

impl<E> ExecuteError<E> {
    /// The domain's own error, if this is a refusal by the decider.
    pub fn domain(&self) -> Option<&E> {
        match self {
            ExecuteError::Domain(error) => Some(error),
            _ => None,
        }
    }

    /// The text of a failure that is no refusal by the decider, whose error need not have one.
    #[doc(hidden)]
    pub fn failure(&self) -> Option<String> {
        (!matches!(self, ExecuteError::Domain(_))).then(|| Failure(self).to_string())
    }

    /// Converts the domain's own error, for example into the one error type of a program with several domains:
    /// `app.execute(command).await.map_err(|error| error.map_domain(ShopError::from))?`.
    pub fn map_domain<F>(self, map: impl FnOnce(E) -> F) -> ExecuteError<F> {
        match self {
            ExecuteError::Domain(error) => ExecuteError::Domain(map(error)),
            ExecuteError::Denied(denied) => ExecuteError::Denied(denied),
            ExecuteError::Conflict { conflict, attempts } => ExecuteError::Conflict { conflict, attempts },
            ExecuteError::UnknownOutcome(error) => ExecuteError::UnknownOutcome(error),
            ExecuteError::Store(error) => ExecuteError::Store(error),
            ExecuteError::Undecodable(error) => ExecuteError::Undecodable(error),
            ExecuteError::Encode(error) => ExecuteError::Encode(error),
            ExecuteError::Limit(error) => ExecuteError::Limit(error),
            ExecuteError::IdReused { id, position } => ExecuteError::IdReused { id, position },
            ExecuteError::KeyReused(reused) => ExecuteError::KeyReused(reused),
            ExecuteError::StreamClosed(closed) => ExecuteError::StreamClosed(closed),
            ExecuteError::Options(text) => ExecuteError::Options(text),
            ExecuteError::Key(text) => ExecuteError::Key(text),
            ExecuteError::Registry(error) => ExecuteError::Registry(error),
        }
    }
}

impl<E: fmt::Display> fmt::Display for ExecuteError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExecuteError::Domain(error) => error.fmt(f),
            other => Failure(other).fmt(f),
        }
    }
}

/// An error that is no refusal by the decider, so that it has a text whatever the domain's own error is.
struct Failure<'e, E>(&'e ExecuteError<E>);

impl<E> fmt::Display for Failure<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ExecuteError::Domain(_) => Ok(()),
            ExecuteError::Denied(denied) => denied.fmt(f),
            ExecuteError::Conflict { conflict, attempts: 1 } => write!(f, "conflict: {conflict}"),
            ExecuteError::Conflict { conflict, attempts } => {
                write!(f, "conflict after {attempts} attempts: {conflict}")
            }
            ExecuteError::UnknownOutcome(error) => write!(f, "the outcome of the append is unknown: {error}"),
            ExecuteError::Store(error) => error.fmt(f),
            ExecuteError::Undecodable(error) => error.fmt(f),
            ExecuteError::Encode(error) => error.fmt(f),
            ExecuteError::Limit(error) => error.fmt(f),
            ExecuteError::IdReused { id, position } => {
                write!(
                    f,
                    "the event id {id} belongs to another append, at position {position}\nhelp: to repeat an append, send \
                     all of its events again, in their order; to append others, give them new ids with `EventId::new()`"
                )
            }
            ExecuteError::KeyReused(reused) => reused.fmt(f),
            ExecuteError::StreamClosed(closed) => closed.fmt(f),
            ExecuteError::Options(text) => f.write_str(text),
            ExecuteError::Key(text) => f.write_str(text),
            ExecuteError::Registry(error) => error.fmt(f),
        }
    }
}

/// The domain's own error may be any type with `Display`, such as `&str`. It is not the `source` of this error; use
/// [`ExecuteError::domain`] to reach it.
impl<E: fmt::Debug + fmt::Display> Error for ExecuteError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ExecuteError::UnknownOutcome(error) | ExecuteError::Store(error) => error.source(),
            ExecuteError::Undecodable(error) => error.source(),
            ExecuteError::Encode(error) => error.source(),
            _ => None,
        }
    }
}

impl<E> From<AppendError> for ExecuteError<E> {
    fn from(error: AppendError) -> ExecuteError<E> {
        match error {
            AppendError::Conflict(conflict) => ExecuteError::Conflict { conflict, attempts: 1 },
            AppendError::Limit(limit) => ExecuteError::Limit(limit),
            AppendError::IdReused { id, position } => ExecuteError::IdReused { id, position },
            AppendError::StreamClosed(closed) => ExecuteError::StreamClosed(closed),
            AppendError::UnknownOutcome(error) => ExecuteError::UnknownOutcome(error),
            AppendError::Store(error) => ExecuteError::Store(error),
        }
    }
}

impl<E> From<StoreError> for ExecuteError<E> {
    fn from(error: StoreError) -> ExecuteError<E> {
        match error.limit() {
            Some(limit) => ExecuteError::Limit(limit.clone()),
            None => ExecuteError::Store(error),
        }
    }
}

impl<E> From<DecodeError> for ExecuteError<E> {
    fn from(error: DecodeError) -> ExecuteError<E> {
        ExecuteError::Undecodable(error)
    }
}

impl<E> From<FoldError> for ExecuteError<E> {
    fn from(error: FoldError) -> ExecuteError<E> {
        match error {
            FoldError::Store(error) => error.into(),
            FoldError::Decode(error) => ExecuteError::Undecodable(error),
        }
    }
}

impl<E> From<BindError> for ExecuteError<E> {
    fn from(error: BindError) -> ExecuteError<E> {
        ExecuteError::Key(error.0)
    }
}

/// The refusal of a command by a middleware.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Denied(String);

impl Denied {
    /// A refusal for this reason, which the caller gets to read.
    pub fn new(reason: impl Into<String>) -> Denied {
        Denied(reason.into())
    }
}

/// The reason.
impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Denied {}

/// Why a state could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The store failed.
    Store(StoreError),
    /// An event of the aggregate cannot be read.
    Undecodable(DecodeError),
    /// The key crosses a limit.
    Limit(LimitError),
    /// The key does not select one instance.
    Key(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Store(error) => error.fmt(f),
            LoadError::Undecodable(error) => error.fmt(f),
            LoadError::Limit(error) => error.fmt(f),
            LoadError::Key(text) => f.write_str(text),
        }
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            LoadError::Store(error) => error.source(),
            LoadError::Undecodable(error) => error.source(),
            LoadError::Limit(_) | LoadError::Key(_) => None,
        }
    }
}

impl From<FoldError> for LoadError {
    fn from(error: FoldError) -> LoadError {
        match error {
            FoldError::Store(error) => match error.limit() {
                Some(limit) => LoadError::Limit(limit.clone()),
                None => LoadError::Store(error),
            },
            FoldError::Decode(error) => LoadError::Undecodable(error),
        }
    }
}

impl From<BindError> for LoadError {
    fn from(error: BindError) -> LoadError {
        LoadError::Key(error.0)
    }
}

/// The error of a read after an append of this call, or of an earlier call with its idempotency key. It must not claim that
/// nothing was appended.
pub(super) fn unsettled<E>(error: ExecuteError<E>) -> ExecuteError<E> {
    match error {
        ExecuteError::Store(error) => ExecuteError::UnknownOutcome(error),
        ExecuteError::Undecodable(error) => ExecuteError::UnknownOutcome(unreadable_state(error)),
        error => error,
    }
}

/// The events are in the log, but a later event cannot be read by this program.
fn unreadable_state(error: DecodeError) -> StoreError {
    let text = format!("the new state cannot be read: {error}");
    StoreError::new(StoreErrorKind::Other, text).with_source(error)
}
