//! Protobuf, through the types of prost.

use crate::codec::error::CodecError;

/// What can be written as Protobuf and read back: whatever is a `prost::Message`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as Protobuf\nhelp: add `prost::Message` to its derives, beside `Serialize, Deserialize`, and `#[prost(..)]` to its fields; it brings `Debug` and `Default`",
    label = "not a `prost::Message`"
)]
pub trait Protobuf: Sized {
    /// Writes a payload.
    #[doc(hidden)]
    fn write_protobuf(&self) -> Vec<u8>;

    /// Reads a payload.
    #[doc(hidden)]
    fn read_protobuf(bytes: &[u8]) -> Result<Self, CodecError>;
}

#[cfg(feature = "protobuf")]
#[diagnostic::do_not_recommend]
impl<T: prost::Message + Default> Protobuf for T {
    fn write_protobuf(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    fn read_protobuf(bytes: &[u8]) -> Result<T, CodecError> {
        T::decode(bytes).map_err(CodecError::new)
    }
}

/// Without the feature, the one error is that it is missing.
#[cfg(not(feature = "protobuf"))]
#[diagnostic::do_not_recommend]
impl<T> Protobuf for T {
    fn write_protobuf(&self) -> Vec<u8> {
        Vec::new()
    }

    fn read_protobuf(_: &[u8]) -> Result<T, CodecError> {
        Err(CodecError::new("the feature `protobuf` is off"))
    }
}
