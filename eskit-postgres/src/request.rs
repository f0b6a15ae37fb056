use eskit_runtime::{Append, AppendError, Appended, StoreError, StoreErrorKind};
use tokio::sync::oneshot;

/// Bytes of one append: what one message to the server can hold with room to spare.
const APPEND_BYTES_MAX: usize = 512 * 1024 * 1024;

/// What an append is answered with.
pub(crate) type Answer = Result<Appended, AppendError>;

/// An append with what can be encoded before its turn.
pub(crate) struct Prepared {
    pub(crate) append: Append,
    /// The metadata of each event as JSON, `None` where it is empty; no entry at all when all are.
    pub(crate) metadata: Vec<Option<String>>,
    /// The size of the payloads and the metadata together.
    pub(crate) bytes: usize,
}

impl Prepared {
    /// Encodes the metadata, and refuses what is too large for one message.
    pub(crate) fn new(append: Append) -> Result<Prepared, StoreError> {
        let encode = |metadata: &eskit_runtime::Metadata| {
            if metadata.is_empty() { Ok(None) } else { serde_json::to_string(metadata).map(Some) }
        };
        let metadata: Vec<Option<String>> = if append.events.iter().all(|event| event.metadata.is_empty()) {
            Vec::new()
        } else {
            append.events.iter().map(|event| encode(&event.metadata)).collect::<Result<_, _>>().map_err(|error| {
                let text = format!("the metadata of an event cannot be encoded: {error}");
                StoreError::new(StoreErrorKind::Other, text).with_source(error)
            })?
        };
        let payloads = append.events.iter().map(|event| event.payload.len()).sum::<usize>();
        let bytes = payloads + metadata.iter().flatten().map(String::len).sum::<usize>();
        if bytes > APPEND_BYTES_MAX {
            let text = format!(
                "an append of {bytes} bytes is too large for one transaction of this store; append at most \
                 {APPEND_BYTES_MAX} bytes at once"
            );
            return Err(StoreError::new(StoreErrorKind::Invalid, text));
        }
        Ok(Prepared { append, metadata, bytes })
    }
}

/// One append on its way through the queue.
pub(crate) struct Request {
    pub(crate) prepared: Prepared,
    pub(crate) reply: oneshot::Sender<Answer>,
}

impl Request {
    /// Answers the caller, who may have gone away.
    pub(crate) fn answer(self, answer: Answer) {
        let _ = self.reply.send(answer);
    }
}
