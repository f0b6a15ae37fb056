use std::error::Error;

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

/// What an `#[on]` method of a processor may return: commands to execute, or a `Result` of commands and any error.
#[diagnostic::on_unimplemented(
    message = "an `#[on]` method of a processor cannot return `{Self}`\nhelp: return a command, `Option`, `Vec`, an array or a tuple of commands, or nothing; or a `Result` of one of these and any error that is `Send + Sync`; a command has a decider, whose error implements `Display`",
    label = "not a command, nor a collection of commands"
)]
pub trait Reaction {
    /// The commands.
    type Commands: Commands;

    /// The commands, or why the method failed.
    ///
    /// # Errors
    /// The error of the method.
    fn into_commands(self) -> Result<Self::Commands, HandleError>;
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
