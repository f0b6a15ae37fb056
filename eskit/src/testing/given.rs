use std::fmt::{self, Debug};

use eskit_runtime::__private::check_key;
use eskit_runtime::execute::{DomainError, ExecuteOptions};
use eskit_runtime::log::{NewEvent, StreamId};
use eskit_runtime::model::{Decide, Emit, Evolve, LoadKey};
use eskit_runtime::{Metadata, Timestamp};

use super::history::History;
use super::outcome::Outcome;

/// Starts a test with the events that happened before: an event, an enum of events, `Option`, `Vec`, an array, a tuple, or `()` for
/// none.
///
/// # Panics
/// An event cannot be encoded, or its encoding could not be read back.
#[track_caller]
pub fn given(events: impl Emit) -> Given {
    Given::default().and(events)
}

/// The events that happened before the command under test.
///
/// A decision sees the same events as in a real log: those with the tags or in the streams of its models. You need not give streams:
/// each event is put into the stream that its own tag names, or else into the stream of the model that evolves it.
#[derive(Clone, Default)]
#[must_use = "a test needs `.when(..)` and then an expectation"]
pub struct Given {
    history: History,
}

impl Given {
    /// Adds further events.
    ///
    /// # Panics
    /// An event cannot be encoded, or its encoding could not be read back.
    #[track_caller]
    pub fn and(mut self, events: impl Emit) -> Given {
        if let Err(error) = self.history.push(&events) {
            panic!("{error}");
        }
        self
    }

    /// Adds further events in this stream. For events without a tag that could belong to several models.
    ///
    /// # Panics
    /// An event cannot be encoded, or its encoding could not be read back.
    #[track_caller]
    pub fn and_in(self, stream: StreamId, events: impl Emit) -> Given {
        let mut given = self.and(events);
        given.history.place_last_batch(&stream);
        given
    }

    /// Adds encoded events, for example of an older version, with an alias, or with another payload.
    pub fn and_encoded(mut self, events: impl IntoIterator<Item = NewEvent>) -> Given {
        self.history.push_encoded(events);
        self
    }

    /// Executes a command and adds the events that it emits.
    ///
    /// # Panics
    /// The command fails.
    #[track_caller]
    pub fn and_command<C: Decide>(self, command: C) -> Given
    where
        DomainError<C>: Debug,
    {
        let outcome = self.when(command);
        outcome.executed();
        Given { history: outcome.into_history() }
    }

    /// Sets the time of the events that were added last. Without it, given events happen one second apart, and the last of them one
    /// second before the command: before its `recorded_at` if [`Given::when_with`] sets one, or else before now. If the command has
    /// a time in a field, set the time of the events to be before that.
    pub fn at(mut self, time: Timestamp) -> Given {
        self.history.last_batch().for_each(|event| event.recorded_at = Some(time));
        self
    }

    /// Sets the metadata of the events that were added last.
    pub fn with_metadata(mut self, metadata: Metadata) -> Given {
        self.history.last_batch().for_each(|event| event.metadata = metadata.clone());
        self
    }

    /// Executes the command under test.
    ///
    /// # Panics
    /// The given events do not fit a log, or the command's tags do not select one instance of each model.
    #[track_caller]
    pub fn when<C: Decide>(self, command: C) -> Outcome<C::State, DomainError<C>> {
        self.when_with(command, |_| {})
    }

    /// Executes the command under test with options: `.when_with(command, |options| options.recorded_at = Some(time))`.
    ///
    /// # Panics
    /// As [`Given::when`].
    #[track_caller]
    pub fn when_with<C: Decide>(
        self,
        command: C,
        set: impl FnOnce(&mut ExecuteOptions),
    ) -> Outcome<C::State, DomainError<C>> {
        let mut options = ExecuteOptions::default();
        set(&mut options);
        match Outcome::of(self.history, &command, &options) {
            Ok(outcome) => outcome,
            Err(text) => panic!("{text}"),
        }
    }

    /// Checks the state of one instance of an aggregate, with assertions in `check`.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # use eskit::testing::given;
    /// # #[derive(Event, Serialize, Deserialize)] struct SeatTaken { #[tag] course: String }
    /// # #[aggregate(tag = "course")] #[derive(Default)] struct Seats { taken: u32 }
    /// # #[decider] impl Seats { #[evolve] fn taken(&mut self, _: &SeatTaken) { self.taken += 1 } }
    /// # fn main() {
    /// let taken = || SeatTaken { course: "maths".into() };
    /// given([taken(), taken()]).then_state_of::<Seats>("maths", |seats| assert_eq!(seats.taken, 2));
    /// # }
    /// ```
    ///
    /// # Panics
    /// `check` panics, an event cannot be read, or the key does not select one instance.
    #[track_caller]
    pub fn then_state_of<A: Evolve>(&self, key: impl LoadKey<A::Keys>, check: impl FnOnce(&A)) -> &Given {
        const { check_key::<A, _>() }.of(&key);
        self.history.check_state(&key, check);
        self
    }

    pub(super) fn history(&self) -> &History {
        &self.history
    }

    #[cfg(feature = "proptest")]
    pub(super) fn into_history(self) -> History {
        self.history
    }
}

impl Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.history.fmt(f)
    }
}

impl From<History> for Given {
    fn from(history: History) -> Given {
        Given { history }
    }
}
