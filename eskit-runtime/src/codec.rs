//! Payloads: how events and stored commands are encoded and decoded, and the errors of both. Programs meet the errors only.

pub(crate) mod decode_error;
pub(crate) mod encode;
pub(crate) mod encoded;
pub(crate) mod error;
pub(crate) mod json;
pub(crate) mod kind;
pub(crate) mod upcast;

pub use decode_error::{DecodeError, DecodeReason};
pub use encode::{EncodeError, EncodeReason};
pub use error::CodecError;
pub use kind::PayloadKind;
pub use upcast::UpcastError;
