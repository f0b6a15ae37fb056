use std::ops::Deref;
use std::sync::Arc;

use crate::log::append::{Condition, ExpectedVersion};
use crate::log::position::Place;
use crate::log::query::Query;

/// How much of the log a state holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// The place of the last event of this state; [`Place::START`] if there is none.
    pub last: Place,
    /// For a stream aggregate the version of the stream; otherwise the number of events.
    pub version: u64,
    /// The last event of the log at the time of the read: the state is complete up to there.
    pub head: Place,
    /// Whether events of a state by tag lie in streams. When such a stream is deleted, nothing in the log tells that the state still
    /// holds its events.
    pub is_deletable: bool,
}

impl Seen {
    /// Whether there were no events.
    pub fn is_new(&self) -> bool {
        self.last == Place::START
    }
}

/// The state of one instance of an aggregate, as it was read, with its version. Dereferences to the state.
///
/// Returned by `App::load`, and in [`Executed::state`](crate::Executed::state).
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Loaded<A> {
    /// The state.
    pub state: A,
    /// The place of the last event of this state; [`Place::START`] if there is none.
    pub last: Place,
    /// For a stream aggregate, the version of the stream; otherwise the number of events. A deleted stream reads like one that
    /// never held an event, at version 0; [`EventStore::stream_info`](crate::EventStore::stream_info) tells them apart.
    pub version: u64,
    /// The last event of the log at the time of the read: the state is complete up to there.
    pub head: Place,
    query: Arc<Query>,
}

impl<A> Loaded<A> {
    pub(crate) fn new(state: A, seen: Seen, query: Arc<Query>) -> Loaded<A> {
        let Seen { last, version, head, .. } = seen;
        Loaded { state, last, version, head, query }
    }

    /// Whether there were no events.
    pub fn is_new(&self) -> bool {
        self.last == Place::START
    }

    /// The query for the events of this instance.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The conditions for an append by hand that is based on this state: the log still holds the events that were read, and no
    /// event of this instance was appended since. For a decision on several states, the append carries the conditions of each.
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
