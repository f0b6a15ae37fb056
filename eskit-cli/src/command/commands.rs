mod entry;
mod list;
mod show;

use clap::Subcommand;

use crate::context::Context;
use crate::failure::Failure;

pub(super) use entry::{EntryJson, fields, led_to};

/// List commands that were executed or refused, or show one
///
/// A program keeps them in its views with `CommandLog`.
#[derive(Subcommand, Debug)]
pub(crate) enum Commands {
    /// List commands, the newest first
    List(list::List),
    /// Show one command: who sent it, what came of it, and what it was decided on
    Show(show::Show),
}

impl Commands {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Commands::List(verb) => verb.run(context).await,
            Commands::Show(verb) => verb.run(context).await,
        }
    }
}
