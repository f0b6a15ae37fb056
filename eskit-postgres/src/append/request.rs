use eskit_runtime::log::{AppendError, Appended};
use eskit_runtime::store_kit::{EncodedAppend, contain};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// What an append is answered with.
pub(crate) type Answer = Result<Appended, AppendError>;

/// One append on its way through the queue.
pub(crate) struct Request {
    pub(crate) encoded: EncodedAppend,
    pub(crate) reply: oneshot::Sender<Answer>,
    /// Its place in the queue, which it keeps until it is answered.
    pub(crate) place: OwnedSemaphorePermit,
}

impl Request {
    /// Answers the caller, who may have gone away, or may panic as it is woken: others are still to be answered.
    pub(crate) fn answer(self, answer: Answer) {
        let Request { reply, place, .. } = self;
        let _ = contain(|| reply.send(answer));
        // Wakes a caller that waits for a place.
        let _ = contain(|| drop(place));
    }
}
