//! What stands in for the parts of an item that a macro refused, so that one mistake stays one error. Never run.

use std::fmt;

use crate::aggregate::{AggregateType, LoadKey, Models, Scope};
use crate::cache::StateCache;
use crate::decider::DeciderType;
use crate::event::{EventType, EventTypes, SourceLocation};
use crate::payload::DecodeError;
use crate::position::Position;
use crate::recorded::RecordedEvent;

/// The state of a decider whose models could not be read.
#[derive(Debug)]
pub struct NoModels;

impl Models for NoModels {
    const LIST: &'static [(&'static AggregateType, EventTypes)] = &[];

    fn initial() -> NoModels {
        NoModels
    }

    fn evolve(&mut self, _: usize, _: &RecordedEvent) -> Result<bool, DecodeError> {
        Ok(false)
    }

    fn recall(&mut self, _: usize, _: &Scope, _: &impl StateCache) -> Option<(Position, u64)> {
        None
    }

    fn cache(&self, _: usize, _: &Scope, _: (Position, u64), _: &impl StateCache) {}
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
    name: "",
    version: 1,
    aliases: &[],
    rust_name: "",
    tags: &[],
    fields: &[],
    previous: None,
    location: SourceLocation { module: "", file: "", line: 0 },
};

/// The description of a decider that could not be read.
pub const NO_DECIDER: &DeciderType =
    &DeciderType { name: "", method: false, bindings: &[], location: SourceLocation { module: "", file: "", line: 0 } };
