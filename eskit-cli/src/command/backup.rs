use std::path::PathBuf;

use clap::Args;
use eskit_transfer::backup;
use serde::Serialize;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Rows, size};
use crate::progress::Progress;
use crate::target::{records, watched};

/// Write the log to a file, while programs use it
///
/// The file gets its name once it is whole and on disk. `restore --dry-run` checks it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  eskit backup app-2026-11-30.eskit
  eskit restore app-2026-11-30.eskit --dry-run")]
pub(crate) struct Backup {
    /// The file, which is not there yet
    file: PathBuf,
    /// Write lines of JSON instead of compressed blocks
    #[arg(long)]
    json_lines: bool,
}

#[derive(Serialize)]
struct BackupJson {
    log: String,
    head: u64,
    events: u64,
    file_bytes: u64,
}

impl Backup {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = records(&context.global.read().await?)?;
        let bar = Progress::new(0);
        let run = backup(&store, &self.file).on_progress(watched(&bar));
        let done = if self.json_lines { run.json_lines().await? } else { run.await? };
        drop(bar);
        let (log, head) = (done.log.to_string(), done.head.position.get());
        let json = BackupJson { log, head, events: done.events, file_bytes: done.file_bytes };
        if context.out.is_json() {
            return context.out.json(&json);
        }
        let mut rows = Rows::pairs();
        rows.push(["log", &json.log]);
        rows.push(["events written", &json.events.to_string()]);
        rows.push(["head", &json.head.to_string()]);
        rows.push(["size", &size(json.file_bytes)]);
        context.out.table(rows)
    }
}
