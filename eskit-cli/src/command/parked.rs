use clap::{Args, Subcommand};
use eskit::log::Position;
use eskit::subscription::{Checkpoint, ParkedEvent};
use serde::Serialize;

use super::events::find;
use super::projections::{names, unknown};
use crate::confirm::Confirm;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Column, Rows, shown};
use crate::record;
use crate::value::EventRef;
use crate::views::{AnyViews, ViewsArgs};

/// List parked events, show one, or drop one
///
/// An event is parked after its handler failed, and so are later events with the same key. To hand them over again takes the handlers:
/// `Running::parked` of the program.
#[derive(Subcommand, Debug)]
pub(crate) enum Parked {
    /// List the parked events of one projection, or of all
    List(List),
    /// Show a parked event with its error and, with a log, its payload
    Show(Show),
    /// Remove a parked event without handling it. Writes
    Drop(Drop),
}

impl Parked {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Parked::List(verb) => verb.run(context).await,
            Parked::Show(verb) => verb.run(context).await,
            Parked::Drop(verb) => verb.run(context).await,
        }
    }
}

/// Which version of which projection.
#[derive(Args, Debug)]
struct Of {
    /// The name of the projection
    name: String,
    /// The version [default: the one that readers see, or else the newest]
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    #[command(flatten)]
    views: ViewsArgs,
}

/// List the parked events of one projection, or of all
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit parked list --views sqlite:app.views.db")]
pub(crate) struct List {
    /// Only of this projection
    name: Option<String>,
    /// Print at most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    views: ViewsArgs,
}

/// Show a parked event with its error and, with a log, its payload
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  eskit parked show course-list 4711 --views sqlite:app.views.db --store sqlite:app.db"
)]
pub(crate) struct Show {
    #[command(flatten)]
    of: Of,
    /// The position of the event
    position: u64,
}

/// Remove a parked event without handling it. Writes
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit parked drop course-list 4711 --views sqlite:app.views.db")]
pub(crate) struct Drop {
    #[command(flatten)]
    of: Of,
    /// The position of the event
    position: u64,
    #[command(flatten)]
    confirm: Confirm,
}

/// A parked event.
#[derive(Serialize)]
struct ParkedJson<'p> {
    projection: &'p str,
    version: u32,
    position: u64,
    id: String,
    key: &'p str,
    error: &'p str,
    attempts: u32,
    parked_at: String,
}

impl<'p> ParkedJson<'p> {
    fn new(of: &'p Checkpoint, parked: &'p ParkedEvent) -> ParkedJson<'p> {
        ParkedJson {
            projection: &of.name,
            version: of.version,
            position: parked.position.get(),
            id: parked.id.to_string(),
            key: &parked.key,
            error: &parked.text,
            attempts: parked.attempts,
            parked_at: parked.parked_at.to_string(),
        }
    }
}

impl List {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.views.open().await?;
        let mut checkpoints = views.checkpoints().await?;
        let known = names(&checkpoints);
        // Parked events are of a version, not of its parts.
        checkpoints.retain(|of| of.partition.index == 0 && self.name.as_ref().is_none_or(|name| of.name == *name));
        if let (Some(name), true) = (&self.name, checkpoints.is_empty()) {
            return Err(unknown(name, &known));
        }
        let mut rows = Rows::new(&[
            Column::Text("PROJECTION"),
            Column::Number("VERSION"),
            Column::Number("POSITION"),
            Column::Text("KEY"),
            Column::Number("ATTEMPTS"),
            Column::Text("PARKED AT"),
            Column::Text("ERROR"),
        ]);
        let mut left = self.limit;
        for of in &checkpoints {
            let parked = views.parked(&of.name, of.version).await?;
            for event in parked.iter().take(left) {
                let json = ParkedJson::new(of, event);
                if context.out.is_json() {
                    context.out.json(&json)?;
                    continue;
                }
                let (version, position) = (json.version.to_string(), json.position.to_string());
                // The first line says what happened, and the others what to do.
                let error = first_line(json.error);
                rows.push([
                    json.projection,
                    &version,
                    &position,
                    json.key,
                    &json.attempts.to_string(),
                    &json.parked_at,
                    error,
                ]);
            }
            if parked.len() > left {
                context.out.table(rows)?;
                return context.remark("there are more: raise `--limit`, or name a projection");
            }
            left -= parked.len();
        }
        context.out.table(rows)
    }
}

fn first_line(error: &str) -> &str {
    match error.lines().next() {
        Some(line) => line,
        None => "(waits behind another event with its key)",
    }
}

impl Of {
    /// The version that is meant, and the parked event at this position.
    async fn find(&self, views: &AnyViews, position: u64) -> Result<(Checkpoint, ParkedEvent), Failure> {
        let checkpoints = views.checkpoints().await?;
        let known = names(&checkpoints);
        let own = checkpoints.into_iter().filter(|of| of.name == self.name);
        let wanted = own.filter(|of| self.version.is_none_or(|version| of.version == version));
        let of = wanted.max_by_key(|of| (of.is_active, of.version)).ok_or_else(|| unknown(&self.name, &known))?;
        let parked = views.parked(&of.name, of.version).await?;
        let none = || {
            let text = format!("`{}` version {} has no parked event at position {position}", of.name, of.version);
            Failure::new(format!("{text}\nhelp: `eskit parked list {}` lists them", of.name))
        };
        let found = parked.into_iter().find(|event| event.position.get() == position).ok_or_else(none)?;
        Ok((of, found))
    }
}

impl Show {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.of.views.open().await?;
        let (of, parked) = self.of.find(&views, self.position).await?;
        let json = ParkedJson::new(&of, &parked);
        if context.out.is_json() {
            return context.out.json(&json);
        }
        let mut rows = Rows::pairs();
        rows.push(["projection", &format!("{} version {}", json.projection, json.version)]);
        rows.push(["position", &json.position.to_string()]);
        rows.push(["id", &json.id]);
        rows.push(["key", json.key]);
        rows.push(["attempts", &json.attempts.to_string()]);
        rows.push(["parked at", &json.parked_at]);
        context.out.table(rows)?;
        for line in if json.error.is_empty() { first_line("") } else { json.error }.lines() {
            context.out.line(&format!("  {}", shown(line)))?;
        }
        if context.global.has_store() {
            let event = find(&context.global.read().await?, EventRef::WithId(parked.id)).await?;
            context.out.line(&format!("\n{} version {}", event.name, event.schema_version))?;
            context.out.line(&record::payload_text(&event))?;
        }
        Ok(())
    }
}

impl Drop {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.of.views.open().await?;
        let (of, parked) = self.of.find(&views, self.position).await?;
        let what = format!("drop the event at position {} from the parked events of `{}`", self.position, of.name);
        self.confirm.ask(&what, context)?;
        views.drop_parked(&of.name, of.version, Position::new(self.position)).await?;
        let json = ParkedJson::new(&of, &parked);
        if context.out.is_json() {
            return context.out.json(&json);
        }
        context.out.line(&format!(
            "dropped the event at position {}; `{}` version {} never handles it",
            self.position, of.name, of.version
        ))
    }
}
