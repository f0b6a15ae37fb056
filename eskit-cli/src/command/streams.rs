mod change;
mod cold;
mod list;
mod show;

use clap::Subcommand;
use eskit::log::StreamChange;

use crate::context::Context;
use crate::failure::Failure;

/// List streams, show one, or change its status
#[derive(Subcommand, Debug)]
pub(crate) enum Streams {
    /// List streams in the order of their types and ids
    List(list::List),
    /// Show the version and the status of a stream
    Show(show::Show),
    Archive(cold::Archive),
    Restore(cold::Restore),
    /// End a stream: it is read-only for ever. Writes
    #[command(after_help = "Example:\n  eskit streams tombstone account:a-17 --reason \"moved to a-18\"")]
    Tombstone(change::Reasoned),
    /// Delete the events of a stream for good. Writes
    #[command(after_help = "Example:\n  eskit streams delete account:a-17 --reason \"erasure request 81\" --yes")]
    Delete(change::Reasoned),
}

impl Streams {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Streams::List(list) => list.run(context).await,
            Streams::Show(show) => show.run(context).await,
            Streams::Archive(verb) => verb.run(context).await,
            Streams::Restore(verb) => verb.run(context).await,
            Streams::Tombstone(verb) => verb.run(StreamChange::tombstone, context).await,
            Streams::Delete(verb) => verb.run(StreamChange::delete, context).await,
        }
    }
}
