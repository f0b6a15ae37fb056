//! Executing a command: query, read in pages, fold, decide, encode, append under conditions, retry on conflict.
//!
//! Programs use `App` of the `eskit` crate, which calls the functions here; the types are its options, results and errors.

mod append;
mod bind;
mod bus;
mod decision;
mod error;
mod executed;
mod fold;
mod instances;
mod keyed;
mod load;
mod options;
mod outcome;
mod recall;
mod repeat;
pub(crate) mod retag;
mod set;
mod spans;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::log::append::{Append, AppendError, Appended, Condition, Conflict, ConflictKind, ExpectedVersion};
use crate::log::new_event::NewEvent;
use crate::log::position::{Place, Position};
use crate::log::query::{Query, QueryItem};
use crate::log::recorded::RecordedEvent;
use crate::log::store::EventStore;
use crate::model::aggregate::{Evolve, LoadKey, Scope};
use crate::model::cache::StateCache;
use crate::model::check::check_key;
use crate::model::decider::{Decide, Emit, Emitter};
use crate::model::loaded::Loaded;
use crate::model::models::{Count, Models};
use crate::model::registry::Registry;
use crate::model::route::route;

pub use append::append_with_retry;
#[doc(hidden)]
pub use bind::{decision_items, scope_of, state_items};
pub use bus::{CommandBus, Executable, Running};
pub use decision::{DecidedOn, Decision, DecisionCondition, DecisionNote};
pub use error::{Denied, ExecuteError, LoadError};
pub use executed::Executed;
pub use keyed::KeyReused;
#[doc(hidden)]
pub use keyed::command_mark;
pub use options::{ExecuteOptions, RetryPolicy, Sleep};
pub use outcome::OutcomeKind;
pub use retag::{RetagError, Retagged, retag};
pub use set::{CommandSet, Executing, Executor, Refusal, Refused};
#[doc(hidden)]
pub use set::{execute_set, first_of};

use error::unsettled;
use fold::{Folded, Plan};
use keyed::Keyed;
use repeat::{lost_key, repeated};
use spans::StepSpan;

/// The domain error of a command's decider.
pub type DomainError<C> = <C as Decide>::Error;

/// Executes one command: reads its models, decides, and appends the events under the condition that nothing that the
/// decision read has changed. On a conflict it reads the new events and decides again, within the retry policy of `options`.
///
/// Models that are cached in `states` are not read first; of those that are fetched, only the events since are. If a cached state is out of date, the append fails, and the command
/// reads the new events and decides again; this does not count as an attempt. A decision that appends nothing, such as a refusal,
/// is only returned after its models were compared with the log during this call. If the log was replaced since the models were
/// read, for example by a backup, the cached states are dropped and the models are read from the beginning; this counts as a
/// conflict.
///
/// # Errors
/// See [`ExecuteError`]. Only [`ExecuteError::UnknownOutcome`] leaves open whether the events were appended; after every
/// other error they were not.
pub async fn execute<C: Decide, S: EventStore>(
    store: &S,
    command: &C,
    options: &ExecuteOptions,
    sleep: &impl Sleep,
    states: &impl StateCache,
) -> Result<Executed<C::State>, ExecuteError<DomainError<C>>> {
    Registry::checked().map_err(ExecuteError::Registry)?;
    let plan = Plan::<C::State, C::Count>::new(bind::instances(command)?);
    plan.instances.check().map_err(ExecuteError::Limit)?;
    options.check(&plan, C::TYPE.name)?;
    let keyed = options.idempotency_key.as_deref().map(|key| Keyed::new(key, options.cause, command));
    let call = Call { command, options, keyed: keyed.as_ref() };
    if let Some(done) = repeated(store, &plan, call.keyed, 0, false).await? {
        return Ok(done);
    }
    let mut folded = plan.load(store, states).await?;
    if options.without_condition && !folded.is_current {
        // No condition will tell whether the models were old.
        plan.load_on(store, &mut folded).await?;
    }
    let mut attempt = 1;
    loop {
        // What the decider returned need not be `Send`, so it must not live across an await.
        let step = match call.next_step(&plan, &folded, attempt) {
            ControlFlow::Continue(step) => step,
            ControlFlow::Break(answer) => {
                plan.cache(&folded, states);
                return answer.map(|()| Executed::nothing(folded.state, attempt));
            }
        };
        let events = match step {
            Step::Append(events) => events,
            Step::Look => {
                plan.load_on(store, &mut folded).await?;
                continue;
            }
            Step::Answer => return nothing(store, &call, &plan, folded, attempt).await,
        };
        let conditions = if options.without_condition { Vec::new() } else { conditions(&plan, &folded) };
        let append = Append { events: events.clone(), conditions };
        let span = StepSpan::append(&append);
        let appended = span.around(append_with_retry(store, append, &options.retry, sleep, is_unknown)).await;
        span.appended(&appended);
        match appended {
            Ok(Appended { repeated: true, .. }) | Err(AppendError::IdReused { .. }) if call.keyed.is_some() => {
                // Another caller with the same key was faster, or an earlier try of this call.
                let done = repeated(store, &plan, call.keyed, attempt, true).await.map_err(unsettled)?;
                return done.ok_or_else(|| ExecuteError::Store(lost_key()));
            }
            // Without a key, what is repeated is an earlier try of this call, whose answer was lost.
            Ok(appended) => {
                let recorded = appended.record(events);
                plan.apply(&mut folded, &recorded).map_err(|error| unsettled(error.into()))?;
                if !options.without_condition {
                    // The conditions held up to the append: nothing that the models lack stands before its events.
                    folded.reaches(recorded.last().map_or(Place::START, RecordedEvent::place));
                    plan.cache(&folded, states);
                }
                return Ok(Executed { events: recorded, state: folded.state, attempts: attempt, repeated: false });
            }
            Err(AppendError::Conflict(conflict)) => {
                let was_current = folded.is_current;
                if matches!(conflict.kind, ConflictKind::Replaced { .. }) {
                    // What the models hold was read from a log that is gone.
                    plan.forget(states);
                    folded = plan.initial();
                }
                // A cached state that was old is no conflict.
                if was_current {
                    if attempt >= options.retry.attempts || options.expects_a_version() {
                        return Err(ExecuteError::Conflict { conflict, attempts: attempt });
                    }
                    sleep.sleep(options.retry.delay(attempt)).await;
                    attempt += 1;
                }
                plan.load_on(store, &mut folded).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The answer of a call that appends nothing, on models that are current: what an earlier call with the same key appended, the
/// conflict with the expected version, or what the decider says.
async fn nothing<C: Decide, S: EventStore>(
    store: &S,
    call: &Call<'_, C>,
    plan: &Plan<C::State, C::Count>,
    folded: Folded<C::State>,
    attempt: u32,
) -> Result<Executed<C::State>, ExecuteError<DomainError<C>>> {
    // A stream that was deleted holds no event, but has its version still.
    let closed = plan.deleted(store, &folded.seen).await?;
    // A caller with the same key may have been faster, and this decision be up against its events, or what is left of them.
    if let Some(done) = repeated(store, plan, call.keyed, attempt, closed.is_some()).await? {
        return Ok(done);
    }
    match (unexpected(plan, &folded, call.options), closed) {
        (Some(_), Some(closed)) => Err(ExecuteError::StreamClosed(closed)),
        (Some(conflict), None) => Err(ExecuteError::Conflict { conflict, attempts: 1 }),
        // A decider is pure: it says the same again.
        (None, _) => call.decide(plan, &folded).map(|_| Executed::nothing(folded.state, attempt)),
    }
}

/// Reads the state of one instance of an aggregate: all of its events, or only those after the state that is cached in `states`.
///
/// # Errors
/// See [`LoadError`].
pub fn load<'a, A: Evolve, S: EventStore, K: LoadKey<A::Keys>, H: StateCache>(
    store: &'a S,
    key: &K,
    states: &'a H,
) -> impl Future<Output = Result<Loaded<A>, LoadError>> + Send + use<'a, A, S, K, H> {
    const { check_key::<A, K>() };
    load_checked(store, key, states)
}

/// Like [`load`], for callers that check the type of the key themselves, so that a wrong key is reported once, at the user's call.
///
/// # Errors
/// See [`LoadError`].
pub fn load_checked<'a, A: Evolve, S: EventStore, K: LoadKey<A::Keys>, H: StateCache>(
    store: &'a S,
    key: &K,
    states: &'a H,
) -> impl Future<Output = Result<Loaded<A>, LoadError>> + Send + use<'a, A, S, K, H> {
    // The key need not be `Send`, so it must not live across an await.
    let checked = Checked::<A>::of(key);
    async move { checked.load(store, states).await }
}

/// An instance that is to be loaded, for callers that do something else in between.
pub struct Checked<A: Evolve>(Result<Plan<A, Count<1>>, LoadError>);

impl<A: Evolve> Checked<A> {
    /// The instance with this key.
    pub fn of<K: LoadKey<A::Keys>>(key: &K) -> Checked<A> {
        Checked(bind::instance::<A>(key).map(Plan::new).map_err(LoadError::from))
    }

    /// Loads it.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn load<S: EventStore, H: StateCache>(self, store: &S, states: &H) -> Result<Loaded<A>, LoadError> {
        load_plan(store, self.0?, states).await
    }
}

/// Like [`load`], of the instance that these values select, one for each key of the aggregate.
///
/// # Errors
/// See [`LoadError`].
pub async fn load_values<A: Evolve, S: EventStore>(
    store: &S,
    values: Vec<String>,
    states: &impl StateCache,
) -> Result<Loaded<A>, LoadError> {
    load_plan(store, Plan::<A, Count<1>>::new(bind::instance_of::<A>(values)), states).await
}

async fn load_plan<A: Evolve, S: EventStore>(
    store: &S,
    plan: Plan<A, Count<1>>,
    states: &impl StateCache,
) -> Result<Loaded<A>, LoadError> {
    let mut folded = plan.load(store, states).await?;
    if !folded.is_current {
        plan.load_on(store, &mut folded).await?;
    }
    plan.cache(&folded, states);
    let seen = folded.seen.first().copied().unwrap_or_default();
    Ok(Loaded::new(folded.state, seen, plan.query))
}

/// What follows from the models as they are.
enum Step {
    /// To append these events.
    Append(Vec<NewEvent>),
    /// To look at the log and decide again: what appends nothing is believed only of models that were looked at since the call
    /// began, since no append tells whether they were old.
    Look,
    /// To append nothing, unless an earlier call with the same key did, or a stream was deleted: the log is asked for both.
    Answer,
}

/// A command, and how to execute it.
struct Call<'c, C> {
    command: &'c C,
    options: &'c ExecuteOptions,
    keyed: Option<&'c Keyed<'c>>,
}

impl<C: Decide> Call<'_, C> {
    /// Decides on these models, unless their stream has another version than was expected. Breaks with what is the answer
    /// without a further look at the log.
    fn next_step(
        &self,
        plan: &Plan<C::State, C::Count>,
        folded: &Folded<C::State>,
        attempt: u32,
    ) -> ControlFlow<Result<(), ExecuteError<DomainError<C>>>, Step> {
        let is_expected = unexpected(plan, folded, self.options).is_none();
        match is_expected.then(|| StepSpan::decide(attempt, || self.decide(plan, folded))) {
            Some(Ok(events)) if !events.is_empty() => ControlFlow::Continue(Step::Append(events)),
            _ if !folded.is_current => ControlFlow::Continue(Step::Look),
            Some(nothing) if self.keyed.is_none() => ControlFlow::Break(nothing.map(drop)),
            _ => ControlFlow::Continue(Step::Answer),
        }
    }

    /// Makes the decision on these models, and encodes its events.
    fn decide(
        &self,
        plan: &Plan<C::State, C::Count>,
        folded: &Folded<C::State>,
    ) -> Result<Vec<NewEvent>, ExecuteError<DomainError<C>>> {
        if let Some(note) = &self.options.note {
            note.write(plan, folded, !self.options.without_condition);
        }
        let decided = self.command.decide(&folded.state);
        if let Some((aggregate, key)) = folded.state.absent_key() {
            return Err(ExecuteError::Key(format!(
                "`{}` asked for the `{}` with the key {key:?}, which command `{}` does not name\nhelp: ask for keys of the \
                 command, or use `get`, which answers `None`",
                C::DECIDER.name,
                aggregate.name,
                C::TYPE.name
            )));
        }
        let decided = decided.map_err(ExecuteError::Domain)?;
        let mut emitter = Emitter::new();
        decided.emit(&mut emitter).map_err(ExecuteError::Encode)?;
        let mut events = emitter.into_events();
        route(&mut events, (plan.instances.at(), plan.instances.scopes()), <C::State as Models<C::Count>>::LIST);
        for event in &mut events {
            event.metadata = self.options.metadata.clone();
            event.recorded_at = self.options.recorded_at;
        }
        if let Some(keyed) = self.keyed {
            keyed.mark(&mut events);
        }
        Ok(events)
    }
}

/// The conditions of the append: the log is the one that the models were read from, and nothing was appended to any of them since.
/// A query condition begins at the head as of the read, not at the last match, which may be far back: only new events are checked.
fn conditions<M: Models<N>, N>(plan: &Plan<M, N>, folded: &Folded<M>) -> Vec<Condition> {
    let mut conditions: Vec<Condition> = folded.heads().into_iter().map(Condition::Holds).collect();
    // One condition for all that were read as of one head: but one, unless some were cached.
    let mut unread: BTreeMap<Position, Vec<QueryItem>> = BTreeMap::new();
    for ((at, scope), seen) in plan.instances.iter().zip(&folded.seen) {
        match scope {
            Scope::Stream(stream) => {
                let expected = ExpectedVersion::Exact(seen.version);
                conditions.push(Condition::Stream { stream: stream.clone(), expected });
            }
            Scope::Tags(_) | Scope::All => {
                unread.entry(seen.head.position).or_default().push(scope.query_item(M::LIST[at.model].events));
            }
        }
    }
    let guard = |(after, items)| Condition::NoEvents { query: Query::any_of(items), after };
    conditions.extend(unread.into_iter().map(guard));
    conditions
}

fn is_unknown(error: &AppendError) -> bool {
    matches!(error, AppendError::UnknownOutcome(_))
}

/// The conflict with the version that the caller saw, if there is one.
fn unexpected<M: Models<N>, N>(plan: &Plan<M, N>, folded: &Folded<M>, options: &ExecuteOptions) -> Option<Conflict> {
    let expected = options.expected_version?;
    plan.instances.scopes().iter().zip(&folded.seen).find_map(|(scope, model)| match scope {
        Scope::Stream(stream) if !expected.accepts(model.version) => {
            let kind = ConflictKind::Stream { stream: stream.clone(), expected, found: model.version };
            Some(Conflict::new(kind, None))
        }
        _ => None,
    })
}
