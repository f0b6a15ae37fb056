use crate::log::position::Position;
use crate::log::recorded::RecordedEvent;

/// What a command did.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Executed<S> {
    /// The events that were appended, in order, with their positions; empty if the decider returned none. After a repeated call,
    /// events that were deleted since are missing.
    pub events: Vec<RecordedEvent>,
    /// The models after these events: an aggregate, or a tuple in the order of the decider's parameters.
    pub state: S,
    /// How many times the decision was made: 1 without conflicts; 0 if an earlier call with the same idempotency key was found.
    pub attempts: u32,
    /// Whether an earlier call with the same idempotency key appended these events, and this call appended nothing. `state` then
    /// holds the current state of the models.
    pub repeated: bool,
}

impl<S> Executed<S> {
    pub(super) fn nothing(state: S, attempts: u32) -> Executed<S> {
        Executed { events: Vec::new(), state, attempts, repeated: false }
    }

    pub(super) fn without_state(self) -> Executed<()> {
        let Executed { events, attempts, repeated, .. } = self;
        Executed { events, state: (), attempts, repeated }
    }

    /// The positions of the events, in order.
    pub fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        self.events.iter().map(|event| event.position)
    }
}
