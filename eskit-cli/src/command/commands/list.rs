use clap::Args;
use clap::builder::PossibleValuesParser;
use eskit::Timestamp;
use eskit::command_log::{CommandQuery, KeptCommand};
use eskit::execute::OutcomeKind;
use eskit::log::Position;

use super::entry::{EntryJson, positions, shown};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Column, Rows};
use crate::value;
use crate::views::ViewsArgs;

/// Entries that are read at once.
const PAGE: usize = 1_000;

/// List commands, the newest first
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  eskit commands list --outcome refused --since 2026-11-30 --views sqlite:app.views.db
  eskit commands list --correlation request-17 --json | jq .command
  eskit commands list --event 4711")]
pub(crate) struct List {
    /// Of this type, by its Rust name
    #[arg(long = "type", value_name = "NAME")]
    command: Option<String>,
    /// With this correlation id
    #[arg(long, value_name = "ID")]
    correlation: Option<String>,
    /// With this outcome
    #[arg(long, value_name = "OUTCOME", value_parser = PossibleValuesParser::new(OutcomeKind::ALL.map(OutcomeKind::as_str)))]
    outcome: Option<String>,
    /// Begun at this time or later
    #[arg(long, value_name = "TIME", value_parser = value::time)]
    since: Option<Timestamp>,
    /// Begun before this time
    #[arg(long, value_name = "TIME", value_parser = value::time)]
    until: Option<Timestamp>,
    /// That appended the event at this position, or found it appended
    #[arg(long, value_name = "POSITION")]
    event: Option<u64>,
    /// Only commands before this one
    #[arg(long, value_name = "ID")]
    before: Option<u64>,
    /// Print at most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    views: ViewsArgs,
}

impl List {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.views.open().await?;
        let mut query = CommandQuery::new();
        let outcome = self.outcome.as_deref().and_then(OutcomeKind::from_name);
        (query.command, query.correlation_id, query.outcome) = (self.command, self.correlation, outcome);
        (query.from, query.until, query.before) = (self.since, self.until, self.before);
        query.event = self.event.map(|position| Position::new(position).into());
        let mut rows = Rows::new(&[
            Column::Number("ID"),
            Column::Text("BEGAN AT"),
            Column::Text("COMMAND"),
            Column::Text("OUTCOME"),
            Column::Text("EVENTS"),
            Column::Number("TRIES"),
            Column::Number("TOOK"),
            Column::Text("TAGS"),
        ]);
        let (mut left, mut cut_at) = (self.limit, None);
        while cut_at.is_none() {
            // One more tells whether the limit cuts anything off.
            let page = views.find_commands(query.clone().limit(left.saturating_add(1).min(PAGE) as u32)).await?;
            for kept in &page.entries {
                if left == 0 {
                    cut_at = Some(kept.id);
                    break;
                }
                left -= 1;
                if context.out.is_json() { context.out.json(&EntryJson::new(kept))? } else { rows.push(cells(kept)) }
            }
            let Some(next) = page.next else { break };
            query = query.before(next);
        }
        context.out.table(rows)?;
        if let Some(at) = cut_at {
            let go_on = at.saturating_add(1);
            context.remark(&format!("there are more: raise `--limit`, or go on with `--before {go_on}`"))?;
        }
        Ok(())
    }
}

fn cells(KeptCommand { id, entry }: &KeptCommand) -> [String; 8] {
    [
        id.to_string(),
        entry.began_at.to_string(),
        entry.command.clone(),
        entry.outcome.to_string(),
        entry.events.map(positions).unwrap_or_default(),
        entry.attempts.to_string(),
        shown(entry.duration),
        entry.tags.join(" "),
    ]
}
