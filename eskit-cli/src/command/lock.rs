use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use eskit::EventStore as _;
use eskit::log::{Pages, Position, Query, QueryItem, ReadOptions, RecordedEvent};
use eskit::schema::{RecordedShapes, ShapeFit};
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Column, Rows};
use crate::progress::Progress;

/// Compare the log with `eskit.lock`
#[derive(Subcommand, Debug)]
pub(crate) enum Lock {
    /// Compare every stored payload with the recorded shapes; exits with 3 if one differs
    Check(Check),
}

impl Lock {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Lock::Check(verb) => verb.run(context).await,
        }
    }
}

/// Compare every stored payload with the recorded shapes; exits with 3 if one differs
///
/// Reads the whole log. Before a deployment, this finds events that the new program could not read.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  eskit lock check
  eskit lock check shop/eskit.lock stock/eskit.lock --type shop.OrderPlaced")]
pub(crate) struct Check {
    /// The files, one for each crate with events [default: eskit.lock]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only events of this type; of any of them, if given several times
    #[arg(long = "type", value_name = "NAME")]
    types: Vec<String>,
    /// Only events after this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    after: u64,
}

/// What was found of the events of one type and version.
#[derive(Serialize)]
struct FoundJson<'f> {
    name: &'f str,
    version: u32,
    recorded: bool,
    events: u64,
    differ: u64,
    /// The position of the first event that differs, and how it does.
    position: Option<u64>,
    difference: Option<&'f str>,
}

#[derive(Default)]
struct Found {
    is_recorded: bool,
    events: u64,
    differ: u64,
    first: Option<(Position, String)>,
}

impl Check {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let files = if self.files.is_empty() { vec![PathBuf::from("eskit.lock")] } else { self.files };
        let shapes = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
        let store = context.global.read().await?;
        let head = store.head().await?.position;
        let query = match self.types.is_empty() {
            true => Query::all(),
            false => QueryItem::types(self.types.iter().map(String::as_str)).into(),
        };
        let progress = Progress::new(head.get());
        let options = ReadOptions::default().after(Position::new(self.after).min(head)).until(head);
        let mut found: BTreeMap<(String, u32), Found> = BTreeMap::new();
        let mut pages = Pages::new(&store, query, options);
        while let Some(page) = pages.next().await? {
            for event in &page {
                let of = found.entry((event.name.to_string(), event.schema_version.get())).or_default();
                of.add(event, compare(&shapes, event));
            }
            progress.set(page.last().map_or(0, |event| event.position.get()));
        }
        drop(progress);
        print(&found, context)?;
        let unrecorded = found.values().filter(|of| !of.is_recorded).count();
        if unrecorded > 0 {
            context
                .remark(&format!("{unrecorded} types or versions are in none of the files, and were not compared"))?;
        }
        if found.values().any(|of| of.differ > 0) { Err(Failure::Told(Exit::Difference)) } else { Ok(()) }
    }
}

fn read(file: &Path) -> Result<RecordedShapes, Failure> {
    let file_name = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(format!(
            "cannot read `{file_name}`: {error}\nhelp: name the `eskit.lock` beside the `Cargo.toml` of the events"
        ))
    })?;
    RecordedShapes::parse(&text).map_err(|error| Failure::new(format!("`{file_name}` is no schema lock: {error}")))
}

/// By the first file that has a record of the event's type and version.
fn compare(shapes: &[RecordedShapes], event: &RecordedEvent) -> ShapeFit {
    let compared = shapes.iter().map(|shapes| shapes.compare(event));
    compared.into_iter().find(|fit| *fit != ShapeFit::NotRecorded).unwrap_or(ShapeFit::NotRecorded)
}

impl Found {
    fn add(&mut self, event: &RecordedEvent, fit: ShapeFit) {
        self.events += 1;
        self.is_recorded |= fit != ShapeFit::NotRecorded;
        if let ShapeFit::Differs(difference) = fit {
            self.differ += 1;
            self.first.get_or_insert((event.position, difference));
        }
    }
}

fn print(found: &BTreeMap<(String, u32), Found>, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut rows = Rows::new(&[
        Column::Text("EVENT TYPE"),
        Column::Number("VERSION"),
        Column::Number("EVENTS"),
        Column::Number("DIFFER"),
        Column::Text("FIRST DIFFERENCE"),
    ]);
    for ((name, version), of) in found {
        if context.out.is_json() {
            context.out.json(&FoundJson {
                name,
                version: *version,
                recorded: of.is_recorded,
                events: of.events,
                differ: of.differ,
                position: of.first.as_ref().map(|(position, _)| position.get()),
                difference: of.first.as_ref().map(|(_, difference)| difference.as_str()),
            })?;
            continue;
        }
        let first = of.first.as_ref().map(|(position, difference)| format!("at position {position}: {difference}"));
        let differ = if of.is_recorded { of.differ.to_string() } else { "?".to_owned() };
        rows.push([name.clone(), version.to_string(), of.events.to_string(), differ, first.unwrap_or_default()]);
    }
    context.out.table(rows)
}
