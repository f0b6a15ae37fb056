//! What generated code demands of the user's types and functions, each as a trait of its own so that it can say what is
//! wrong in eskit's terms. Where it stands for bounds of the standard library or of serde, it is implemented for
//! whatever meets them.

use serde_json::Value;

use crate::codec::decode_error::DecodeError;
use crate::codec::encoded::Encoded;
use crate::codec::upcast::UpcastError;
use crate::log::recorded::RecordedEvent;
use crate::log::time::Timestamp;
use crate::model::decode::decode_event;
use crate::model::event::{Event, EventType, EventTypes, SingleEvent};
use crate::model::storable::{Storable, StorableCommand};

/// A type that an `#[evolve]` method may take beside its event: the envelope, or the time in it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not recorded with an event\nhelp: write `&RecordedEvent` for the envelope, or `&Timestamp` for the time; another event has a method of its own",
    label = "not `RecordedEvent` or `Timestamp`"
)]
pub trait Envelope: Sized {
    /// What the envelope has of it.
    fn envelope(event: &RecordedEvent) -> &Self;
}

impl Envelope for RecordedEvent {
    #[inline]
    fn envelope(event: &RecordedEvent) -> &RecordedEvent {
        event
    }
}

impl Envelope for Timestamp {
    #[inline]
    fn envelope(event: &RecordedEvent) -> &Timestamp {
        &event.recorded_at
    }
}

/// What an `#[on]` method takes: an event, or an enum of events.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event\nhelp: put `#[derive(Event, Serialize, Deserialize)]` on `{Self}`; if it is a command, name the event that it leads to",
    label = "not an event"
)]
pub trait Subscribed: Sized {
    /// The event types that a value of this type may hold.
    const TYPES: EventTypes;

    /// Decodes an event of one of these types.
    ///
    /// # Errors
    /// The payload cannot be read.
    fn decode_named(event: &RecordedEvent) -> Result<Self, DecodeError>;
}

#[diagnostic::do_not_recommend]
impl<E: Event> Subscribed for E {
    const TYPES: EventTypes = <E as Event>::TYPES;

    #[inline]
    fn decode_named(event: &RecordedEvent) -> Result<E, DecodeError> {
        <E as Event>::decode_named(event)
    }
}

/// The type itself.
pub type Same<T> = T;

/// A state that exists before the first event: `Default`.
#[diagnostic::on_unimplemented(
    message = "the aggregate `{Self}` has no state before its first event\nhelp: put `#[derive(Default)]` on it, or write `impl Default for {Self} {{ fn default() -> Self {{ .. }} }}`",
    label = "not `Default`"
)]
pub trait Initial: Sized {
    /// The state before the first event.
    fn initial() -> Self;
}

#[diagnostic::do_not_recommend]
impl<A: Default> Initial for A {
    fn initial() -> A {
        A::default()
    }
}

/// The type that `from = ..` names: one event type, of the version before.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not one event\nhelp: name the struct of the version before, which has `#[derive(Event, Serialize, Deserialize)]` too",
    label = "not a struct that derives `Event`"
)]
pub trait Previous: Sized {
    /// All that the program knows of it.
    const TYPE: &'static EventType;
    /// Its version, which is known before the type of the version before it.
    const VERSION: u32 = Self::TYPE.version;

    /// Decodes that version, or an older one.
    ///
    /// # Errors
    /// The payload cannot be read.
    fn decode(encoded: &Encoded<'_>) -> Result<Self, DecodeError>;
}

#[diagnostic::do_not_recommend]
impl<E: SingleEvent> Previous for E {
    const TYPE: &'static EventType = <E as SingleEvent>::TYPE;
    const VERSION: u32 = <E as SingleEvent>::VERSION;

    fn decode(encoded: &Encoded<'_>) -> Result<E, DecodeError> {
        decode_event(encoded)
    }
}

/// The type that `from = ..` names on a stored command: one command, of the version before.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not one stored command\nhelp: name the struct of the version before, which has `#[derive(Command, Serialize, Deserialize)]` and `#[command(stored)]` too",
    label = "not a struct that is a stored command"
)]
pub trait PreviousCommand: Sized {
    /// All that the program knows of it.
    const TYPE: &'static EventType;
    /// Its version, which is known before the type of the version before it.
    const VERSION: u32 = Self::TYPE.version;

    /// Decodes that version, or an older one.
    ///
    /// # Errors
    /// The payload cannot be read.
    fn decode(encoded: &Encoded<'_>) -> Result<Self, DecodeError>;
}

#[diagnostic::do_not_recommend]
impl<C: StorableCommand> PreviousCommand for C {
    const TYPE: &'static EventType = C::STORED;
    const VERSION: u32 = <C as StorableCommand>::VERSION;

    fn decode(encoded: &Encoded<'_>) -> Result<C, DecodeError> {
        C::decode_named(encoded)
    }
}

/// An event or a stored command that the version before it can be turned into: `From`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made from `{P}`, the version before it\nhelp: write `impl From<{P}> for {Self} {{ fn from(old: {P}) -> Self {{ .. }} }}`",
    label = "no `From<{P}>` for `{Self}`"
)]
pub trait UpcastFrom<P> {
    /// The value in its new shape.
    fn upcast_from(previous: P) -> Self;
}

#[diagnostic::do_not_recommend]
impl<P, E: From<P>> UpcastFrom<P> for E {
    fn upcast_from(previous: P) -> E {
        E::from(previous)
    }
}

/// One step of `upcast(..)`: from one version's JSON to the next one's.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an upcaster\nhelp: give it the signature `fn(serde_json::Value) -> Result<serde_json::Value, UpcastError>`",
    label = "not an upcaster"
)]
pub trait JsonStep: Sync {
    /// The value in its new shape.
    ///
    /// # Errors
    /// The function's own refusal.
    fn run(&self, value: Value) -> Result<Value, UpcastError>;
}

#[diagnostic::do_not_recommend]
impl<F: Fn(Value) -> Result<Value, UpcastError> + Sync> JsonStep for F {
    fn run(&self, value: Value) -> Result<Value, UpcastError> {
        self(value)
    }
}
