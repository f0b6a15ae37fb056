//! Keys of personal data: what a key store keeps, and what a vault asks of it.
//!
//! Each subject of personal data has a key, with which its values in the log are sealed. A key store keeps these keys, each wrapped by a
//! master key, and apart from the log. When a subject is forgotten, its keys are destroyed, and nothing opens its values again. Nothing
//! here encrypts: a key store sees wrapped keys only.

mod key;
mod key_store;

pub use key::{KeyId, KeyIdError, StoredKey, WrappedKey};
pub use key_store::{KEYS_PER_PAGE, KeyStore};
