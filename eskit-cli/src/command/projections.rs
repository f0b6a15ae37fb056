mod steer;

use clap::{Args, Subcommand};
use eskit::EventStore as _;
use eskit::log::{LogId, Position};
use eskit::subscription::{Checkpoint, Partition, Request};
use serde::Serialize;

use crate::asking::{RequestJson, lines, names, request_to, unknown};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Column, Rows};
use crate::views::{AnyViews, ViewsArgs};
use steer::{Pause, Rebuild, Reset, Resume};

/// List projections and processors, show one, or steer one in the programs that run it
///
/// Programs look for what is asked here twice a second; it waits for them if none runs.
#[derive(Subcommand, Debug)]
pub(crate) enum Projections {
    /// List all checkpoints of the views
    List(List),
    /// Show the checkpoints of one projection, the events that it takes, and what was asked of it last
    Show(Show),
    Pause(Pause),
    Resume(Resume),
    Reset(Reset),
    Rebuild(Rebuild),
}

impl Projections {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Projections::List(verb) => verb.run(context).await,
            Projections::Show(verb) => verb.run(context).await,
            Projections::Pause(verb) => verb.run(context).await,
            Projections::Resume(verb) => verb.run(context).await,
            Projections::Reset(verb) => verb.run(context).await,
            Projections::Rebuild(verb) => verb.run(context).await,
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

/// Show the checkpoints of one projection, the events that it takes, and what was asked of it last
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
    /// Since when it is paused from outside of the programs, if it is.
    paused_at: Option<String>,
    /// What was asked of it last, if anything was.
    asked: Option<RequestJson<'c>>,
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
        request: Option<&'c Request>,
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
            paused_at: request.and_then(|request| request.paused_at).map(|at| at.to_string()),
            asked: request.map(RequestJson::new),
        })
    }
}

impl List {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.views.open().await?;
        let end = End::read(context).await?;
        let (checkpoints, requests) = (views.checkpoints().await?, views.requests().await?);
        print(&checkpoints, &requests, &views, end.as_ref(), context).await
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
        let requests = views.requests().await?;
        print(&checkpoints, &requests, &views, end.as_ref(), context).await?;
        if context.out.is_json() {
            return Ok(());
        }
        for checkpoint in checkpoints.iter().filter(|checkpoint| checkpoint.partition.index == 0) {
            context.out.line(&format!("\nversion {} takes {}", checkpoint.version, checkpoint.events.join(", ")))?;
            for line in request_to(&requests, checkpoint).map(lines).unwrap_or_default() {
                context.out.line(&line)?;
            }
        }
        Ok(())
    }
}

async fn print(
    checkpoints: &[Checkpoint],
    requests: &[Request],
    views: &AnyViews,
    end: Option<&End>,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let mut rows = Rows::new(&[
        Column::Text("PROJECTION"),
        Column::Number("VERSION"),
        Column::Text("PART"),
        Column::Text("ACTIVE"),
        Column::Text("PAUSED"),
        Column::Number("POSITION"),
        Column::Number("BEHIND"),
        Column::Number("PARKED"),
        Column::Text("SAVED AT"),
    ]);
    for checkpoint in checkpoints {
        let json = CheckpointJson::new(checkpoint, views, end, request_to(requests, checkpoint)).await?;
        if context.out.is_json() {
            context.out.json(&json)?;
            continue;
        }
        rows.push([
            json.name.to_owned(),
            json.version.to_string(),
            format!("{} of {}", json.part.index + 1, json.part.count),
            yes_no(json.active),
            yes_no(json.paused_at.is_some()),
            json.position.to_string(),
            json.behind.map(|events| events.to_string()).unwrap_or_default(),
            json.parked.to_string(),
            json.saved_at,
        ]);
    }
    context.out.table(rows)
}

fn yes_no(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}
