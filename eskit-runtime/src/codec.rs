//! Payloads: how events and stored commands are encoded and decoded, and the errors of both. Programs meet the errors only.

#[cfg(feature = "cbor")]
mod cbor;
pub(crate) mod convert;
pub(crate) mod decode_error;
pub(crate) mod encode;
pub(crate) mod encoded;
pub(crate) mod error;
pub(crate) mod json;
pub(crate) mod kept;
pub(crate) mod kind;
pub(crate) mod protobuf;
pub(crate) mod recode;
pub(crate) mod sealed;
pub(crate) mod upcast;

#[cfg(feature = "cbor")]
pub(crate) use cbor::read as read_cbor;
pub use decode_error::{DecodeError, DecodeReason};
pub use encode::{EncodeError, EncodeReason};
pub use error::CodecError;
pub use kind::PayloadKind;
pub use recode::RecodeError;
pub use sealed::{SealedPayload, SealedValue};
pub use upcast::UpcastError;
