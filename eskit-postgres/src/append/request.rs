use eskit_runtime::store_kit::EncodedAppend;
use eskit_runtime::{Append, AppendError, Appended, StoreError, StoreErrorKind};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Bytes of one append: what one message to the server can hold with room to spare.
const APPEND_BYTES_MAX: usize = 512 * 1024 * 1024;

/// What an append is answered with.
pub(crate) type Answer = Result<Appended, AppendError>;

/// Encodes the envelopes of an append, and refuses what is too large for one message.
pub(crate) fn encode(append: Append) -> Result<EncodedAppend, StoreError> {
    let encoded = EncodedAppend::new(append)?;
    let bytes = encoded.size_bytes();
    if bytes > APPEND_BYTES_MAX {
        let text = format!(
            "an append of {bytes} bytes is too large for one transaction of this store; append at most \
             {APPEND_BYTES_MAX} bytes at once"
        );
        return Err(StoreError::new(StoreErrorKind::Invalid, text));
    }
    Ok(encoded)
}

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
