use eskit_runtime::store_kit::Envelope;
use eskit_runtime::{Append, StoreError};

/// An append, with what can be encoded before the writer's turn.
pub(crate) struct EncodedAppend {
    pub(crate) append: Append,
    /// The envelope of each event.
    pub(crate) envelopes: Vec<Vec<u8>>,
    /// The size of the payloads and the envelopes together.
    pub(crate) bytes: usize,
}

impl EncodedAppend {
    pub(crate) fn new(append: Append) -> Result<EncodedAppend, StoreError> {
        let envelopes = Envelope::encode_all(&append.events)?;
        let payloads = append.events.iter().map(|event| event.payload.len()).sum::<usize>();
        let bytes = payloads + envelopes.iter().map(Vec::len).sum::<usize>();
        Ok(EncodedAppend { append, envelopes, bytes })
    }
}
