//! The verbs: each file holds the arguments of one noun and what its verbs do.

mod backup;
mod commands;
mod events;
mod fold;
mod lock;
mod migrate;
mod pages;
mod parked;
mod personal;
mod projections;
mod restore;
mod snapshots;
mod store;
mod streams;
mod trace;
mod types;
mod work;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::context::Context;
use crate::failure::Failure;
use crate::global::Global;

/// Look into an event log, follow it, and repair what is stuck
///
/// Verbs only read, unless they say that they write; those ask first, or take `--yes`. A log that does not exist is an error: only
/// `migrate` and `restore` create one, where `--to` says.
///
/// Set ESKIT_STORE if the DSN holds a password, since others can see the arguments of a process. PostgreSQL also takes it from
/// PGPASSWORD or PGPASSFILE.
#[derive(Parser, Debug)]
#[command(name = "eskit", version, arg_required_else_help = true)]
#[command(after_help = "\
Examples:
  export ESKIT_STORE=sqlite:///var/lib/app.db
  eskit store stats
  eskit events search --stream account:a-17 --limit 10
  eskit events follow --json | jq .name

Exit codes: 0 ok, 1 failed, 2 wrong command line, 3 difference or unhealthy, 4 refused,
5 unreachable")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// List streams, show one, or change its status
    #[command(subcommand)]
    Streams(streams::Streams),
    /// Show one event, search events, or follow the log
    #[command(subcommand)]
    Events(events::Events),
    /// Show what caused an event, and what it caused
    Trace(trace::Trace),
    /// Describe the log as a whole
    #[command(subcommand)]
    Store(store::Store),
    /// List projections and processors, show one, or steer one
    #[command(subcommand)]
    Projections(projections::Projections),
    /// List parked events, show one, drop one, or hand them over again
    #[command(subcommand)]
    Parked(parked::Parked),
    /// List the items of a list of work, retry one, or cancel one
    #[command(subcommand)]
    Work(work::Work),
    /// List commands that were executed or refused, or show one
    #[command(subcommand)]
    Commands(commands::Commands),
    /// Count snapshots, or forget those of an aggregate
    #[command(subcommand)]
    Snapshots(snapshots::Snapshots),
    /// Compare the log with `eskit.lock`
    #[command(subcommand)]
    Lock(lock::Lock),
    /// Fold the state of an aggregate, as it is or as it was
    Fold(fold::Run),
    /// List the event types of this program and of the log
    Types(types::Types),
    /// List the personal data in the events of this program, and what reads it
    Personal(personal::Personal),
    /// Copy the log into another store. Writes to that one
    Migrate(migrate::Migrate),
    /// Write the log to a file, while programs use it
    Backup(backup::Backup),
    /// Load a file that `backup` wrote into a store. Writes
    Restore(restore::Restore),
    /// Print the completions for a shell
    Completions(pages::Completions),
    /// Print the manual page, or write those of all verbs to a folder
    Man(pages::Man),
}

impl Command {
    /// Does it.
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Command::Streams(verb) => verb.run(context).await,
            Command::Events(verb) => verb.run(context).await,
            Command::Trace(verb) => verb.run(context).await,
            Command::Store(verb) => verb.run(context).await,
            Command::Projections(verb) => verb.run(context).await,
            Command::Parked(verb) => verb.run(context).await,
            Command::Work(verb) => verb.run(context).await,
            Command::Commands(verb) => verb.run(context).await,
            Command::Snapshots(verb) => verb.run(context).await,
            Command::Lock(verb) => verb.run(context).await,
            Command::Fold(verb) => verb.run(context).await,
            Command::Types(verb) => verb.run(context).await,
            Command::Personal(verb) => verb.run(context),
            Command::Migrate(verb) => verb.run(context).await,
            Command::Backup(verb) => verb.run(context).await,
            Command::Restore(verb) => verb.run(context).await,
            Command::Completions(verb) => verb.run(Arguments::command(), context),
            Command::Man(verb) => verb.run(Arguments::command(), context),
        }
    }
}
