//! How payloads are read and written as JSON, and what tells whether a value survives that.

mod compare;
mod numbers;
mod path;
mod read;
mod tokens;
mod values;
mod write;

pub(crate) use compare::difference;
#[cfg(feature = "cbor")]
pub(crate) use numbers::is_number_kept;
pub(crate) use numbers::{StandIns, is_every_number_kept};
pub use path::json_path;
pub(crate) use path::offset;
pub(crate) use path::path_of_null;
pub(crate) use read::read;
#[cfg(feature = "cbor")]
pub(crate) use tokens::{Token, Tokens};
pub(crate) use values::Values;
pub(crate) use write::Hidden;
pub use write::{ToJson, Written};
