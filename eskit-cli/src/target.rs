use std::path::Path;

use clap::Args;
use eskit::transfer::AnyTransfer;
use eskit::{AnyStore, ConnectOptions, as_transfer};
use eskit_transfer::{Progress as Done, Verified, verify};
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Rows;
use crate::progress::Progress;

/// The option of verbs that work with a second log.
#[derive(Args, Debug)]
#[command(next_help_heading = "The other store")]
pub(crate) struct Target {
    /// The other store; set ESKIT_TO if the DSN holds a password
    #[arg(long, env = "ESKIT_TO", hide_env_values = true, value_name = "DSN")]
    to: Option<String>,

    /// The schema of the other store in PostgreSQL [default: eskit]
    #[arg(long, value_name = "NAME")]
    to_schema: Option<String>,
}

impl Target {
    /// Whether one is named.
    pub(crate) fn is_named(&self) -> bool {
        self.to.as_deref().is_some_and(|dsn| !dsn.is_empty())
    }

    /// Whether one is named, and not a file that a copy would make.
    pub(crate) fn is_there(&self) -> bool {
        let file = self.to.as_deref().and_then(|dsn| dsn.strip_prefix("sqlite:"));
        let file = file.map(|file| file.strip_prefix("//").unwrap_or(file));
        // What names no file is refused when it is opened.
        let is_missing =
            |file: &str| !matches!(file, "" | ":memory:") && !file.contains('?') && !Path::new(file).exists();
        self.is_named() && !file.is_some_and(is_missing)
    }

    /// Opens the other store, which is there.
    pub(crate) async fn read(&self) -> Result<AnyTransfer, Failure> {
        self.open(false).await
    }

    /// Opens the other store to load a log into it, and creates it if it is missing.
    pub(crate) async fn write(&self) -> Result<AnyTransfer, Failure> {
        self.open(true).await
    }

    async fn open(&self, create: bool) -> Result<AnyTransfer, Failure> {
        let missing = || Failure::usage("no other store is named\nhelp: write `--to sqlite:copy.db`, or set ESKIT_TO");
        let dsn = self.to.as_deref().filter(|dsn| !dsn.is_empty()).ok_or_else(missing)?;
        records(&connect(dsn, self.to_schema.as_deref(), create).await?)
    }
}

/// Opens another store: one that is there, for reading, or one to write to, which is created if it is missing.
pub(crate) async fn connect(dsn: &str, schema: Option<&str>, create: bool) -> Result<AnyStore, Failure> {
    let mut options = ConnectOptions::new().create(create).read_only(!create);
    if let Some(schema) = schema {
        options = options.schema(schema);
    }
    Ok(options.connect(dsn).await?)
}

/// The store as one whose whole log can be given out and loaded.
pub(crate) fn records(store: &AnyStore) -> Result<AnyTransfer, Failure> {
    as_transfer(store).ok_or_else(|| Failure::new("this store does not give out its log"))
}

/// Shows how far a run over a whole log has come.
pub(crate) fn watched(bar: &Progress) -> impl FnMut(Done) + Send + '_ {
    |done| bar.move_to(done)
}

/// What was copied, or would be.
#[derive(Serialize)]
pub(crate) struct CopiedJson {
    pub(crate) log: String,
    pub(crate) head: u64,
    pub(crate) events: u64,
    pub(crate) streams: u64,
    pub(crate) dry_run: bool,
}

impl CopiedJson {
    pub(crate) fn print(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        if context.out.is_json() {
            return context.out.json(self);
        }
        let mut rows = Rows::pairs();
        rows.push(["log", &self.log]);
        rows.push([if self.dry_run { "events to copy" } else { "events copied" }, &self.events.to_string()]);
        rows.push([if self.dry_run { "streams to change" } else { "streams changed" }, &self.streams.to_string()]);
        rows.push(["head", &self.head.to_string()]);
        context.out.table(rows)
    }
}

#[derive(Serialize)]
struct ComparedJson {
    equal: bool,
    events: u64,
    respelled: u64,
    sha256: String,
    difference: Option<String>,
}

/// Compares two logs, prints what was found, and fails if they differ.
pub(crate) async fn compare(from: &AnyTransfer, to: &AnyTransfer, context: &mut Context<'_>) -> Result<(), Failure> {
    let bar = Progress::new(0);
    let Verified { difference, events, respelled, sha256, .. } = verify(from, to).on_progress(watched(&bar)).await?;
    drop(bar);
    let difference = difference.map(|found| found.to_string());
    let json = ComparedJson { equal: difference.is_none(), events, respelled, sha256: hex(&sha256), difference };
    if context.out.is_json() {
        context.out.json(&json)?;
    } else {
        let mut rows = Rows::pairs();
        rows.push(["events compared", &json.events.to_string()]);
        if json.respelled > 0 {
            rows.push(["spelled in another way", &json.respelled.to_string()]);
        }
        rows.push(["sha256", &json.sha256]);
        rows.push(["difference", json.difference.as_deref().unwrap_or("none")]);
        context.out.table(rows)?;
    }
    if json.equal { Ok(()) } else { Err(Failure::Told(Exit::Difference)) }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
