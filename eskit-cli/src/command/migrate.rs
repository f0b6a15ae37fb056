use std::time::Duration;

use clap::{Args, ValueEnum};
use eskit::layer::Recoding;
use eskit::log::{ContentType, Place};
use eskit::transfer::{AnyTransfer, Transfer as _};
use eskit::{EventStore as _, MemoryStore};
use eskit_transfer::{CutOver, Migrated, cut_over, migrate};
use serde::Serialize;

use crate::confirm::Confirm;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Rows;
use crate::progress::Progress;
use crate::target::{CopiedJson, Target, compare, records, watched};

/// The longest wait of `--follow` between two looks at streams and at the seal, which wake nobody.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Copy the log into another store. Writes to that one
///
/// The store is created if it is missing, and must be empty or hold the beginning of this log: killed and run again, the command goes
/// on where it ended. Positions, ids, times, tags, appends, deleted events, statuses of streams and the id of the log are kept, so
/// checkpoints stay valid. Programs may append to the log meanwhile.
///
/// `--follow` goes on copying until it is interrupted or the log is sealed. `--cutover` copies and compares all, then seals the log, so
/// that no program can append to it any more, copies and compares the rest, and says that programs may be started with the copy.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  eskit migrate --store sqlite:app.db --to postgres://app@host/app --verify
  eskit migrate --store sqlite:app.db --to postgres://app@host/app --follow
  eskit migrate --store sqlite:app.db --to postgres://app@host/app --cutover
  eskit migrate --store sqlite:app.db --to sqlite:app.cbor.db --recode-to cbor --verify")]
pub(crate) struct Migrate {
    #[command(flatten)]
    target: Target,
    /// Only read and check what would be copied; without `--to`, all of the log
    #[arg(long, conflicts_with_all = ["follow", "cutover"])]
    dry_run: bool,
    /// Then compare both logs by hashes; exits with 3 if they differ. With `--cutover`: all of them, while the log is sealed
    #[arg(long, conflicts_with = "dry_run")]
    verify: bool,
    /// Go on copying until interrupted, or until the log is sealed
    #[arg(long)]
    follow: bool,
    /// Once the copy has caught up, seal the log, and copy and compare the rest. Writes to the log
    #[arg(long)]
    cutover: bool,
    /// Write all JSON and CBOR payloads in this format. Others, such as Protobuf, stay as they are
    #[arg(long, value_name = "FORMAT")]
    recode_to: Option<Format>,
    /// Load at most this many events in one transaction, not a page; a larger append stays whole
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..))]
    batch_size: Option<u64>,
    #[command(flatten)]
    confirm: Confirm,
}

/// A format of payloads.
#[derive(Clone, Copy, ValueEnum, Debug)]
enum Format {
    Json,
    Cbor,
}

impl Format {
    fn content_type(self) -> ContentType {
        match self {
            Format::Json => ContentType::JSON,
            Format::Cbor => ContentType::CBOR,
        }
    }
}

impl Migrate {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.cutover {
            return self.cut_over(context).await;
        }
        let from = self.recoded(records(&context.global.read().await?)?);
        if self.dry_run {
            let to = match self.target.is_there() {
                true => self.target.read().await?,
                false => AnyTransfer::new(MemoryStore::new()),
            };
            let bar = Progress::new(0);
            let done = migrate(&from, &to).on_progress(watched(&bar)).dry_run().await?;
            drop(bar);
            return copied(done, true).print(context);
        }
        self.confirm.ask("copy the log into the other store", context)?;
        let to = self.target.write().await?;
        let done = if self.follow { self.follow(&from, &to).await? } else { self.copy(&from, &to).await? };
        copied(done, false).print(context)?;
        if self.verify { compare(&from, &to, context).await } else { Ok(()) }
    }

    /// The log as it is to be copied, and compared with the copy.
    fn recoded(&self, from: AnyTransfer) -> AnyTransfer {
        match self.recode_to {
            Some(format) => AnyTransfer::new(Recoding::new(from, format.content_type())),
            None => from,
        }
    }

    fn batch_events(&self) -> usize {
        self.batch_size.and_then(|events| usize::try_from(events).ok()).unwrap_or(usize::MAX)
    }

    async fn copy(&self, from: &AnyTransfer, to: &AnyTransfer) -> Result<Migrated, Failure> {
        let bar = Progress::new(0);
        Ok(migrate(from, to).batch_events(self.batch_events()).on_progress(watched(&bar)).await?)
    }

    /// Copies what comes until the program is told to end, after which a batch is finished, or the log is sealed.
    async fn follow(&self, from: &AnyTransfer, to: &AnyTransfer) -> Result<Migrated, Failure> {
        let mut end = std::pin::pin!(eskit::shutdown_signal());
        let mut total: Option<Migrated> = None;
        loop {
            // Sealed before the copy begins, it is whole.
            let is_sealed = from.sealed_at().await?.is_some();
            let mut done = self.copy(from, to).await?;
            if let Some(before) = total {
                done.events += before.events;
                done.streams += before.streams;
            }
            total = Some(done);
            if is_sealed || has_ended(end.as_mut(), from, done.head).await? {
                return Ok(done);
            }
        }
    }

    async fn cut_over(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        let from = self.recoded(records(&context.global.write().await?)?);
        self.confirm.ask("copy the log into the other store, and close it for writes", context)?;
        let to = self.target.write().await?;
        let bar = Progress::new(0);
        let moving = cut_over(&from, &to).batch_events(self.batch_events()).on_progress(watched(&bar));
        let done = if self.verify { moving.compare_all().await? } else { moving.await? };
        drop(bar);
        CutOverJson::new(&done).print(context)
    }
}

/// Waits for new events, but not for long. Returns whether the program was told to end.
async fn has_ended(
    end: std::pin::Pin<&mut impl Future<Output = ()>>,
    from: &AnyTransfer,
    head: Place,
) -> Result<bool, Failure> {
    tokio::select! {
        () = end => Ok(true),
        moved = from.watch(head) => {
            moved?;
            Ok(false)
        }
        () = tokio::time::sleep(LOOK_EVERY) => Ok(false),
    }
}

fn copied(done: Migrated, dry_run: bool) -> CopiedJson {
    let Migrated { log, head, events, streams, .. } = done;
    CopiedJson { log: log.to_string(), head: head.position.get(), events, streams, dry_run }
}

#[derive(Serialize)]
struct CutOverJson {
    log: String,
    head: u64,
    events: u64,
    events_while_sealed: u64,
    streams: u64,
    sealed_at: Option<String>,
    equal: bool,
    difference: Option<String>,
}

impl CutOverJson {
    fn new(done: &CutOver) -> CutOverJson {
        CutOverJson {
            log: done.log.to_string(),
            head: done.head.position.get(),
            events: done.events,
            events_while_sealed: done.events_while_sealed,
            streams: done.streams,
            sealed_at: done.sealed_at.map(|since| since.to_string()),
            equal: done.difference.is_none(),
            difference: done.difference.as_ref().map(ToString::to_string),
        }
    }

    fn print(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        if context.out.is_json() {
            context.out.json(self)?;
        } else {
            let mut rows = Rows::pairs();
            rows.push(["log", &self.log]);
            rows.push(["events copied", &self.events.to_string()]);
            rows.push(["of these while sealed", &self.events_while_sealed.to_string()]);
            rows.push(["streams changed", &self.streams.to_string()]);
            rows.push(["head", &self.head.to_string()]);
            rows.push(["sealed since", self.sealed_at.as_deref().unwrap_or("not sealed")]);
            rows.push(["difference", self.difference.as_deref().unwrap_or("none")]);
            context.out.table(rows)?;
            context.out.line(match (self.equal, &self.sealed_at) {
                (true, _) => "start the programs with the other store; this one takes no more writes",
                (false, None) => "the log was not sealed: programs go on with it",
                (false, Some(_)) => {
                    "start no program with the other store; `eskit store unseal` lets programs go on with this one"
                }
            })?;
        }
        if self.equal { Ok(()) } else { Err(Failure::Told(Exit::Difference)) }
    }
}
