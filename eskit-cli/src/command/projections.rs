use clap::{Args, Subcommand};
use eskit::EventStore as _;
use eskit::log::{LogId, Position};
use eskit::subscription::{Checkpoint, Partition};
use serde::Serialize;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Column, Rows};
use crate::views::{AnyViews, ViewsArgs};

/// List projections and processors with their checkpoints, or show one
#[derive(Subcommand, Debug)]
pub(crate) enum Projections {
    /// List all checkpoints of the views
    List(List),
    /// Show the checkpoints of one projection, and the events that it takes
    Show(Show),
}

impl Projections {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Projections::List(verb) => verb.run(context).await,
            Projections::Show(verb) => verb.run(context).await,
        }
    }
}

/// List all checkpoints of the views
///
/// With a log, also how far they are behind its end.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit projections list --store sqlite:app.db --views sqlite:app.views.db")]
pub(crate) struct List {
    #[command(flatten)]
    views: ViewsArgs,
}

/// Show the checkpoints of one projection, and the events that it takes
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit projections show course-list --views sqlite:app.views.db")]
pub(crate) struct Show {
    /// The name of the projection
    name: String,
    #[command(flatten)]
    views: ViewsArgs,
}

/// A checkpoint.
#[derive(Serialize)]
struct CheckpointJson<'c> {
    name: &'c str,
    version: u32,
    part: Partition,
    active: bool,
    log: String,
    position: u64,
    event: Option<String>,
    /// How many positions it is behind the end of the log, if that is known and is the log that it follows.
    behind: Option<u64>,
    /// How many events of this version are parked.
    parked: usize,
    epoch: u64,
    saved_at: String,
    events: &'c [String],
}

/// The end of the log that was named, if one was.
struct End {
    log: LogId,
    head: Position,
}

impl End {
    async fn read(context: &Context<'_>) -> Result<Option<End>, Failure> {
        if !context.global.has_store() {
            return Ok(None);
        }
        let store = context.global.read().await?;
        Ok(Some(End { log: store.log_id().await?, head: store.head().await?.position }))
    }
}

impl<'c> CheckpointJson<'c> {
    async fn new(
        checkpoint: &'c Checkpoint,
        views: &AnyViews,
        end: Option<&End>,
    ) -> Result<CheckpointJson<'c>, Failure> {
        let own = end.filter(|end| end.log == checkpoint.log);
        Ok(CheckpointJson {
            name: &checkpoint.name,
            version: checkpoint.version,
            part: checkpoint.partition,
            active: checkpoint.is_active,
            log: checkpoint.log.to_string(),
            position: checkpoint.place.position.get(),
            event: checkpoint.place.id.map(|id| id.to_string()),
            behind: own.map(|end| end.head.get().saturating_sub(checkpoint.place.position.get())),
            parked: views.parked(&checkpoint.name, checkpoint.version).await?.len(),
            epoch: checkpoint.epoch,
            saved_at: checkpoint.saved_at.to_string(),
            events: &checkpoint.events,
        })
    }
}

impl List {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.views.open().await?;
        let end = End::read(context).await?;
        let checkpoints = views.checkpoints().await?;
        print(&checkpoints, &views, end.as_ref(), context).await
    }
}

impl Show {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.views.open().await?;
        let end = End::read(context).await?;
        let mut checkpoints = views.checkpoints().await?;
        let known: Vec<String> = names(&checkpoints);
        checkpoints.retain(|checkpoint| checkpoint.name == self.name);
        if checkpoints.is_empty() {
            return Err(unknown(&self.name, &known));
        }
        print(&checkpoints, &views, end.as_ref(), context).await?;
        if context.out.is_json() {
            return Ok(());
        }
        for checkpoint in checkpoints.iter().filter(|checkpoint| checkpoint.partition.index == 0) {
            context.out.line(&format!("\nversion {} takes {}", checkpoint.version, checkpoint.events.join(", ")))?;
        }
        Ok(())
    }
}

/// The names of all projections that have a checkpoint.
pub(super) fn names(checkpoints: &[Checkpoint]) -> Vec<String> {
    let mut names: Vec<String> = checkpoints.iter().map(|checkpoint| checkpoint.name.clone()).collect();
    names.dedup();
    names
}

/// The views have no projection of this name.
pub(super) fn unknown(name: &str, known: &[String]) -> Failure {
    let help = if known.is_empty() { "they have none".to_owned() } else { format!("they have {}", known.join(", ")) };
    Failure::new(format!("the views have no checkpoint of `{name}`\nhelp: {help}"))
}

async fn print(
    checkpoints: &[Checkpoint],
    views: &AnyViews,
    end: Option<&End>,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let mut rows = Rows::new(&[
        Column::Text("PROJECTION"),
        Column::Number("VERSION"),
        Column::Text("PART"),
        Column::Text("ACTIVE"),
        Column::Number("POSITION"),
        Column::Number("BEHIND"),
        Column::Number("PARKED"),
        Column::Text("SAVED AT"),
    ]);
    for checkpoint in checkpoints {
        let json = CheckpointJson::new(checkpoint, views, end).await?;
        if context.out.is_json() {
            context.out.json(&json)?;
            continue;
        }
        rows.push([
            json.name.to_owned(),
            json.version.to_string(),
            format!("{} of {}", json.part.index + 1, json.part.count),
            if json.active { "yes" } else { "no" }.to_owned(),
            json.position.to_string(),
            json.behind.map(|events| events.to_string()).unwrap_or_default(),
            json.parked.to_string(),
            json.saved_at,
        ]);
    }
    context.out.table(rows)
}
