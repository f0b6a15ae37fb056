//! What stands in for the parts of an item that a macro refused, so that one mistake stays one error. Never run.

use std::fmt;

use crate::codec::decode_error::DecodeError;
use crate::codec::kind::PayloadKind;
use crate::log::recorded::RecordedEvent;
use crate::model::aggregate::{Aggregate, AggregateType, Evolve, Key, LoadKey};
use crate::model::decider::DeciderType;
use crate::model::event::{EventType, EventTypes, SourceLocation};
use crate::model::subscriber::{OnError, Order, SubscriberType};

/// The state of a model that could not be read.
#[derive(Debug)]
pub struct NoModel;

impl Aggregate for NoModel {
    const TYPE: &'static AggregateType = &AggregateType {
        personal: None,
        name: "",
        key: Key::Tags(&[]),
        id_types: &[],
        partial: true,
        index: &[],
        version: 1,
        shape: 0,
        slug: "",
        public: true,
        location: SourceLocation { module: "", file: "", line: 0 },
    };
    type Keys = AnyKeys;

    fn initial() -> NoModel {
        NoModel
    }
}

impl Evolve for NoModel {
    const EVENTS: EventTypes = EventTypes::NONE;

    fn evolve(&mut self, _: &RecordedEvent) -> Result<bool, DecodeError> {
        Ok(false)
    }
}

/// The key of an aggregate whose own could not be read: any value serves.
#[derive(Debug)]
pub struct AnyKeys;

#[diagnostic::do_not_recommend]
impl<T> LoadKey<AnyKeys> for T {
    fn each_value(&self, _: &mut dyn FnMut(&dyn fmt::Display)) {}
}

/// The description of an event that could not be read.
pub const NO_EVENT: &EventType = &EventType {
    kind: PayloadKind::Event,
    name: "",
    version: 1,
    aliases: &[],
    rust_name: "",
    tags: &[],
    fields: &[],
    previous: None,
    public: true,
    content_type: "",
    personal: None,
    location: SourceLocation { module: "", file: "", line: 0 },
};

/// The description of a decider that could not be read.
pub const NO_DECIDER: &DeciderType = &DeciderType {
    name: "",
    method: false,
    unevolved: EventTypes::NONE,
    bindings: &[],
    location: SourceLocation { module: "", file: "", line: 0 },
};

/// The description of a projection that could not be read.
pub const NO_SUBSCRIBER: &SubscriberType = &SubscriberType {
    name: "",
    version: 1,
    order: Order::All,
    on_error: OnError::Stop,
    tables: "",
    rust_name: "",
    location: SourceLocation { module: "", file: "", line: 0 },
};
