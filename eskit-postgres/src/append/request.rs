use eskit_runtime::store_kit::Envelope;
use eskit_runtime::{Append, AppendError, Appended, StoreError, StoreErrorKind, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Bytes of one append: what one message to the server can hold with room to spare.
const APPEND_BYTES_MAX: usize = 512 * 1024 * 1024;

/// What an append is answered with.
pub(crate) type Answer = Result<Appended, AppendError>;

/// An append with what can be encoded before its turn.
pub(crate) struct Prepared {
    pub(crate) append: Append,
    /// The envelope of each event.
    pub(crate) envelopes: Vec<Vec<u8>>,
    /// The size of the payloads and the envelopes together.
    pub(crate) bytes: usize,
}

impl Prepared {
    /// Encodes the envelopes, and refuses what is too large for one message.
    pub(crate) fn new(append: Append) -> Result<Prepared, StoreError> {
        let envelopes = Envelope::encode_all(&append.events)?;
        let payloads = append.events.iter().map(|event| event.payload.len()).sum::<usize>();
        let bytes = payloads + envelopes.iter().map(Vec::len).sum::<usize>();
        if bytes > APPEND_BYTES_MAX {
            let text = format!(
                "an append of {bytes} bytes is too large for one transaction of this store; append at most \
                 {APPEND_BYTES_MAX} bytes at once"
            );
            return Err(StoreError::new(StoreErrorKind::Invalid, text));
        }
        Ok(Prepared { append, envelopes, bytes })
    }

    /// Gives the events that bring no time of their own this one.
    pub(crate) fn stamp(&mut self, now: Timestamp) {
        for (event, envelope) in self.append.events.iter().zip(&mut self.envelopes) {
            if event.recorded_at.is_none() {
                Envelope::stamp(envelope, now);
            }
        }
    }
}

/// One append on its way through the queue.
pub(crate) struct Request {
    pub(crate) prepared: Prepared,
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
