//! What generated code demands of the user's types and functions, each as a trait of its own so that it can say what is
//! wrong in eskit's terms. Where it stands for bounds of the standard library or of serde, it is implemented for
//! whatever meets them.

use serde_json::Value;

use crate::recorded::RecordedEvent;
use crate::upcast::UpcastError;

/// The type that an `#[evolve]` method may take beside its event.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what surrounds a recorded event\nhelp: write `&RecordedEvent`",
    label = "not `RecordedEvent`"
)]
pub trait Envelope: Sized {
    /// The envelope itself.
    fn envelope(event: &RecordedEvent) -> &Self;
}

impl Envelope for RecordedEvent {
    #[inline]
    fn envelope(event: &RecordedEvent) -> &RecordedEvent {
        event
    }
}

/// An event that the version before it can be turned into: `From`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made from `{P}`, the version before it\nhelp: write `impl From<{P}> for {Self} {{ fn from(old: {P}) -> Self {{ .. }} }}`",
    label = "no `From<{P}>` for `{Self}`"
)]
pub trait UpcastFrom<P> {
    /// The event in its new shape.
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
