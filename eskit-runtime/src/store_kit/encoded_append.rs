use crate::log::append::Append;
use crate::log::store::error::StoreError;
use crate::log::time::Timestamp;
use crate::store_kit::envelope::Envelope;

/// An append with the encoded [envelopes](Envelope) of its events. It can be prepared before the append's turn to write.
#[derive(Clone, Debug)]
pub struct EncodedAppend {
    /// The append.
    pub append: Append,
    /// The envelope of each event.
    pub envelopes: Vec<Vec<u8>>,
    bytes: usize,
}

impl EncodedAppend {
    /// Encodes the envelopes of an append, which must be within the limits.
    ///
    /// # Errors
    /// As [`Envelope::encode_all`].
    pub fn new(append: Append) -> Result<EncodedAppend, StoreError> {
        let envelopes = Envelope::encode_all(&append.events)?;
        let payloads = append.events.iter().map(|event| event.payload.len()).sum::<usize>();
        let bytes = payloads + envelopes.iter().map(Vec::len).sum::<usize>();
        Ok(EncodedAppend { append, envelopes, bytes })
    }

    /// The bytes of the payloads and the envelopes together.
    pub fn size_bytes(&self) -> usize {
        self.bytes
    }

    /// Sets this time on the events that have none of their own.
    pub fn stamp(&mut self, now: Timestamp) {
        for (event, envelope) in self.append.events.iter().zip(&mut self.envelopes) {
            if event.recorded_at.is_none() {
                Envelope::stamp(envelope, now);
            }
        }
    }
}
