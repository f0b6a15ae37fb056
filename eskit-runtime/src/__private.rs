//! What generated code and eskit's own test support call. Not part of the public interface: it may change in any release.

mod fallback;
mod registration;

pub use crate::codec::decode_error::DecodeError;
pub use crate::codec::encode::EncodeError;
pub use crate::codec::encoded::Encoded;
pub use crate::codec::json::{ToJson, Written, json_path};
pub use crate::codec::kind::PayloadKind;
pub use crate::execute::{
    Checked, CommandBus, CommandSet, Executable, ExecuteOptions, Executing, Executor, Refused, Running, command_mark,
    decision_items, execute_set, first_of, load_checked, load_values, scope_of, state_items,
};
pub use crate::log::content_type::{CBOR, JSON, PROTOBUF};
pub use crate::log::recorded::RecordedEvent;
pub use crate::log::tag::{Arity, IdType, TagValue, Tags};
pub use crate::log::time::Timestamp;
pub use crate::message::{is_like, slips};
pub use crate::model::aggregate::{Aggregate, AggregateType, Evolve, Key, KeyValue, Keys, Stated};
pub use crate::model::bounds::{Envelope, Initial, JsonStep, Previous, PreviousCommand, Same, Subscribed, UpcastFrom};
pub use crate::model::check::{
    check_decision, check_event, check_kept_states, check_key, check_key_type, check_model, check_not_refused,
    check_order, check_ordered, check_previous, check_refused, check_unevolved,
};
pub use crate::model::command::{Command, CommandType};
pub use crate::model::decider::{Binding, Decide, DeciderType, Decision, Emit, Emitter, Said, Sayable, Unsaid};
pub use crate::model::decode::{decode_single, event_type, newer, unknown_name, upcast_json, variant, write_again};
pub use crate::model::distinct::{distinct, types_len};
pub use crate::model::event::{Event, EventType, EventTypes, Field, SingleEvent, SourceLocation, TagField};
pub use crate::model::format::{Format, cbor, has_cbor, has_personal, has_protobuf, protobuf};
pub use crate::model::models::{Count, Model, ModelType, Models};
pub use crate::model::registry::Entry;
pub use crate::model::storable::{
    Storable, StorableCommand, StoredCommand, stored_type, unknown_command, upcast_command,
};
pub use crate::model::table::{NameTable, table_len};
pub use crate::personal::KeptPersonal;
pub use crate::processor::expected::{ExpectedCommands, Text, Writer, outline};
pub use crate::rows::keys::{key_of, key_text, values_of};
pub use crate::schema::generated as lock;
pub use crate::subscription::{
    First, Handle, HandleAsync, HandleError, HandleMut, Handled, OnError, Order, Start, Subscriber, SubscriberType,
    check_kept, first,
};
pub use crate::work::generated::{NoKey, OpenedBy, WorkFor, check_todo_key};
pub use crate::work::{Schedule, TodoChanges, TodoKeys, Todos, WorkOptions};
pub use fallback::{AnyKeys, NO_DECIDER, NO_EVENT, NO_SUBSCRIBER, NoModel};
pub use inventory;
pub use registration::{aggregate_entry, decider_entry, subscriber_entry};
pub use serde;
pub use std::string::String;
