use std::error::Error;

use crate::execute::{Executing, Executor};
use crate::model::command::CommandType;
use crate::subscription::HandleError;

use super::commands::Commands;

/// What follows when the decider of a command that a processor returned refuses it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OnRefused {
    /// The processor goes on with the next command.
    Skip,
    /// The method has failed, and is not tried again: what follows is said by `on_error`.
    Fail,
}

/// What a method of a processor may return: commands to execute, or a `Result` of commands and any error.
#[diagnostic::on_unimplemented(
    message = "a method of a processor cannot return `{Self}`\nhelp: return a command, `Option`, `Vec`, an array or a tuple of commands, or nothing; or a `Result` of one of these and any error that is `Send + Sync`; a command has a decider, whose error implements `Display`",
    label = "not commands, nor a `Result` of commands"
)]
pub trait Reaction {
    /// The commands.
    type Commands: Commands;
    /// A command among them that its decider may refuse.
    const REFUSABLE: Option<&'static CommandType> = <Self::Commands as Commands>::REFUSABLE;

    /// The commands, or why the method failed.
    ///
    /// # Errors
    /// The error of the method.
    fn into_commands(self) -> Result<Self::Commands, HandleError>;

    /// Executes the commands in order, up to the first that fails. In a box, so that rustc asks what a method returns for this trait
    /// once, and for no other.
    ///
    /// # Errors
    /// The error of the method, or a command was not executed.
    fn execute<'x, X: Executor<Failed = HandleError>>(self, executor: &'x mut X) -> Executing<'x, HandleError>
    where
        Self: Sized,
    {
        let commands = self.into_commands();
        Box::pin(async move { commands?.execute_all(executor).await })
    }
}

impl<T: Commands> Reaction for T {
    type Commands = T;

    fn into_commands(self) -> Result<T, HandleError> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Commands, E: Into<Box<dyn Error + Send + Sync>>> Reaction for Result<T, E> {
    type Commands = T;

    fn into_commands(self) -> Result<T, HandleError> {
        self.map_err(HandleError::new)
    }
}
