use std::path::PathBuf;

use clap::Args;
use eskit_transfer::{Checked, Restored, check, restore};

use crate::confirm::Confirm;
use crate::context::Context;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::target::{CopiedJson, Target, watched};

/// Load a file that `backup` wrote into a store. Writes
///
/// The whole file is checked first. The store is created if it is missing, and must be empty or hold the beginning of this log: killed
/// and run again, the command goes on where it ended.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  eskit restore app-2026-11-30.eskit --to sqlite:restored.db
  eskit restore app-2026-11-30.eskit --dry-run")]
pub(crate) struct Restore {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    /// Only check the file
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    confirm: Confirm,
}

impl Restore {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        // Nothing is created for a file that cannot be restored.
        let checked = check(&self.file)?;
        if self.dry_run {
            let Checked { log, head, events, streams, .. } = checked;
            let (log, head) = (log.to_string(), head.position.get());
            return CopiedJson { log, head, events, streams, dry_run: true }.print(context);
        }
        self.confirm.ask("load the backup into the other store", context)?;
        let store = self.target.write().await?;
        let bar = Progress::new(0);
        let done = restore(&self.file, &store).as_checked(checked).on_progress(watched(&bar)).await?;
        drop(bar);
        let Restored { log, head, events, streams, .. } = done;
        CopiedJson { log: log.to_string(), head: head.position.get(), events, streams, dry_run: false }.print(context)
    }
}
