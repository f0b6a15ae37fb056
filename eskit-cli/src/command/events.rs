mod filter;
mod follow;
mod search;
mod show;

use clap::Subcommand;

pub(super) use show::find;

use crate::context::Context;
use crate::failure::Failure;

/// Show one event, search events, or follow the log
#[derive(Subcommand, Debug)]
pub(crate) enum Events {
    /// Show one event with its payload
    Show(show::Show),
    /// Search events, the newest first
    Search(search::Search),
    /// Print events as they are appended
    Follow(follow::Follow),
}

impl Events {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Events::Show(verb) => verb.run(context).await,
            Events::Search(verb) => verb.run(context).await,
            Events::Follow(verb) => verb.run(context).await,
        }
    }
}
