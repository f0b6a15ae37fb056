use std::sync::Arc;

use eskit_runtime::StoreError;
use eskit_runtime::log::{
    AddTagsError, AddedTags, AppendError, Appended, Place, StreamChange, StreamError, StreamId, StreamStatus,
};
use eskit_runtime::store_kit::{EncodedAppend, contain};
use eskit_runtime::transfer::LoadError;
use tokio::sync::oneshot;

use crate::append::batch::Batch;
use crate::append::lifecycle;
use crate::append::load::{self, EncodedLoad};
use crate::append::retag;
use crate::append::seal;
use crate::append::synchronous::Synchronous;
use crate::error::Fault;

/// One call on its way to the writer.
pub(crate) enum Request {
    Append(EncodedAppend, Reply<Appended, AppendError>),
    Change(StreamId, StreamChange, Reply<StreamStatus, StreamError>),
    AddTags(Vec<AddedTags>, Reply<u64, AddTagsError>),
    Load(EncodedLoad, Reply<Place, LoadError>),
    /// Whether the log is to take no writes from now on.
    Seal(bool, Reply<Place, StoreError>),
    /// From the answer on, all appends hand their events to this projection.
    Project(Arc<Synchronous>, Reply<(), StoreError>),
}

/// Who waits for an answer, and the answer, which is told once the transaction has ended.
pub(crate) struct Reply<T, E> {
    caller: Option<oneshot::Sender<Result<T, E>>>,
    answer: Option<Result<T, E>>,
}

impl<T, E> Reply<T, E> {
    pub(crate) fn new(caller: oneshot::Sender<Result<T, E>>) -> Reply<T, E> {
        Reply { caller: Some(caller), answer: None }
    }

    fn tell(&mut self, answer: Option<Result<T, E>>) {
        if let (Some(caller), Some(answer)) = (self.caller.take(), answer) {
            // A caller that went away in the meantime may have been served all the same.
            let _ = contain(|| caller.send(answer));
        }
    }
}

impl Request {
    /// The bytes that it writes; what a batch is measured in, as in events.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Request::Append(encoded, _) => encoded.size_bytes(),
            Request::Change(..) | Request::Seal(..) | Request::Project(..) => 0,
            Request::AddTags(added, _) => added.iter().map(|added| added.tags.as_packed().len()).sum(),
            Request::Load(encoded, _) => encoded.size_bytes(),
        }
    }

    /// How many events it writes.
    pub(crate) fn events(&self) -> usize {
        match self {
            Request::Append(encoded, _) => encoded.append.events.len(),
            Request::Change(..) | Request::Seal(..) | Request::Project(..) => 1,
            Request::AddTags(added, _) => added.len(),
            Request::Load(encoded, _) => encoded.events(),
        }
    }

    /// Does the work within a transaction, and keeps the answer. A fault means that the whole transaction must be rolled
    /// back.
    pub(crate) fn run(&mut self, batch: &mut Batch<'_, '_>) -> Result<(), Fault> {
        match self {
            Request::Append(encoded, reply) => reply.answer = Some(batch.append(encoded)?),
            Request::Change(stream, change, reply) => {
                reply.answer = Some(lifecycle::change(&mut batch.log, stream, change)?);
            }
            Request::AddTags(added, reply) => reply.answer = Some(retag::add(&mut batch.log, added)?),
            Request::Load(encoded, reply) => reply.answer = Some(load::load(batch, encoded)?),
            Request::Seal(to_seal, reply) => reply.answer = Some(Ok(seal::set(&mut batch.log, *to_seal)?)),
            Request::Project(projection, reply) => reply.answer = Some(batch.projections.add(projection)?),
        }
        Ok(())
    }

    /// Tells the caller the answer, after the commit.
    pub(crate) fn committed(&mut self) {
        match self {
            Request::Append(_, reply) => {
                let answer = reply.answer.take();
                reply.tell(answer);
            }
            Request::Change(_, _, reply) => {
                let answer = reply.answer.take();
                reply.tell(answer);
            }
            Request::AddTags(_, reply) => {
                let answer = reply.answer.take();
                reply.tell(answer);
            }
            Request::Load(_, reply) => {
                let answer = reply.answer.take();
                reply.tell(answer);
            }
            Request::Seal(_, reply) => {
                let answer = reply.answer.take();
                reply.tell(answer);
            }
            Request::Project(_, reply) => {
                let answer = reply.answer.take();
                reply.tell(answer);
            }
        }
    }

    /// Tells the caller that the transaction did not commit, or may not have when `is_ambiguous`.
    pub(crate) fn failed(&mut self, error: StoreError, is_ambiguous: bool) {
        match self {
            Request::Append(_, reply) => {
                // A refusal may rest on what an earlier append of the same transaction wrote: it does not stand either.
                let would_be_there = matches!(reply.answer, Some(Ok(_)));
                let error = if is_ambiguous && would_be_there {
                    AppendError::UnknownOutcome(error)
                } else {
                    AppendError::Store(error)
                };
                reply.tell(Some(Err(error)));
            }
            Request::Change(_, _, reply) => reply.tell(Some(Err(StreamError::Store(error)))),
            Request::AddTags(_, reply) => reply.tell(Some(Err(AddTagsError::Store(error)))),
            Request::Load(_, reply) => reply.tell(Some(Err(LoadError::Store(error)))),
            Request::Seal(_, reply) => reply.tell(Some(Err(error))),
            Request::Project(_, reply) => reply.tell(Some(Err(error))),
        }
    }
}
