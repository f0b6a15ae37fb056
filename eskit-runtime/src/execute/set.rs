//! Sets of commands: executing one of several commands, whichever it is.

use std::error::Error;
use std::fmt::{self, Display};
use std::future::Future;
use std::pin::Pin;

use crate::execute::bus::{CommandBus, Running};
use crate::execute::error::ExecuteError;
use crate::execute::executed::Executed;
use crate::execute::options::ExecuteOptions;
use crate::model::command::CommandType;
use crate::model::decider::Decide;

/// What executes commands, one after another.
pub trait Executor: Send {
    /// Why a command was not executed.
    type Failed: Send;

    /// Executes a command.
    ///
    /// # Errors
    /// It was not executed.
    fn execute<C: Decide<Error: Refusal> + 'static>(
        &mut self,
        command: C,
    ) -> impl Future<Output = Result<(), Self::Failed>> + Send;
}

/// The error of a decider whose refusal is reported as text: `Display`.
#[diagnostic::on_unimplemented(
    message = "a refusal cannot be reported as `{Self}`, which has no text\nhelp: write `impl std::fmt::Display for {Self}`",
    label = "its refusal has no text"
)]
pub trait Refusal: Display {}

#[diagnostic::do_not_recommend]
impl<E: Display> Refusal for E {}

/// A command, or a set of commands: an enum that derives `Command`, each of whose variants holds one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command that a decider takes, nor a set of commands\nhelp: put `#[derive(Command)]` on `{Self}`, and give it a decider: `#[decider] fn decide(command: &{Self}, model: &Model) -> Result<SomethingHappened, Error> {{ .. }}`, or a `#[decide]` method of an aggregate",
    label = "not a command with a decider, nor a set of commands"
)]
pub trait CommandSet: Send + 'static {
    /// A command of the set that its decider may refuse.
    const REFUSABLE: Option<&'static CommandType>;

    /// Executes the command. In a box, so that rustc asks for this trait once where something else stands in a set.
    ///
    /// # Errors
    /// It was not executed.
    fn execute_in<X: Executor>(self, executor: &mut X) -> Executing<'_, X::Failed>;
}

impl<C: Decide<Error: Refusal> + 'static> CommandSet for C {
    // An error that has no values takes no room.
    const REFUSABLE: Option<&'static CommandType> =
        if size_of::<Result<(), C::Error>>() == 0 { None } else { Some(C::TYPE) };

    fn execute_in<X: Executor>(self, executor: &mut X) -> Executing<'_, X::Failed> {
        Box::pin(executor.execute(self))
    }
}

/// Commands while they are executed.
pub type Executing<'x, E> = Pin<Box<dyn Future<Output = Result<(), E>> + Send + 'x>>;

/// The first command that is there.
#[doc(hidden)]
pub const fn first_of(all: &[Option<&'static CommandType>]) -> Option<&'static CommandType> {
    let mut index = 0;
    while index < all.len() {
        if all[index].is_some() {
            return all[index];
        }
        index += 1;
    }
    None
}

/// The refusal of a command of a set: the command, and the text of its decider's error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    command: &'static str,
    text: String,
}

impl Refused {
    pub(crate) fn new(command: &'static str, refusal: &impl Display) -> Refused {
        Refused { command, text: refusal.to_string() }
    }

    /// The name of the command that was refused: that of its Rust type.
    pub fn command(&self) -> &'static str {
        self.command
    }
}

/// The text of the decider's error.
impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Refused {}

/// Executes the command of a set on a bus.
#[doc(hidden)]
pub fn execute_set<'a, C: CommandSet, B: CommandBus>(
    set: C,
    bus: &'a B,
    options: ExecuteOptions,
) -> Running<'a, (), Refused> {
    Box::pin(async move {
        let mut sole = Sole { bus, options, executed: None };
        set.execute_in(&mut sole).await?;
        Ok(sole.executed.unwrap_or_else(|| Executed::nothing((), 0)))
    })
}

/// Executes the one command that a set holds.
struct Sole<'a, B> {
    bus: &'a B,
    options: ExecuteOptions,
    executed: Option<Executed<()>>,
}

impl<B: CommandBus> Executor for Sole<'_, B> {
    type Failed = ExecuteError<Refused>;

    async fn execute<C: Decide<Error: Refusal> + 'static>(&mut self, command: C) -> Result<(), Self::Failed> {
        let executed = self.bus.execute(command, std::mem::take(&mut self.options)).await;
        let executed = executed.map_err(|error| error.map_domain(|error| Refused::new(C::TYPE.name, &error)))?;
        self.executed = Some(executed.without_state());
        Ok(())
    }
}
