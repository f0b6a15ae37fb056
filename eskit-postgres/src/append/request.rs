use eskit_runtime::store_kit::EncodedAppend;
use eskit_runtime::{AppendError, Appended};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// What an append is answered with.
pub(crate) type Answer = Result<Appended, AppendError>;

/// One append on its way through the queue.
pub(crate) struct Request {
    pub(crate) encoded: EncodedAppend,
    pub(crate) reply: oneshot::Sender<Answer>,
    /// Its place in the queue, which it keeps until it is answered.
    #[expect(dead_code, reason = "given back when it is dropped")]
    pub(crate) place: OwnedSemaphorePermit,
}

impl Request {
    /// Answers the caller, who may have gone away.
    pub(crate) fn answer(self, answer: Answer) {
        let _ = self.reply.send(answer);
    }
}
