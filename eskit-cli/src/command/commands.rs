mod entry;
mod list;
mod profile;
mod show;

use clap::Subcommand;

use crate::context::Context;
use crate::failure::Failure;

pub(super) use entry::{EntryJson, fields, led_to};

/// List commands that were executed or refused, show one, or tell how long they take
///
/// A program keeps them in its views with `CommandLog`.
#[derive(Subcommand, Debug)]
pub(crate) enum Commands {
    /// List commands, the newest first
    List(list::List),
    /// Show one command: who sent it, what came of it, and what it was decided on
    Show(show::Show),
    /// Tell how long commands took, by type and outcome, and which have become slower
    Profile(profile::ProfileCommands),
}

impl Commands {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Commands::List(verb) => verb.run(context).await,
            Commands::Show(verb) => verb.run(context).await,
            Commands::Profile(verb) => verb.run(context).await,
        }
    }
}
