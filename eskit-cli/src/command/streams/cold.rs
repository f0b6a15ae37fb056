use clap::Args;
use eskit::EventStore as _;
use eskit::log::{StreamChange, StreamError, StreamId};
use eskit_transfer::{archive_stream, restore_stream};
use serde::Serialize;

use super::change::Change;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Rows;
use crate::target::connect;
use crate::value;

/// Make a stream read-only, until it is restored; with `--into`, copy it into an archive. Writes
///
/// The archive is a log of its own, which is created if it is missing. Both streams are compared. With `--delete`, the original is
/// deleted after that. A run that was interrupted is run again, and goes on.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  eskit streams archive account:a-17
  eskit streams archive account:a-17 --into sqlite:cold.db
  eskit streams archive account:a-17 --into sqlite:cold.db --delete --reason \"closed in 2015\"")]
pub(crate) struct Archive {
    #[command(flatten)]
    change: Change,
    /// The archive, as a DSN
    #[arg(long, value_name = "DSN")]
    into: Option<String>,
    /// The schema of the archive in PostgreSQL [default: eskit]
    #[arg(long, value_name = "NAME", requires = "into")]
    into_schema: Option<String>,
    /// Delete the original once the copy was compared with it
    #[arg(long, requires_all = ["into", "reason"])]
    delete: bool,
    /// Why it is deleted; kept with the original
    #[arg(long, value_name = "TEXT", requires = "delete")]
    reason: Option<String>,
    /// Delete it even if its events have tags, which no condition finds any more
    #[arg(long, requires = "delete")]
    although_tagged: bool,
}

/// Make an archived stream take events again; with `--from`, copy it out of an archive. Writes
///
/// Restored events come at the end of the log, and are new events to projections and processors. Where the stream was deleted, it needs
/// another name: `--as`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  eskit streams restore account:a-17
  eskit streams restore account:a-17 --from sqlite:cold.db --as account:a-17-restored")]
pub(crate) struct Restore {
    #[command(flatten)]
    change: Change,
    /// The archive, as a DSN
    #[arg(long, value_name = "DSN")]
    from: Option<String>,
    /// The schema of the archive in PostgreSQL [default: eskit]
    #[arg(long, value_name = "NAME", requires = "from")]
    from_schema: Option<String>,
    /// The name that it gets
    #[arg(long = "as", value_name = "TYPE:ID", value_parser = value::stream, requires = "from")]
    name: Option<StreamId>,
}

/// What was copied into an archive.
#[derive(Serialize)]
struct ArchivedJson<'s> {
    r#type: &'s str,
    id: &'s str,
    archive: String,
    events: u64,
    copied: u64,
    tagged: u64,
    apart: u64,
    deleted: bool,
}

/// What was copied out of an archive.
#[derive(Serialize)]
struct RestoredJson<'s> {
    r#type: &'s str,
    id: &'s str,
    archive: String,
    events: u64,
    copied: u64,
}

impl Archive {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let Some(into) = self.into else { return self.change.run(StreamChange::Archive, context).await };
        let store = context.global.write().await?;
        let Change { stream, confirm } = self.change;
        let version = store.stream_info(&stream).await?.version;
        if version == 0 {
            return Err(StreamError::NotFound { stream }.into());
        }
        let deletes = if self.delete { ", and delete the original" } else { "" };
        confirm.ask(&format!("archive stream `{stream}` with its {version} events{deletes}"), context)?;
        let archive = connect(&into, self.into_schema.as_deref(), true).await?;
        let mut archiving = archive_stream(&store, &archive, stream);
        if let Some(reason) = self.reason {
            archiving = archiving.deleting(reason);
        }
        if self.although_tagged {
            archiving = archiving.although_tagged();
        }
        let done = archiving.await?;
        if context.out.is_json() {
            return context.out.json(&ArchivedJson {
                r#type: done.stream.stream_type(),
                id: done.stream.id(),
                archive: done.archive.to_string(),
                events: done.events,
                copied: done.copied,
                tagged: done.tagged,
                apart: done.apart,
                deleted: done.is_deleted,
            });
        }
        let mut rows = Rows::pairs();
        rows.push(["stream", &done.stream.to_string()]);
        rows.push(["archive", &done.archive.to_string()]);
        rows.push(["events compared", &done.events.to_string()]);
        rows.push(["events copied", &done.copied.to_string()]);
        rows.push(["with tags", &done.tagged.to_string()]);
        rows.push(["appended with other events", &done.apart.to_string()]);
        rows.push(["original", if done.is_deleted { "deleted" } else { "read-only" }]);
        context.out.table(rows)
    }
}

impl Restore {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let Some(from) = self.from else { return self.change.run(StreamChange::Restore, context).await };
        let archive = connect(&from, self.from_schema.as_deref(), false).await?;
        let store = context.global.write().await?;
        let Change { stream, confirm } = self.change;
        let version = archive.stream_info(&stream).await?.version;
        let name = self.name.as_ref().unwrap_or(&stream);
        confirm.ask(&format!("append {version} events of the archive to stream `{name}`"), context)?;
        let mut restoring = restore_stream(&archive, &store, stream);
        if let Some(name) = self.name {
            restoring = restoring.into_stream(name);
        }
        let done = restoring.await?;
        if context.out.is_json() {
            return context.out.json(&RestoredJson {
                r#type: done.stream.stream_type(),
                id: done.stream.id(),
                archive: done.archive.to_string(),
                events: done.events,
                copied: done.copied,
            });
        }
        let mut rows = Rows::pairs();
        rows.push(["stream", &done.stream.to_string()]);
        rows.push(["archive", &done.archive.to_string()]);
        rows.push(["events compared", &done.events.to_string()]);
        rows.push(["events copied", &done.copied.to_string()]);
        context.out.table(rows)
    }
}
