//! What generated code calls. Not part of the public interface: it may change in any release.

mod check;
mod codec;
mod message;

pub use crate::aggregate::{AggregateType, Key, Keys};
pub use crate::command::CommandType;
pub use crate::decider::{Binding, DeciderType};
pub use crate::event::{EventType, EventTypes, Field, SourceLocation, TagField};
pub use crate::registry::Entry;
pub use crate::table::{NameTable, table_len};
pub use check::{check_command, check_emits, check_events_carry_key, check_previous, check_routes, check_unique};
pub use codec::{JsonStep, decode_json, decode_single, unknown_name, upcast_json, upcast_unreachable};
pub use inventory;
pub use serde;
