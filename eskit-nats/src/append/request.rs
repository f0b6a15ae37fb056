use eskit_runtime::StoreError;
use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, Place, StreamChange, StreamError, StreamId, StreamStatus,
};
use eskit_runtime::transfer::{Load, LoadError};
use tokio::sync::oneshot;

use crate::error::Fault;

/// Where the answer to a request goes.
pub(crate) type Reply<T, E> = oneshot::Sender<Result<T, E>>;

/// What a caller wants to write.
#[derive(Debug)]
pub(crate) enum Request {
    Append(Append, Reply<Appended, AppendError>),
    Change(StreamId, StreamChange, Reply<StreamStatus, StreamError>),
    Tags(Vec<AddedTags>, Reply<u64, AddTagsError>),
    Load(Load, Reply<Place, LoadError>),
    /// Seals the log, or lets it take writes again.
    Seal(bool, Reply<Place, StoreError>),
}

/// What a request came to.
#[derive(Debug)]
pub(crate) enum Answer {
    Append(Result<Appended, AppendError>),
    Change(Result<StreamStatus, StreamError>),
    Tags(Result<u64, AddTagsError>),
    Load(Result<Place, LoadError>),
    Seal(Result<Place, StoreError>),
}

impl Request {
    /// The append, if it is one.
    pub(crate) fn append(&self) -> Option<&Append> {
        match self {
            Request::Append(append, _) => Some(append),
            _ => None,
        }
    }

    /// Whether its caller has gone away.
    pub(crate) fn is_given_up(&self) -> bool {
        match self {
            Request::Append(_, reply) => reply.is_closed(),
            Request::Change(_, _, reply) => reply.is_closed(),
            Request::Tags(_, reply) => reply.is_closed(),
            Request::Load(_, reply) => reply.is_closed(),
            Request::Seal(_, reply) => reply.is_closed(),
        }
    }

    /// Answers it. An answer of another kind is not given.
    pub(crate) fn answer(self, answer: Answer) {
        // The caller may have gone away.
        match (self, answer) {
            (Request::Append(_, reply), Answer::Append(answer)) => drop(reply.send(answer)),
            (Request::Change(_, _, reply), Answer::Change(answer)) => drop(reply.send(answer)),
            (Request::Tags(_, reply), Answer::Tags(answer)) => drop(reply.send(answer)),
            (Request::Load(_, reply), Answer::Load(answer)) => drop(reply.send(answer)),
            (Request::Seal(_, reply), Answer::Seal(answer)) => drop(reply.send(answer)),
            (_, _) => {}
        }
    }

    /// Answers it with a fault. `is_open` says whether it may have been written all the same.
    pub(crate) fn fail(self, fault: &Fault, is_open: bool) {
        let error = StoreError::from(fault.clone());
        let answer = match &self {
            Request::Append(..) if is_open => Answer::Append(Err(AppendError::UnknownOutcome(error))),
            Request::Append(..) => Answer::Append(Err(error.into())),
            Request::Change(..) => Answer::Change(Err(error.into())),
            Request::Tags(..) => Answer::Tags(Err(error.into())),
            Request::Load(..) => Answer::Load(Err(error.into())),
            Request::Seal(..) => Answer::Seal(Err(error)),
        };
        self.answer(answer);
    }
}
