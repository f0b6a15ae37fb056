//! The bytes of a sealed value.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use eskit_runtime::log::{EventId, SchemaVersion, StoreErrorKind, Tags, WireName};
use eskit_runtime::vault::KeyId;
use eskit_runtime::{RecordedEvent, StoreError};

use super::cipher::{Cipher, NONCE, TAG};
use crate::tenant::id_within;

/// The first byte of a sealed value.
const FORMAT: u8 = 1;
/// Bytes before the ciphertext: the format and the id of the key.
const HEAD: usize = 1 + 16;
/// The plaintext is filled up to a multiple of this, so that its length says less.
const BLOCK: usize = 16;
/// What stands after the plaintext, before zeros.
const END: u8 = 0x80;

/// A key that is ready to seal and to open.
pub(super) struct ReadyKey {
    pub(super) id: KeyId,
    pub(super) cipher: Cipher,
}

/// The event that a sealed value is bound to.
pub(super) struct Bound<'e> {
    id: EventId,
    name: &'e WireName,
    version: SchemaVersion,
}

impl<'e> Bound<'e> {
    pub(super) fn to_recorded(event: &'e RecordedEvent) -> Bound<'e> {
        Bound::to(event.id, &event.tags, &event.name, event.schema_version)
    }

    /// A tenant may know its events by other ids than the log does: the value is bound to that of the tenant.
    pub(super) fn to(id: EventId, tags: &Tags, name: &'e WireName, version: SchemaVersion) -> Bound<'e> {
        Bound { id: id_within(tags, id), name, version }
    }

    fn nonce(&self) -> [u8; NONCE] {
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&self.id.as_bytes()[16 - NONCE..]);
        nonce
    }

    /// What the tag of a value at this path covers beside the value. Every part has a fixed length, or its length before it.
    fn authenticated(&self, path: &str, key: KeyId) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + self.name.len() + path.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(&self.version.get().to_be_bytes());
        bytes.extend_from_slice(key.as_bytes());
        for text in [self.name.as_str(), path] {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }
}

/// Seals the JSON text of a value.
pub(super) fn seal(key: &ReadyKey, event: &Bound<'_>, path: &str, json: &str) -> Result<String, StoreError> {
    let mut bytes = Vec::with_capacity(HEAD + json.len() + BLOCK + TAG);
    bytes.push(FORMAT);
    bytes.extend_from_slice(key.id.as_bytes());
    bytes.extend_from_slice(json.as_bytes());
    bytes.push(END);
    let padded = (bytes.len() - HEAD).next_multiple_of(BLOCK);
    bytes.resize(HEAD + padded, 0);
    let sealed = key.cipher.seal(event.nonce(), &event.authenticated(path, key.id), &mut bytes, HEAD);
    sealed.ok_or_else(|| StoreError::new(StoreErrorKind::Invalid, "it is too long to be sealed"))?;
    Ok(BASE64.encode(bytes))
}

/// The bytes of a sealed value, not opened yet.
pub(super) struct Sealed(Vec<u8>);

impl Sealed {
    /// Reads the text of a sealed value; otherwise says what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Sealed, &'static str> {
        let bytes = BASE64.decode(text).map_err(|_| "it is damaged: it is no base64url")?;
        match bytes.first() {
            Some(&FORMAT) if bytes.len() >= HEAD + BLOCK + TAG => Ok(Sealed(bytes)),
            Some(&FORMAT) | None => Err("it is damaged: it is too short"),
            Some(_) => Err("it is damaged, or was sealed by a newer version of eskit"),
        }
    }

    /// The key that opens it.
    pub(super) fn key(&self) -> KeyId {
        let id = self.0.get(1..).and_then(|rest| rest.first_chunk::<16>());
        KeyId::from_bytes(id.copied().unwrap_or_default())
    }

    /// Opens it: the JSON text of the value.
    pub(super) fn open(mut self, key: &ReadyKey, event: &Bound<'_>, path: &str) -> Result<String, &'static str> {
        let changed = "it was changed, or sealed for another event or field";
        if self.key() != key.id {
            return Err(changed);
        }
        let authenticated = event.authenticated(path, key.id);
        let sealed = self.0.get_mut(HEAD..).unwrap_or_default();
        let opened = key.cipher.open(event.nonce(), &authenticated, sealed);
        let padded = opened.map_err(|_| changed)?;
        let end = padded.iter().rposition(|byte| *byte != 0).filter(|end| padded.get(*end) == Some(&END));
        let json = end.and_then(|end| padded.get(..end)).and_then(|json| std::str::from_utf8(json).ok());
        json.map(str::to_owned).ok_or("what was sealed is no text")
    }
}

#[cfg(test)]
mod tests {
    use eskit_runtime::log::NewEvent;

    use super::*;

    fn bound(event: &NewEvent) -> Bound<'_> {
        Bound::to(event.id, &event.tags, &event.name, event.schema_version)
    }

    fn key(byte: u8) -> ReadyKey {
        ReadyKey { id: KeyId::from_bytes([byte; 16]), cipher: Cipher::new(&[byte; 32]) }
    }

    fn opened(text: &str, event: &NewEvent, path: &str) -> Result<String, &'static str> {
        Sealed::read(text)?.open(&key(7), &bound(event), path)
    }

    #[test]
    fn a_value_opens_as_it_was_and_an_event_is_always_sealed_to_the_same_bytes() {
        let event = NewEvent::json("campus.Registered", "{}");
        for json in ["null", "\"\"", "\"Ada Lovelace\"", "\"15 bytes long\"", "{\"a\":[1,2,3]}", "\"\u{80}\\u0000\""] {
            let sealed = seal(&key(7), &bound(&event), "/name", json).unwrap();
            assert_eq!(sealed, seal(&key(7), &bound(&event), "/name", json).unwrap());
            assert_eq!(opened(&sealed, &event, "/name").as_deref(), Ok(json));
            assert_eq!((BASE64.decode(&sealed).unwrap().len() - HEAD - TAG) % BLOCK, 0);
        }
    }

    #[test]
    fn a_value_that_was_changed_or_moved_does_not_open() {
        let event = NewEvent::json("campus.Registered", "{}");
        let sealed = seal(&key(7), &bound(&event), "/name", "\"Ada\"").unwrap();
        let bytes = BASE64.decode(&sealed).unwrap();
        for index in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[index] ^= 1 << bit;
                assert!(opened(&BASE64.encode(flipped), &event, "/name").is_err(), "bit {bit} of byte {index}");
            }
        }
        for cut in 0..bytes.len() {
            assert!(opened(&BASE64.encode(&bytes[..cut]), &event, "/name").is_err(), "{cut} bytes");
        }
        let others = [
            event.clone().with_id(EventId::new()),
            event.clone().with_name("campus.Enrolled"),
            event.clone().with_schema_version(SchemaVersion::new(2).unwrap()),
        ];
        for other in others {
            assert!(opened(&sealed, &other, "/name").is_err(), "{other:?}");
        }
        assert!(opened(&sealed, &event, "/email").is_err());
        assert!(Sealed::read(&sealed).unwrap().open(&key(8), &bound(&event), "/name").is_err());
        let renamed = ReadyKey { id: KeyId::from_bytes([8; 16]), ..key(7) };
        assert!(Sealed::read(&sealed).unwrap().open(&renamed, &bound(&event), "/name").is_err());
    }
}
