use std::fmt;
use std::str::FromStr;

use crate::log::{LogId, Subject};

/// The id of a key: 16 random bytes, which stand in each value that the key sealed. As text 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 16]);

impl KeyId {
    /// The id with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> KeyId {
        KeyId(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;
    fn from_str(text: &str) -> Result<KeyId, KeyIdError> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| is_hex).ok_or(KeyIdError)?;
        Ok(KeyId(number.to_be_bytes()))
    }
}

/// A text is no id of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyIdError;

impl fmt::Display for KeyIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id of a key is 32 hexadecimal digits")
    }
}

impl std::error::Error for KeyIdError {}

/// A key of a subject, as a key store keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredKey {
    /// Its id.
    pub id: KeyId,
    /// The log whose values it seals. Each tenant of a log has an id of its own.
    pub log: LogId,
    /// Whose key it is.
    pub subject: Subject,
    /// The key; `None` once it is destroyed, which is for ever.
    pub wrapped: Option<WrappedKey>,
}

/// A key that only a master key unwraps.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The id of the master key.
    pub master: String,
    /// What the master key made of the key.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappedKey").field("master", &self.master).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_from_its_text_and_a_wrapped_key_is_not_shown() {
        let id = KeyId::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(id.to_string(), "000102030405060708090a0b0c0d0eff");
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "00", "+00102030405060708090a0b0c0d0eff", "000102030405060708090a0b0c0d0exy"] {
            assert_eq!(wrong.parse::<KeyId>(), Err(KeyIdError), "{wrong}");
        }
        let wrapped = WrappedKey { master: "m1".into(), bytes: vec![171; 4] };
        assert_eq!(format!("{wrapped:?}"), "WrappedKey { master: \"m1\", .. }");
    }
}
