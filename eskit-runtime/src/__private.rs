//! What generated code and eskit's own test support call. Not part of the public interface: it may change in any release.

mod bounds;
#[allow(clippy::panic, reason = "a panic in const code is how a check of this module becomes a compile error")]
mod check;
mod codec;
mod fallback;
pub(crate) mod message;
mod registration;

pub use crate::aggregate::{Aggregate, AggregateType, Evolve, Key, Keys};
pub use crate::command::{Command, CommandType};
pub use crate::decider::{Binding, Decide, DeciderType, Decision, Emit, Emitter};
pub use crate::encode::EncodeError;
pub use crate::event::{Event, EventType, EventTypes, Field, SingleEvent, SourceLocation, TagField};
pub use crate::execute::{decision_items, state_items};
pub use crate::json::{ToJson, Written, json_path};
pub use crate::models::{Count, Model, ModelType, Models};
pub use crate::payload::DecodeError;
pub use crate::recorded::RecordedEvent;
pub use crate::registry::Entry;
pub use crate::schema::generated as lock;
pub use crate::table::{NameTable, table_len};
pub use crate::tag::{Arity, TagValue, Tags};
pub use bounds::{Envelope, Initial, JsonStep, Previous, Same, UpcastFrom};
pub(crate) use check::refuse_shared;
pub use check::{check_decision, check_event, check_model, check_previous, check_unevolved};
pub use codec::{decode_single, event_type, newer, unknown_name, upcast_json, variant, write_again};
pub use fallback::{AnyKeys, NO_DECIDER, NO_EVENT, NoModel};
pub use inventory;
pub use registration::{aggregate_entry, decider_entry};
pub use serde;
