use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use eskit_runtime::__private::{check_key, command_mark, outline};
use eskit_runtime::execute::{DomainError, Executor, Refusal};
use eskit_runtime::log::{Principal, PrincipalKind, StoreErrorKind};
use eskit_runtime::model::{Command, Decide, Evolve, LoadKey};
use eskit_runtime::processor::OnRefused;
use eskit_runtime::subscription::HandleError;
use eskit_runtime::work::StepHolder;
use eskit_runtime::{AnyStore, ExecuteError, Metadata, RecordedEvent, StoreError, Timestamp};

use super::ledger::Ledger;
use crate::bus::{Bus, Execute, Load, failed_log, not_executed};
use crate::steps::KeepsSteps;

/// What a method of a processor can do beside returning commands: `cx: &mut Effect<'_>`.
///
/// A method may run again for the same event, after a failure or when the process ended in the middle. Its [key](Effect::key) is the
/// same each time: pass it to whoever is asked for the effect, so that they can tell a repeated request from a new one. Commands carry
/// such keys by themselves.
pub struct Effect<'a> {
    bus: &'a Bus<AnyStore>,
    /// The event that led here; `None` for a schedule.
    event: Option<&'a RecordedEvent>,
    processor: &'static str,
    key: String,
    attempt: u32,
    is_live: bool,
    /// What tells apart the commands that were executed for the event.
    commands: Vec<String>,
    /// Where its steps are kept; `None` in a test of the method alone.
    ledger: Option<Ledger<'a>>,
    /// The names of the steps of this try.
    steps: Mutex<BTreeSet<String>>,
    /// Why the method cannot go on, through no fault of its own.
    stopped: Mutex<Option<Stop>>,
    /// What sees the commands in a test.
    witness: Option<&'a dyn Witness>,
}

/// Why a method could not go on, through no fault of its own.
#[derive(Debug)]
pub(super) enum Stop {
    /// The log or the views could not be reached.
    Unreachable(StoreError),
    /// The item, or the events, are another holder's by now.
    Lost,
}

/// Steps of one try.
const STEPS_MAX: usize = 100;

/// Sees the commands of a method, in a test.
pub(crate) trait Witness: Sync {
    /// A method returned a command, which is not executed then. `outline` is its name with its tags.
    fn returned(&self, command: &dyn Any, outline: String);

    /// A method executes a command.
    fn executed(&self, outline: String);
}

impl<'a> Effect<'a> {
    /// That of an event.
    pub(super) fn new(
        bus: &'a Bus<AnyStore>,
        processor: &'static str,
        event: &'a RecordedEvent,
        is_live: bool,
    ) -> Effect<'a> {
        let key = format!("{processor}/{}", event.id);
        Effect { event: Some(event), is_live, ..Effect::with_key(bus, processor, key) }
    }

    /// That of the to-do with this key that an event opened.
    pub(super) fn of_todo(
        bus: &'a Bus<AnyStore>,
        processor: &'static str,
        event: &'a RecordedEvent,
        todo: &str,
    ) -> Effect<'a> {
        let key = format!("{processor}/{}/{todo}", event.id);
        Effect { event: Some(event), ..Effect::with_key(bus, processor, key) }
    }

    /// That of a schedule at one of its times.
    pub(super) fn of_schedule(
        bus: &'a Bus<AnyStore>,
        processor: &'static str,
        schedule: &str,
        at: Timestamp,
    ) -> Effect<'a> {
        Effect::with_key(bus, processor, format!("{processor}.{schedule}@{at}"))
    }

    fn with_key(bus: &'a Bus<AnyStore>, processor: &'static str, key: String) -> Effect<'a> {
        Effect {
            bus,
            event: None,
            processor,
            key,
            attempt: 1,
            is_live: true,
            commands: Vec::new(),
            ledger: None,
            steps: Mutex::default(),
            stopped: Mutex::default(),
            witness: None,
        }
    }

    /// The same, with a place for its steps.
    pub(super) fn with_steps(self, views: &'a dyn KeepsSteps, holder: StepHolder) -> Effect<'a> {
        let ledger = Ledger { views, list: self.processor, holder };
        Effect { ledger: Some(ledger), ..self }
    }

    /// The same, at this try.
    pub(super) fn at_attempt(self, attempt: u32) -> Effect<'a> {
        Effect { attempt, ..self }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn witnessed(
        bus: &'a Bus<AnyStore>,
        processor: &'static str,
        event: &'a RecordedEvent,
        witness: &'a dyn Witness,
    ) -> Effect<'a> {
        Effect { witness: Some(witness), ..Effect::new(bus, processor, event, true) }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn witnessed_at(
        bus: &'a Bus<AnyStore>,
        processor: &'static str,
        schedule: &str,
        at: Timestamp,
        witness: &'a dyn Witness,
    ) -> Effect<'a> {
        Effect { witness: Some(witness), ..Effect::of_schedule(bus, processor, schedule, at) }
    }

    /// A key that is the same at each try and used for nothing else, of at most 1,400 bytes:
    ///
    /// | method | key |
    /// |---|---|
    /// | `#[on]` | the name of the processor, `/`, and the id of the event |
    /// | `#[work]` | the same, `/`, and the key of the to-do |
    /// | `#[every]` | the name of the processor, `.`, the name of the method, `@`, and the time |
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Which try this is, from 1. It is counted on after a restart for to-dos and schedules, and begins anew for `#[on]` methods.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether the processor has handled all that the log holds, once this event and those read with it are handled.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Executes a command when awaited, as [`App::execute`](crate::App::execute) does, and returns what came of it: for methods that go on with the result,
    /// such as one that executes another command after a refusal.
    ///
    /// Its idempotency key is made of the [key](Effect::key), the name of the command, a hash of its tag values, and a number if such a
    /// command was executed before for the event. So a method that runs again executes no command again that went through, even if
    /// it now executes others beside it. Its events are caused by the event, and keep its correlation id and originator.
    ///
    /// # Errors
    /// See [`ExecuteError`].
    pub fn execute<'e, C: Decide + 'e>(&'e mut self, command: C) -> Execute<'e, C::State, DomainError<C>> {
        if let Some(witness) = self.witness {
            witness.executed(outline(&command));
        }
        let (key, metadata) = (self.key_of(&command), self.metadata());
        let stopped = self.stopped.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut execute = self.bus.execute(command).idempotency_key(key).metadata(metadata);
        if let Some(event) = self.event {
            execute = execute.caused_by(event.id);
        }
        execute.inspect_err(move |error| *stopped = failed_log(C::TYPE.name, error).map(Stop::Unreachable))
    }

    /// Reads the state of an aggregate, as [`App::load`](crate::App::load) does.
    ///
    /// # Errors
    /// See [`LoadError`](crate::LoadError).
    pub fn load<'k, A: Evolve>(&'k self, key: impl LoadKey<A::Keys> + 'k) -> Load<'k, A> {
        const { check_key::<A, _>() }.of(&key);
        self.bus.load(key)
    }

    /// What executes the commands that a method returned.
    #[doc(hidden)]
    pub fn executor(&mut self, refused: OnRefused) -> impl Executor<Failed = HandleError> {
        Returned { effect: self, refused }
    }

    /// Whether a command was executed for the event.
    #[doc(hidden)]
    pub fn has_executed(&self) -> bool {
        !self.commands.is_empty()
    }

    /// Where the steps of the method are kept; `None` in a test of the method alone.
    pub(super) fn ledger(&self) -> Option<Ledger<'a>> {
        self.ledger.clone()
    }

    /// Notes the name of a step.
    ///
    /// # Errors
    /// The method has such a step already, or too many.
    pub(super) fn enter_step(&self, step: &str) -> Result<(), HandleError> {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.len() >= STEPS_MAX {
            let text = format!(
                "the step `{step}` would be one of more than {STEPS_MAX}\nhelp: divide what is to be done among several to-dos"
            );
            return Err(HandleError::permanent(text));
        }
        if !steps.insert(step.to_owned()) {
            let text = format!(
                "there are two steps with the name `{step}`, and the second would get the result of the first\nhelp: give each step a \
                 name of its own, such as `once(format!(\"{step}-{{n}}\"))`"
            );
            return Err(HandleError::permanent(text));
        }
        Ok(())
    }

    /// The error of a method whose steps the views could not keep.
    pub(super) fn views_failed(&self, error: StoreError) -> HandleError {
        if error.kind() == StoreErrorKind::Invalid {
            return HandleError::permanent(error);
        }
        let text = error.to_string();
        self.stop(Stop::Unreachable(error), text)
    }

    /// The error of a method that may not begin a step any more.
    pub(super) fn claim_is_lost(&self) -> HandleError {
        self.stop(Stop::Lost, "another process does this by now".to_owned())
    }

    fn stop(&self, stop: Stop, text: String) -> HandleError {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
        HandleError::new(text)
    }

    /// Why the method could not go on, if that was no fault of its own.
    pub(super) fn take_stop(&mut self) -> Option<Stop> {
        self.stopped.get_mut().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn key_of<C: Decide>(&mut self, command: &C) -> String {
        let mark = command_mark(command);
        let before = self.commands.iter().filter(|other| **other == mark).count();
        let key = format!("{}/{mark}/{before}", self.key);
        self.commands.push(mark);
        key
    }

    fn metadata(&self) -> Metadata {
        let metadata = self.event.map_or_else(Metadata::new, Metadata::caused_by);
        metadata.with_initiator(Principal::new(PrincipalKind::Automation, self.processor))
    }
}

/// Executes the commands that a method returned.
struct Returned<'e, 'a> {
    effect: &'e mut Effect<'a>,
    refused: OnRefused,
}

impl Executor for Returned<'_, '_> {
    type Failed = HandleError;

    async fn execute<C: Decide<Error: Refusal> + 'static>(&mut self, command: C) -> Result<(), HandleError> {
        if let Some(witness) = self.effect.witness {
            witness.returned(&command, outline(&command));
            return Ok(());
        }
        let name = <C as Command>::TYPE.name;
        match self.effect.execute(command).await {
            Ok(_) => Ok(()),
            Err(ExecuteError::Domain(_)) if self.refused == OnRefused::Skip => {
                report(self.effect.processor, name);
                Ok(())
            }
            Err(ExecuteError::Domain(refusal)) => {
                Err(HandleError::permanent(format!("the command `{name}` was refused: {refusal}")))
            }
            Err(error) => Err(not_executed(name, &error)),
        }
    }
}

/// Without the text of the refusal, which may quote an event.
fn report(processor: &str, command: &str) {
    #[cfg(feature = "tracing")]
    tracing::info!(target: "eskit", subscription = processor, command, "the command was refused");
    let _ = (processor, command);
}

impl fmt::Debug for Effect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effect").field("key", &self.key).finish_non_exhaustive()
    }
}
