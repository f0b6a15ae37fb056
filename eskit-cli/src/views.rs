use std::time::Duration;

use clap::Args;
use eskit::command_log::{CommandEntries as _, CommandPage, CommandQuery};
use eskit::log::{LogId, Position};
use eskit::profile::{self, ProfileReport};
use eskit::snapshots::{CountSnapshots as _, SnapshotCount};
use eskit::subscription::{Asked, Checkpoint, ParkedEvent, Request, Views as _};
use eskit::work::{EndedBy, ListWork, OpenStep, StepEnd, StepId, Steps as _, Work as _, WorkItem};
use eskit::{StoreError, Timestamp};

use crate::failure::Failure;

/// The option of verbs about what is kept of the log.
#[derive(Args, Debug)]
#[command(next_help_heading = "Views")]
pub(crate) struct ViewsArgs {
    /// The views: `sqlite:///var/lib/app.views.db` or `postgres://user@host/database`
    #[arg(long, env = "ESKIT_VIEWS", hide_env_values = true, value_name = "DSN")]
    views: Option<String>,

    /// The schema of views in PostgreSQL [default: eskit_views]
    #[arg(long, value_name = "NAME")]
    views_schema: Option<String>,
}

impl ViewsArgs {
    /// Whether views are named.
    pub(crate) fn are_named(&self) -> bool {
        self.views.as_deref().is_some_and(|dsn| !dsn.is_empty())
    }

    /// Opens the views, which are there.
    pub(crate) async fn open(&self) -> Result<AnyViews, Failure> {
        let missing =
            || Failure::usage("no views are named\nhelp: write `--views sqlite:app.views.db`, or set ESKIT_VIEWS");
        let dsn = self.views.as_deref().filter(|dsn| !dsn.is_empty()).ok_or_else(missing)?;
        if dsn.trim() != dsn || dsn.contains(char::is_control) {
            return Err(Failure::usage(
                "the DSN of the views begins or ends with white space, or holds a line break\nhelp: trim it",
            ));
        }
        match dsn.split_once(':') {
            #[cfg(feature = "sqlite")]
            Some(("sqlite", path)) => self.sqlite(path).await,
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", _)) => self.postgres(dsn).await,
            // What follows may hold a password.
            found => {
                let what =
                    found.map_or("the DSN without a scheme".to_owned(), |(scheme, _)| format!("the DSN `{scheme}:..`"));
                Err(Failure::usage(format!(
                    "{what} names no views of this build\nhelp: write `sqlite:app.views.db` or `postgres://..`"
                )))
            }
        }
    }

    #[cfg(feature = "sqlite")]
    async fn sqlite(&self, path: &str) -> Result<AnyViews, Failure> {
        if self.views_schema.is_some() {
            return Err(Failure::usage("files of SQLite have no schemas\nhelp: leave `--views-schema` out"));
        }
        let path = path.strip_prefix("//").unwrap_or(path);
        Ok(AnyViews::Sqlite(eskit::sqlite::SqliteViews::open_existing(path).await?))
    }

    #[cfg(feature = "postgres")]
    async fn postgres(&self, dsn: &str) -> Result<AnyViews, Failure> {
        let mut options = eskit::postgres::PostgresViews::options().create(false);
        if let Some(schema) = &self.views_schema {
            options = options.schema(schema);
        }
        Ok(AnyViews::Postgres(options.connect(dsn).await?))
    }
}

/// Views of any kind.
pub(crate) enum AnyViews {
    #[cfg(feature = "sqlite")]
    Sqlite(eskit::sqlite::SqliteViews),
    #[cfg(feature = "postgres")]
    Postgres(eskit::postgres::PostgresViews),
    /// A build without a database has none to open.
    #[cfg(not(any(feature = "sqlite", feature = "postgres")))]
    #[allow(dead_code, reason = "there must be some kind")]
    Memory(eskit::MemoryViews),
}

/// Calls a function of the views, whatever they are.
macro_rules! call {
    ($any:expr, $views:ident => $call:expr) => {
        match $any {
            #[cfg(feature = "sqlite")]
            AnyViews::Sqlite($views) => $call,
            #[cfg(feature = "postgres")]
            AnyViews::Postgres($views) => $call,
            #[cfg(not(any(feature = "sqlite", feature = "postgres")))]
            AnyViews::Memory($views) => $call,
        }
    };
}

impl AnyViews {
    /// All checkpoints, sorted by name, version and part.
    pub(crate) async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        call!(self, views => views.checkpoints().await)
    }

    /// The parked events of a version of a projection, by position.
    pub(crate) async fn parked(&self, name: &str, version: u32) -> Result<Vec<ParkedEvent>, StoreError> {
        call!(self, views => views.parked(name, version).await)
    }

    /// Removes a parked event without handling it. Returns whether it was there.
    pub(crate) async fn drop_parked(&self, name: &str, version: u32, at: Position) -> Result<bool, StoreError> {
        call!(self, views => views.drop_parked(name, version, at).await)
    }

    /// What was asked last of each version of each projection.
    pub(crate) async fn requests(&self) -> Result<Vec<Request>, StoreError> {
        call!(self, views => views.requests().await)
    }

    /// Asks something of the programs that run a version of a projection.
    pub(crate) async fn request(&self, name: &str, version: u32, asked: Asked) -> Result<Request, StoreError> {
        call!(self, views => views.request(name, version, asked).await)
    }

    /// The items of a list of work, by number.
    pub(crate) async fn list_work(&self, list: &str, which: ListWork) -> Result<Vec<WorkItem>, StoreError> {
        call!(self, views => views.list_work(list, which).await)
    }

    /// Lets an item be done now. Returns whether one waits or is parked.
    pub(crate) async fn retry_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        call!(self, views => views.retry_work(list, id).await)
    }

    /// Removes an item. Returns whether it was there.
    pub(crate) async fn drop_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        call!(self, views => views.drop_work(list, id).await)
    }

    /// The steps of a list that were begun and not ended.
    pub(crate) async fn open_steps(&self, list: &str) -> Result<Vec<OpenStep>, StoreError> {
        call!(self, views => views.open_steps(list).await)
    }

    /// Says how a step ended. Returns whether there is such a step.
    pub(crate) async fn end_step(&self, list: &str, step: &StepId, end: StepEnd) -> Result<bool, StoreError> {
        call!(self, views => views.end_step(list, step, EndedBy::Hand, end).await)
    }

    /// Entries of the log of commands, one page.
    pub(crate) async fn find_commands(&self, query: CommandQuery) -> Result<CommandPage, StoreError> {
        call!(self, views => views.find_commands(query).await)
    }

    /// How long commands took in these two times.
    pub(crate) async fn profile_commands(
        &self,
        until: Timestamp,
        recent: Duration,
        before: Duration,
    ) -> Result<ProfileReport, StoreError> {
        call!(self, views => profile::of_commands(views, until, recent, before).await)
    }

    /// All snapshots, counted by log, aggregate and program.
    pub(crate) async fn count_snapshots(&self) -> Result<Vec<SnapshotCount>, StoreError> {
        call!(self, views => views.count_snapshots().await)
    }

    /// Removes all snapshots of an aggregate and a log. Returns how many there were.
    pub(crate) async fn forget_snapshots(&self, log: LogId, name: &str) -> Result<u64, StoreError> {
        call!(self, views => views.forget_snapshots(log, name).await)
    }
}
