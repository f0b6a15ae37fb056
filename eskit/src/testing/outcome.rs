use std::fmt::{self, Debug, Write as _};
use std::future::{Future, ready};
use std::time::Duration;

use eskit_runtime::__private::{check_key, decision_items};
use eskit_runtime::execute::{ExecuteOptions, Sleep};
use eskit_runtime::log::{NewEvent, Pages, Query, ReadOptions};
use eskit_runtime::model::{AggregateType, Decide, Emit, Evolve, LoadKey, Models};
use eskit_runtime::{ExecuteError, Executed, RecordedEvent, StoreError, Timestamp};

use super::history::History;
use super::render::{self, Content};
use super::unsealed::Unsealed;
use crate::block_on::block_on;

/// The outcome of the command under test. An expectation that does not hold panics with the difference. `M` are the states of the
/// command's models, `E` is the domain's error.
///
/// ```
/// # use eskit::prelude::*;
/// # use eskit::testing::given;
/// # #[derive(Event, Serialize, Deserialize)] struct SeatTaken { #[tag] course: String }
/// # #[derive(Command)] struct TakeSeat { #[tag] course: String }
/// # #[aggregate(tag = "course")] #[derive(Default)] struct Seats { taken: u32 }
/// # #[decider] impl Seats {
/// #     #[evolve] fn taken(&mut self, _: &SeatTaken) { self.taken += 1 }
/// #     #[decide] fn take(&self, c: &TakeSeat) -> Result<SeatTaken, &'static str> {
/// #         if self.taken == 1 { Err("full") } else { Ok(SeatTaken { course: c.course.clone() }) }
/// #     }
/// # }
/// # fn main() {
/// # let (taken, take) = (|| SeatTaken { course: "maths".into() }, || TakeSeat { course: "maths".into() });
/// given(()).when(take()).then(taken()).then_state(|seats| assert_eq!(seats.taken, 1));
/// given(taken()).when(take()).then_error("full").then_state_of::<Seats>("maths", |seats| assert_eq!(seats.taken, 1));
/// # }
/// ```
// It does not name the command: the expectations then have nothing to add when one that nobody decides is refused at `when`.
#[must_use = "a test needs an expectation, such as `.then(..)` or `.then_error(..)`"]
pub struct Outcome<M, E> {
    command: &'static str,
    result: Result<Executed<M>, Failure<E>>,
    /// The given events, and those that the command emitted.
    history: History,
    /// The given events that no model of the command saw.
    unseen: Vec<String>,
    absent_key: AbsentKey<M>,
}

/// The first model that was asked for an instance which it does not have, and the key.
type AbsentKey<M> = fn(&M) -> Option<(&'static AggregateType, &str)>;

/// A decision on a store of one caller never waits.
struct NoSleep;

impl Sleep for NoSleep {
    fn sleep(&self, _: Duration) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

impl<M, E> Outcome<M, E> {
    /// Executes the command on a store that holds the history.
    pub(super) fn of<C: Decide<State = M, Error = E>>(
        mut history: History,
        command: &C,
        options: &ExecuteOptions,
    ) -> Result<Outcome<M, E>, String>
    where
        M: Models<C::Count>,
    {
        let items = decision_items(command)?;
        history.route(&items)?;
        let query = Query::any_of(items.into_iter().map(|(_, item)| item));
        let store = history
            .store(options.recorded_at.unwrap_or_else(Timestamp::now))
            .map_err(|error| format!("the given events cannot be appended: {error}"))?;
        let unseen = unseen(&store, &query).map_err(|error| error.to_string())?;
        let result = block_on(eskit_runtime::execute::execute(&store, command, options, &NoSleep, &()));
        if let Ok(executed) = &result {
            history.push_recorded(&executed.events);
        }
        Ok(Outcome {
            command: C::TYPE.name,
            result: result.map_err(Failure::from),
            history,
            unseen,
            absent_key: M::absent_key,
        })
    }

    pub(super) fn history(&self) -> &History {
        &self.history
    }

    pub(super) fn into_history(self) -> History {
        self.history
    }

    #[cfg(feature = "proptest")]
    pub(super) fn result(&self) -> &Result<Executed<M>, Failure<E>> {
        &self.result
    }

    /// The events that the command emitted.
    ///
    /// # Panics
    /// The command failed.
    #[track_caller]
    pub fn events(&self) -> &[RecordedEvent]
    where
        E: Debug,
    {
        &self.executed().events
    }

    /// Expects exactly these events, in this order. They are compared as they are encoded: by wire name, schema version,
    /// tags and payload.
    ///
    /// # Panics
    /// The command emitted others, or failed.
    #[track_caller]
    pub fn then(&self, expected: impl Emit) -> &Outcome<M, E>
    where
        E: Debug,
    {
        let expected = match NewEvent::encode(&expected) {
            Ok(events) => render::text(&events),
            Err(error) => panic!("an expected {error}"),
        };
        let found = match &self.result {
            Ok(executed) => render::text(&executed.events),
            Err(error) => panic!("{}", self.report(error, Some(&expected))),
        };
        if expected != found {
            let what = "emitted other events than expected (- expected, + emitted)";
            panic!("{}", self.report(what, Some(&render::diff(&expected, &found))));
        }
        self
    }

    /// Expects the command to succeed without an event.
    ///
    /// # Panics
    /// The command emitted events, or failed.
    #[track_caller]
    pub fn then_nothing(&self) -> &Outcome<M, E>
    where
        E: Debug,
    {
        let executed = self.executed();
        if !executed.events.is_empty() {
            let found = render::text(&executed.events);
            panic!("{}", self.report("was expected to emit nothing, but emitted", Some(&found)));
        }
        self
    }

    /// Expects the decider to refuse with this error.
    ///
    /// # Panics
    /// The decider refused with another error, or did not refuse.
    #[track_caller]
    pub fn then_error(&self, expected: E) -> &Outcome<M, E>
    where
        E: Debug + PartialEq,
    {
        let error = self.refusal();
        if *error != expected {
            let diff = render::diff(&format!("{expected:#?}\n"), &format!("{error:#?}\n"));
            panic!(
                "{}",
                self.report("was refused with another error than expected (- expected, + found)", Some(&diff))
            );
        }
        self
    }

    /// Expects the decider to refuse with an error that `matches`: for errors that cannot be compared.
    ///
    /// # Panics
    /// The error does not match, or the decider did not refuse.
    #[track_caller]
    pub fn then_error_matches(&self, matches: impl FnOnce(&E) -> bool) -> &Outcome<M, E>
    where
        E: Debug,
    {
        let error = self.refusal();
        if !matches(error) {
            let found = format!("{error:#?}\n");
            panic!("{}", self.report("was refused with another error than expected", Some(&found)));
        }
        self
    }

    /// Checks the states of the decider's models after the command, with assertions in `check`: an aggregate, or a tuple in the
    /// order of the decider's parameters.
    ///
    /// # Panics
    /// `check` panics, or uses a key of an [`Each`](crate::Each) that the command does not name, or the command failed.
    #[track_caller]
    pub fn then_state(&self, check: impl FnOnce(&M)) -> &Outcome<M, E>
    where
        E: Debug,
    {
        let state = &self.executed().state;
        check(state);
        if let Some((aggregate, key)) = (self.absent_key)(state) {
            let (name, what) = (aggregate.name, "has no instance with the key");
            panic!("{}", self.report(&format!("was decided from `Each<{name}>`, which {what} {key:?}"), None));
        }
        self
    }

    /// Expects the models of the decider to equal this state after the command.
    ///
    /// # Panics
    /// They differ, or the command failed.
    #[track_caller]
    pub fn then_state_eq(&self, expected: M) -> &Outcome<M, E>
    where
        E: Debug,
        M: Debug + PartialEq,
    {
        let found = &self.executed().state;
        if *found != expected {
            let diff = render::diff(&format!("{expected:#?}\n"), &format!("{found:#?}\n"));
            panic!("{}", self.report("led to another state than expected (- expected, + found)", Some(&diff)));
        }
        self
    }

    /// Checks the state of one instance of any aggregate after the command; a refusal leaves it unchanged.
    ///
    /// # Panics
    /// `check` panics, an event cannot be read, or the key does not select one instance.
    #[track_caller]
    pub fn then_state_of<A: Evolve>(&self, key: impl LoadKey<A::Keys>, check: impl FnOnce(&A)) -> &Outcome<M, E> {
        const { check_key::<A, _>() }.of(&key);
        self.history.check_state(&key, check);
        self
    }

    #[track_caller]
    pub(super) fn executed(&self) -> &Executed<M>
    where
        E: Debug,
    {
        match &self.result {
            Ok(executed) => executed,
            Err(error) => panic!("{}", self.report(error, None)),
        }
    }

    #[track_caller]
    fn refusal(&self) -> &E
    where
        E: Debug,
    {
        match &self.result {
            Err(Failure::Refused(error)) => error,
            Err(error) => panic!("{}", self.report(error, None)),
            Ok(executed) if executed.events.is_empty() => {
                panic!("{}", self.report("was expected to be refused, but went through without an event", None))
            }
            Ok(executed) => {
                let found = render::text(&executed.events);
                panic!("{}", self.report("was expected to be refused, but emitted", Some(&found)))
            }
        }
    }

    /// The text of a failed expectation.
    fn report(&self, what: &(impl fmt::Display + ?Sized), detail: Option<&str>) -> String {
        let command = self.command;
        let mut text = format!("`{command}` {what}");
        match detail {
            Some("") => text.push_str(":\n\n(no events)\n"),
            Some(detail) => {
                let _ = write!(text, ":\n\n{detail}");
            }
            None => text.push('\n'),
        }
        if !self.unseen.is_empty() {
            let _ = write!(text, "\ngiven, but seen by no model of `{command}`:\n");
            self.unseen.iter().for_each(|event| {
                let _ = writeln!(text, "  {event}");
            });
        }
        text
    }
}

impl<M, E> Debug for Outcome<M, E>
where
    E: Debug,
    M: Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Outcome");
        match &self.result {
            Ok(executed) => out.field("executed", executed),
            Err(error) => out.field("failure", &format_args!("{error}")),
        };
        out.finish_non_exhaustive()
    }
}

/// Why the command did not go through.
pub(super) enum Failure<E> {
    /// The decider refused.
    Refused(E),
    /// Anything else, as text: a domain error need not display itself.
    Broken(String),
}

impl<E> From<ExecuteError<E>> for Failure<E> {
    fn from(error: ExecuteError<E>) -> Failure<E> {
        match error {
            ExecuteError::Domain(error) => Failure::Refused(error),
            other => Failure::Broken(other.map_domain(|_| "").to_string()),
        }
    }
}

impl<E: Debug> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(error) => write!(f, "was refused with `{error:?}`"),
            Failure::Broken(text) => write!(f, "did not go through: {text}"),
        }
    }
}

/// The given events that the query does not find.
fn unseen(store: &Unsealed, query: &Query) -> Result<Vec<String>, StoreError> {
    let seen = read_all(store, query)?;
    let mut all = read_all(store, &Query::all())?;
    all.retain(|event| seen.binary_search_by_key(&event.position, |seen| seen.position).is_err());
    Ok(all.iter().map(|event| Content::from(event).to_string()).collect())
}

fn read_all(store: &Unsealed, query: &Query) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut pages = Pages::new(store, query.clone(), ReadOptions::default());
    let mut events = Vec::new();
    while let Some(page) = block_on(pages.next())? {
        events.extend(page);
    }
    Ok(events)
}
