//! Personal data: sealed in the log with a key for each subject, and unreadable for good once the subject is forgotten.
//!
//! Fields of events that say `#[personal(subject = "..")]` are sealed on their way into the log, and opened on their way out of it, by
//! a [`Vault`]. Programs see them as they are; stores, backups, exports and the command line see them sealed.
//!
//! | to | use |
//! |---|---|
//! | seal and open in an app | [`App::with_vault`](crate::App::with_vault) |
//! | forget a subject | [`App::forget`](crate::App::forget); projections get [`SubjectForgotten`] |
//! | seal and open without an app, such as in an import | [`layer::Sealing`](crate::layer::Sealing) |
//! | keep keys | [`MemoryKeyStore`], `SqliteKeyStore`, `PostgresKeyStore`; elsewhere: [`KeyStore`] |
//! | wrap keys | [`LocalMasterKey`]; with a key management service: [`MasterKey`] |
//! | change the master key | [`Vault::with_former_master`], [`Vault::rewrap`] |
//!
//! # How a value is sealed
//!
//! With AES-256-GCM-SIV (RFC 8452). In the payload, `{"$sealed":"..","forgotten":..}` stands in the place of the value. The text is
//! base64url, without padding, of one byte of format (1), the id of the key, and the ciphertext with its tag. The plaintext is the JSON
//! of the value, then the byte `0x80`, then zeros up to a multiple of 16 bytes. The nonce are the last 12 bytes of the id of the event, so
//! that the same event is sealed to the same bytes when an append is tried again. The format, the id, name and version of the event, the
//! path of the value and the id of the key are authenticated with it: a value that was changed, or moved to another event or field, does
//! not open. `forgotten` is what readers get once the subject is forgotten; it is left out if that is `null`.

mod cached;
mod cipher;
mod data_key;
mod erased;
mod forgotten;
mod form;
mod keys;
mod master;
mod memory;
mod opening;
mod random;

pub use data_key::DataKey;
pub use eskit_runtime::vault::*;
pub use forgotten::{Forgotten, SubjectForgotten};
pub use keys::{Rewrapped, Vault};
pub use master::{LocalMasterKey, MasterKey, MasterKeyError};
pub use memory::MemoryKeyStore;
pub(crate) use opening::{open_all, seal_all};
