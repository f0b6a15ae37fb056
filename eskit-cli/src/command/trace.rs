use std::collections::{HashMap, HashSet};

use clap::Args;
use eskit::command_log::KeptCommand;
use eskit::log::{EventId, Pages, Place, Position, Query, QueryItem, ReadOptions, RecordedEvent};
use eskit::{AnyStore, EventStore as _};
use serde::Serialize;

use super::commands::{EntryJson, fields, led_to};
use super::events::find;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::shown;
use crate::progress::Progress;
use crate::record;
use crate::value::EventRef;
use crate::views::ViewsArgs;

/// Show what caused an event, and what it caused
///
/// Follows the causation ids of events. Those that an event has caused are not indexed: the log is read once, from the first cause on.
/// With views that keep a log of commands, also shows the command that led to the event.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  eskit trace 17\n  eskit trace 0195f3a6-5c1e-7d2b-9a43-2f6d8e0b1c57 --until 5000")]
pub(crate) struct Trace {
    /// The position of the event, or its id
    #[arg(value_name = "POSITION|ID")]
    event: EventRef,
    /// Look for what it caused up to this position only
    #[arg(long, value_name = "POSITION")]
    until: Option<u64>,
    /// Print at most this many events
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    #[command(flatten)]
    views: ViewsArgs,
}

/// An event of a tree.
#[derive(Serialize)]
struct TracedJson<'e> {
    /// How many causes of the tree are above it.
    depth: usize,
    /// Whether it is the event that was asked for.
    asked: bool,
    #[serde(flatten)]
    event: record::EventJson<'e>,
    /// The command that led to the event that was asked for, if the views have it.
    command: Option<EntryJson<'e>>,
}

impl Trace {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = context.global.read().await?;
        let asked = find(&store, self.event).await?;
        let place = asked.place();
        let command = match self.views.are_named() {
            true => led_to(&self.views.open().await?, place).await?,
            false => None,
        };
        let causes = causes(&store, asked).await?;
        let until = self.until.map(Position::new);
        let tree = Tree::read(&store, causes, until, self.limit).await?;
        tree.print(place, command.as_ref(), context)?;
        if let Some(command) = command.filter(|_| !context.out.is_json()) {
            context.out.line("")?;
            context.out.table(fields(&command).0)?;
        }
        if tree.is_cut {
            context.remark("there are more: raise `--limit`")?;
        }
        Ok(())
    }
}

/// An event with what caused it, and what caused that: the first cause comes last.
async fn causes(store: &AnyStore, asked: RecordedEvent) -> Result<Vec<RecordedEvent>, Failure> {
    let (mut chain, mut seen) = (vec![asked], HashSet::new());
    while let Some(last) = chain.last()
        && seen.insert(last.id)
        && let Some(cause) = last.metadata.causation_id().and_then(|id| id.parse::<EventId>().ok())
    {
        let page = store.read(&QueryItem::ids([cause]).into(), ReadOptions::default().limit(1)).await?;
        match page.events.into_iter().next().filter(|event| !seen.contains(&event.id)) {
            Some(event) => chain.push(event),
            // A command, or an event that was deleted or is in another log.
            None => break,
        }
    }
    Ok(chain)
}

/// What the first cause has led to.
struct Tree {
    root: RecordedEvent,
    effects: HashMap<EventId, Vec<RecordedEvent>>,
    is_cut: bool,
}

impl Tree {
    /// Reads the log from the first cause on: an effect always comes after its cause.
    async fn read(
        store: &AnyStore,
        mut causes: Vec<RecordedEvent>,
        until: Option<Position>,
        limit: usize,
    ) -> Result<Tree, Failure> {
        let Some(root) = causes.pop() else { return Err(Failure::new("there is no event to begin with")) };
        let head = store.head().await?.position;
        // The way to the event that was asked for is part of the tree, wherever the limits cut it.
        let known: HashSet<EventId> = causes.iter().map(|event| event.id).collect();
        let mut in_tree = HashSet::from([root.id.to_string()]);
        let mut tree = Tree { root, effects: HashMap::new(), is_cut: false };
        for event in causes.into_iter().rev() {
            in_tree.insert(event.id.to_string());
            tree.add(event);
        }
        let mut left = limit.saturating_sub(in_tree.len());
        let last = until.map_or(head, |until| until.min(head));
        let first = tree.root.position;
        let progress = Progress::new(last.get().saturating_sub(first.get()));
        let mut pages = Pages::new(store, Query::all(), ReadOptions::default().after(first).until(last));
        while !tree.is_cut
            && let Some(page) = pages.next().await?
        {
            progress.set(page.last().map_or(0, |event| event.position.get() - first.get()));
            for event in page {
                let is_effect = event.metadata.causation_id().is_some_and(|cause| in_tree.contains(cause));
                if !is_effect || known.contains(&event.id) {
                    continue;
                }
                if left == 0 {
                    tree.is_cut = true;
                    break;
                }
                left -= 1;
                in_tree.insert(event.id.to_string());
                tree.add(event);
            }
        }
        Ok(tree)
    }

    fn add(&mut self, event: RecordedEvent) {
        if let Some(cause) = event.metadata.causation_id().and_then(|id| id.parse().ok()) {
            self.effects.entry(cause).or_default().push(event);
        }
    }

    fn effects(&self, event: &RecordedEvent) -> Vec<&RecordedEvent> {
        let mut effects: Vec<&RecordedEvent> = self.effects.get(&event.id).into_iter().flatten().collect();
        effects.sort_by_key(|event| event.position);
        effects
    }

    /// Prints each event below its cause.
    fn print(&self, asked: Place, command: Option<&KeptCommand>, context: &mut Context<'_>) -> Result<(), Failure> {
        if !context.out.is_json()
            && let Some(cause) = self.root.metadata.causation_id()
        {
            context.out.line(&format!("caused by {}, which is no event of this log", shown(cause)))?;
        }
        // Not by recursion: a chain may be long.
        let mut next = vec![(&self.root, String::new(), "", 0)];
        while let Some((event, indent, branch, depth)) = next.pop() {
            let is_asked = event.place() == asked;
            if context.out.is_json() {
                let command = command.filter(|_| is_asked).map(EntryJson::new);
                context.out.json(&TracedJson { depth, asked: is_asked, event: record::event(event), command })?;
            } else {
                let mark = if is_asked { "  <- this event" } else { "" };
                context.out.line(&format!("{indent}{branch}{}{mark}", line(event)))?;
            }
            let below = match branch {
                "" => indent,
                "└─ " => indent + "   ",
                _ => indent + "│  ",
            };
            for (index, effect) in self.effects(event).into_iter().rev().enumerate() {
                next.push((effect, below.clone(), if index == 0 { "└─ " } else { "├─ " }, depth + 1));
            }
        }
        Ok(())
    }
}

fn line(event: &RecordedEvent) -> String {
    let stream = event.stream.as_ref().map(|at| format!("  {}", at.stream)).unwrap_or_default();
    shown(&format!("{}  {}{stream}  {}", event.position, event.name, event.recorded_at))
}
