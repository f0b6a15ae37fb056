use std::fmt;
use std::future::Future;
use std::path::Path;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::vault::KeyId;
use zeroize::{Zeroize, Zeroizing};

use super::cipher::{Cipher, NONCE, TAG};
use super::data_key::DataKey;
use super::random;

/// The first byte of a key that [`LocalMasterKey`] wrapped.
const FORMAT: u8 = 1;
/// Bytes before the ciphertext: the format and the nonce.
const HEAD: usize = 1 + NONCE;

/// The key that wraps the keys of subjects: in the memory of this process, as [`LocalMasterKey`], or in a key management service, which
/// is asked once for each key and not for each value.
pub trait MasterKey: Send + Sync + 'static {
    /// Its id, which stands beside each key that it wraps. Give each master key another one, such as `2026-11`.
    fn id(&self) -> &str;

    /// Wraps the key of a subject. Bind it to its id, so that it cannot be put in the place of another one.
    ///
    /// # Errors
    /// The service failed: [`Unavailable`](StoreErrorKind::Unavailable) if trying again may help.
    fn wrap(&self, key: &DataKey, id: KeyId) -> impl Future<Output = Result<Vec<u8>, StoreError>> + Send;

    /// Unwraps the key of a subject.
    ///
    /// # Errors
    /// The service failed, or this is not what it wrapped for this id: [`Corrupt`](StoreErrorKind::Corrupt).
    fn unwrap(&self, wrapped: &[u8], id: KeyId) -> impl Future<Output = Result<DataKey, StoreError>> + Send;
}

/// A master key of 256 bits in the memory of this process. It wraps keys with AES-256-GCM-SIV, each with a random nonce.
///
/// ```
/// use eskit::vault::LocalMasterKey;
///
/// let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// let master = LocalMasterKey::from_hex("2026-11", hex)?;
/// # Ok::<(), eskit::vault::MasterKeyError>(())
/// ```
pub struct LocalMasterKey {
    id: String,
    cipher: Cipher,
}

impl LocalMasterKey {
    /// The master key with these bytes, which must be random.
    pub fn from_bytes(id: impl Into<String>, mut bytes: [u8; 32]) -> LocalMasterKey {
        let cipher = Cipher::new(&bytes);
        bytes.zeroize();
        LocalMasterKey { id: id.into(), cipher }
    }

    /// The master key that is written as 64 hexadecimal digits: what `openssl rand -hex 32` prints.
    ///
    /// # Errors
    /// The text is no such key. The error does not quote it.
    pub fn from_hex(id: impl Into<String>, text: &str) -> Result<LocalMasterKey, MasterKeyError> {
        let text = text.trim().as_bytes();
        let mut bytes = Zeroizing::new([0; 32]);
        if text.len() != 2 * bytes.len() {
            return Err(MasterKeyError::of(&format!("it has {} characters", text.len())));
        }
        for (byte, pair) in bytes.iter_mut().zip(text.chunks(2)) {
            let digits = pair.iter().map(|digit| char::from(*digit).to_digit(16)).collect::<Option<Vec<u32>>>();
            let value = digits.map(|digits| digits.iter().fold(0, |value, digit| value * 16 + digit));
            *byte =
                value.and_then(|value| u8::try_from(value).ok()).ok_or_else(|| MasterKeyError::of("it has others"))?;
        }
        Ok(LocalMasterKey::from_bytes(id, *bytes))
    }

    /// The master key in this file, as [`LocalMasterKey::from_hex`] reads it. Only the program should be able to read the file.
    ///
    /// # Errors
    /// The file cannot be read, or holds no such key.
    pub fn from_file(id: impl Into<String>, path: impl AsRef<Path>) -> Result<LocalMasterKey, MasterKeyError> {
        let path = path.as_ref();
        let place = |error: &dyn fmt::Display| format!("the file `{}`: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| MasterKeyError { text: place(&error) })?;
        let text = Zeroizing::new(text);
        LocalMasterKey::from_hex(id, &text).map_err(|error| MasterKeyError { text: place(&error.text) })
    }

    fn wrap_now(&self, key: &DataKey, id: KeyId) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE];
        random::fill(&mut nonce)?;
        let mut bytes = Vec::with_capacity(HEAD + 32 + TAG);
        bytes.push(FORMAT);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(key.as_bytes());
        let wrapped = self.cipher.seal(nonce, &authenticated(id), &mut bytes, HEAD);
        wrapped.map(|()| bytes).ok_or_else(|| StoreError::new(StoreErrorKind::Other, "the key is too long"))
    }

    fn unwrap_now(&self, wrapped: &[u8], id: KeyId) -> Result<DataKey, StoreError> {
        let refuse = || {
            let text = format!(
                "key {id} was not wrapped by this master key `{}`, or is damaged\nhelp: open the vault with the master key that wrapped it; \
                 give each master key an id of its own",
                self.id
            );
            StoreError::new(StoreErrorKind::Corrupt, text)
        };
        let (head, wrapped) = wrapped.split_first_chunk::<HEAD>().ok_or_else(refuse)?;
        let (format, nonce) = head.split_first().ok_or_else(refuse)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| refuse())?;
        let mut bytes = Zeroizing::new(wrapped.to_vec());
        let opened = self.cipher.open(nonce, &authenticated(id), &mut bytes).map_err(|_| refuse())?;
        let key: &[u8; 32] = (&*opened).try_into().map_err(|_| refuse())?;
        if *format == FORMAT { Ok(DataKey::from_bytes(key)) } else { Err(refuse()) }
    }
}

/// What a wrapped key is bound to.
fn authenticated(id: KeyId) -> Vec<u8> {
    [b"eskit key ".as_slice(), id.as_bytes()].concat()
}

impl MasterKey for LocalMasterKey {
    fn id(&self) -> &str {
        &self.id
    }

    async fn wrap(&self, key: &DataKey, id: KeyId) -> Result<Vec<u8>, StoreError> {
        self.wrap_now(key, id)
    }

    async fn unwrap(&self, wrapped: &[u8], id: KeyId) -> Result<DataKey, StoreError> {
        self.unwrap_now(wrapped, id)
    }
}

impl fmt::Debug for LocalMasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalMasterKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A master key that cannot be read.
#[derive(Debug)]
pub struct MasterKeyError {
    text: String,
}

impl MasterKeyError {
    fn of(found: &str) -> MasterKeyError {
        let help = "make one with `openssl rand -hex 32`";
        MasterKeyError { text: format!("a master key is 64 hexadecimal digits, and {found}\nhelp: {help}") }
    }
}

impl fmt::Display for MasterKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for MasterKeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_unwrapped_only_by_its_master_and_for_its_id() {
        let [one, other] = [1, 2].map(|byte| LocalMasterKey::from_bytes("m", [byte; 32]));
        let (id, key) = (KeyId::from_bytes([3; 16]), DataKey::from_bytes(&[4; 32]));
        let wrapped = one.wrap_now(&key, id).unwrap();
        assert_eq!(one.unwrap_now(&wrapped, id).unwrap().as_bytes(), key.as_bytes());
        assert_ne!(wrapped, one.wrap_now(&key, id).unwrap(), "each time with another nonce");
        assert!(other.unwrap_now(&wrapped, id).is_err());
        assert!(one.unwrap_now(&wrapped, KeyId::from_bytes([5; 16])).is_err());
        for index in 0..wrapped.len() {
            let mut flipped = wrapped.clone();
            flipped[index] ^= 1;
            assert!(one.unwrap_now(&flipped, id).is_err(), "byte {index}");
        }
        assert!(one.unwrap_now(&[], id).is_err());
        assert!(!format!("{one:?} {key:?}").contains(char::is_numeric), "{one:?} {key:?}");
    }

    #[test]
    fn a_master_key_is_read_from_hexadecimal_digits_and_never_quoted() {
        let hex = "00ff".repeat(16);
        let read = LocalMasterKey::from_hex("m", &format!("{hex}\n")).unwrap();
        let (id, key) = (KeyId::from_bytes([3; 16]), DataKey::from_bytes(&[4; 32]));
        let same = LocalMasterKey::from_bytes("m", [[0, 255]; 16].concat().try_into().unwrap());
        assert!(same.unwrap_now(&read.wrap_now(&key, id).unwrap(), id).is_ok());
        for wrong in ["", "cafe", &format!("{}xy", &hex[2..]), &format!("{}\u{e9}", &hex[2..])] {
            let text = LocalMasterKey::from_hex("m", wrong).unwrap_err().to_string();
            assert!(text.contains("64 hexadecimal digits") && !text.contains("00ff"), "{text}");
        }
    }
}
