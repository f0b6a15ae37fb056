use std::any::Any;
use std::fmt::{self, Debug, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use eskit_runtime::execute::{DomainError, ExecuteOptions};
use eskit_runtime::model::{Decide, Emit};
use proptest::collection::{SizeRange, vec};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestError, TestRunner};

use super::given::{Given, given};
use super::outcome::{Failure, Outcome};

/// Random histories: each command is executed after the previous ones, and a refusal leaves no trace. `commands` is a strategy for
/// one command; combine several command types with `prop_oneof!`.
///
/// ```
/// # use eskit::prelude::*;
/// use eskit::testing::{AnyCommand, commands};
/// use proptest::prelude::*;
///
/// # #[derive(Event, Serialize, Deserialize)] struct SeatTaken { #[tag] course: String }
/// # #[derive(Command, Debug)] struct TakeSeat { #[tag] course: String }
/// # #[derive(Debug)] struct Full;
/// # #[aggregate(tag = "course")] #[derive(Default)] struct Seats { taken: u32 }
/// # #[decider] impl Seats {
/// #     #[evolve] fn taken(&mut self, _: &SeatTaken) { self.taken += 1 }
/// #     #[decide] fn take(&self, c: &TakeSeat) -> Result<SeatTaken, Full> {
/// #         if self.taken == 2 { return Err(Full) }
/// #         Ok(SeatTaken { course: c.course.clone() })
/// #     }
/// # }
/// # fn main() {
/// let take = prop_oneof!["maths", "art"].prop_map(|course| AnyCommand::new(TakeSeat { course }));
/// commands(take).check(|history| {
///     history.then_state_of::<Seats>("maths", |seats| assert!(seats.taken <= 2));
/// });
/// # }
/// ```
pub fn commands<S: Strategy<Value = AnyCommand>>(commands: S) -> Commands<S> {
    Commands { given: given(()), commands, count: SizeRange::from(0..32), config: default_config() }
}

/// 256 histories; a failure is told by its commands, so no seed file is written.
fn default_config() -> Config {
    Config { failure_persistence: None, ..Config::default() }
}

/// A command of any type.
#[derive(Clone)]
pub struct AnyCommand(Arc<dyn Erased>);

impl AnyCommand {
    /// Erases the type of a command.
    pub fn new<C: Decide + Debug + 'static>(command: C) -> AnyCommand
    where
        DomainError<C>: Debug,
    {
        AnyCommand(Arc::new(command))
    }
}

impl Debug for AnyCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

trait Erased: Debug + Send + Sync {
    /// The history after the command, and what came of it.
    fn run(&self, given: Given) -> Result<(Given, String), String>;
}

impl<C: Decide + Debug> Erased for C
where
    DomainError<C>: Debug,
{
    fn run(&self, given: Given) -> Result<(Given, String), String> {
        let outcome = Outcome::of(given.into_history(), self, &ExecuteOptions::default())?;
        let text = match outcome.result() {
            Ok(executed) if executed.events.is_empty() => "no events".to_owned(),
            Ok(executed) => executed.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>().join(", "),
            Err(Failure::Refused(error)) => format!("refused with `{error:?}`"),
            Err(Failure::Broken(text)) => return Err(text.clone()),
        };
        Ok((Given::from(outcome.into_history()), text))
    }
}

/// Random commands, and how many of them make a history.
#[must_use = "nothing runs before `.check(..)`"]
#[derive(Debug)]
pub struct Commands<S> {
    given: Given,
    commands: S,
    count: SizeRange,
    config: Config,
}

impl<S: Strategy<Value = AnyCommand>> Commands<S> {
    /// Starts every history with these events.
    ///
    /// # Panics
    /// An event cannot be encoded, or its encoding could not be read back.
    #[track_caller]
    pub fn given(mut self, events: impl Emit) -> Commands<S> {
        self.given = self.given.and(events);
        self
    }

    /// Sets how many commands a history has; the default is `0..32`.
    pub fn count(mut self, count: impl Into<SizeRange>) -> Commands<S> {
        self.count = count.into();
        self
    }

    /// Sets how many histories are tried, and the other options of `proptest`.
    pub fn with_config(mut self, config: Config) -> Commands<S> {
        self.config = config;
        self
    }

    /// Checks that `invariant`, a function with assertions, holds at the start and after each command, in many histories. A history
    /// in which it fails is shortened as far as possible.
    ///
    /// # Panics
    /// The invariant fails, a command panics, or a command neither succeeds nor is refused by its decider.
    #[track_caller]
    pub fn check(self, invariant: impl Fn(&Given)) {
        let Commands { given, commands, count, config } = self;
        let result = TestRunner::new(config).run(&vec(commands, count), |commands| {
            invariant(&given);
            let mut history = given.clone();
            for command in &commands {
                history = command.0.run(history).map_err(proptest::test_runner::TestCaseError::fail)?.0;
                invariant(&history);
            }
            Ok(())
        });
        match result {
            Ok(()) => {}
            Err(TestError::Abort(reason)) => panic!("no history could be tried: {reason}"),
            Err(TestError::Fail(reason, commands)) => panic!("{reason}\n{}", transcript(&given, &commands)),
        }
    }

    /// The histories as a strategy, for properties that need more than an invariant.
    pub fn histories(self) -> impl Strategy<Value = Given> {
        let given = self.given;
        vec(self.commands, self.count).prop_filter_map("a command did not go through", move |commands| {
            commands.iter().try_fold(given.clone(), |given, command| Some(command.0.run(given).ok()?.0))
        })
    }
}

/// What each command of a history led to.
fn transcript(given: &Given, commands: &[AnyCommand]) -> String {
    let mut text = format!("after {} commands:\n", commands.len());
    let mut history = given.clone();
    for command in commands {
        // The history is given up with the first command that does not go through.
        match catch_unwind(AssertUnwindSafe(|| command.0.run(history))) {
            Ok(Ok((next, outcome))) => {
                let _ = writeln!(text, "  {command:?}: {outcome}");
                history = next;
            }
            Ok(Err(error)) => {
                let _ = writeln!(text, "  {command:?}: did not go through: {error}");
                break;
            }
            Err(panic) => {
                let _ = writeln!(text, "  {command:?}: panicked: {}", panic_text(&*panic));
                break;
            }
        }
    }
    text
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "with a value that is no text",
    }
}
