use clap::{Args, Subcommand};
use eskit::log::Position;
use eskit::subscription::{Asked, Checkpoint, ParkedEvent};
use serde::Serialize;

use super::events::find;
use crate::asking::{Asking, Of, names, unknown};
use crate::confirm::Confirm;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Column, Rows, shown};
use crate::record;
use crate::value::EventRef;
use crate::views::{AnyViews, ViewsArgs};

/// List parked events, show one, drop one, or hand them over again
///
/// An event is parked after its handler failed, and so are later events with the same key.
#[derive(Subcommand, Debug)]
pub(crate) enum Parked {
    /// List the parked events of one projection, or of all
    List(List),
    /// Show a parked event with its error and, with a log, its payload
    Show(Show),
    /// Remove a parked event without handling it. Writes
    Drop(Drop),
    Replay(Replay),
}

impl Parked {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Parked::List(verb) => verb.run(context).await,
            Parked::Show(verb) => verb.run(context).await,
            Parked::Drop(verb) => verb.run(context).await,
            Parked::Replay(verb) => verb.run(context).await,
        }
    }
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

/// Hand parked events over again, in the program that runs the projection. Writes
///
/// Those of each key in order, until one fails again; it stays parked, and so do those behind it. If no program runs the projection, it
/// is done when one starts.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  eskit parked replay course-list 4711 --yes --wait 60 --views sqlite:app.views.db
  eskit parked replay course-list --all --yes --views sqlite:app.views.db")]
pub(crate) struct Replay {
    #[command(flatten)]
    of: Of,
    /// The position of a parked event: the events with its key are handed over
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    position: Option<u64>,
    /// Hand over the events of all keys
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    asking: Asking,
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

/// The version that is meant, and the parked event at this position.
async fn find_parked(of: &Of, views: &AnyViews, position: u64) -> Result<(Checkpoint, ParkedEvent), Failure> {
    let found = of.find(views).await?;
    let parked = views.parked(&found.name, found.version).await?;
    let none = || {
        let text = format!("`{}` version {} has no parked event at position {position}", found.name, found.version);
        Failure::new(format!("{text}\nhelp: `eskit parked list {}` lists them", found.name))
    };
    let event = parked.into_iter().find(|event| event.position.get() == position).ok_or_else(none)?;
    Ok((found, event))
}

impl Replay {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.of.views.open().await?;
        let (of, key) = match self.position {
            Some(position) => {
                let (of, event) = find_parked(&self.of, &views, position).await?;
                (of, Some(event.key))
            }
            None => (self.of.find(&views).await?, None),
        };
        let which = key
            .as_ref()
            .map_or("all parked events".to_owned(), |key| format!("the parked events with the key `{key}`"));
        let what = format!("hand {which} to `{}` version {} again", of.name, of.version);
        self.asking.ask(&views, &of, Asked::Replay(key), &what, context).await
    }
}

impl Show {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.of.views.open().await?;
        let (of, parked) = find_parked(&self.of, &views, self.position).await?;
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
        let (of, parked) = find_parked(&self.of, &views, self.position).await?;
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
