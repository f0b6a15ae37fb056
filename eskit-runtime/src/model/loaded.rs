use std::ops::Deref;
use std::sync::Arc;

use crate::log::append::{Condition, ExpectedVersion};
use crate::log::position::Place;
use crate::log::query::Query;

/// What a state holds of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// The place of the last event that the state holds; [`Place::START`] when there is none.
    pub last: Place,
    /// For a stream aggregate the version of the stream; otherwise the number of events.
    pub version: u64,
    /// The last event of the log as of which the state was read: up to there it lacks nothing.
    pub head: Place,
}

impl Seen {
    /// Whether there were no events.
    pub fn is_new(&self) -> bool {
        self.last == Place::START
    }
}

/// A state as it was read. Dereferences to the state.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Loaded<A> {
    /// The state.
    pub state: A,
    /// The place of the last event that it holds; [`Place::START`] when there is none.
    pub last: Place,
    /// For a stream aggregate the version of the stream; otherwise the number of events. A stream that was deleted reads like
    /// one that never held an event, at version 0; [`EventStore::stream_info`](crate::EventStore::stream_info) tells them apart.
    pub version: u64,
    /// The last event of the log as of which it was read: up to there the state lacks nothing.
    pub head: Place,
    query: Arc<Query>,
}

impl<A> Loaded<A> {
    pub(crate) fn new(state: A, seen: Seen, query: Arc<Query>) -> Loaded<A> {
        let Seen { last, version, head } = seen;
        Loaded { state, last, version, head, query }
    }

    /// Whether there were no events.
    pub fn is_new(&self) -> bool {
        self.last == Place::START
    }

    /// What was read: the events of this instance of the aggregate.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The conditions under which an append by hand is based on this state: the log still holds all that was read, and no event
    /// of this instance was appended since. Several states are one decision when the append carries the conditions of each.
    ///
    /// ```
    /// # use eskit_runtime as eskit;
    /// use eskit::log::{Append, AppendError, Appended, NewEvent};
    /// use eskit::{EventStore, Loaded};
    ///
    /// /// Appends what was decided on a state, unless it has changed since.
    /// async fn append<A>(
    ///     store: &impl EventStore,
    ///     state: &Loaded<A>,
    ///     events: Vec<NewEvent>,
    /// ) -> Result<Appended, AppendError> {
    ///     store.append(Append { events, conditions: state.conditions() }).await
    /// }
    /// ```
    ///
    /// On a [`Conflict`](crate::log::AppendError::Conflict), load the state again and decide again.
    pub fn conditions(&self) -> Vec<Condition> {
        let unchanged = match self.query.only_stream() {
            Some(stream) => {
                Condition::Stream { stream: stream.clone(), expected: ExpectedVersion::Exact(self.version) }
            }
            None => Condition::NoEvents { query: Query::clone(&self.query), after: self.head.position },
        };
        let holds = (self.head != Place::START).then_some(Condition::Holds(self.head));
        holds.into_iter().chain([unchanged]).collect()
    }
}

impl<A> Deref for Loaded<A> {
    type Target = A;
    fn deref(&self) -> &A {
        &self.state
    }
}
