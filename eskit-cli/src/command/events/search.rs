use clap::Args;
use eskit::EventStore as _;
use eskit::log::{Pages, Position, ReadOptions, RecordedEvent};

use super::filter::Filter;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Column, Rows};
use crate::progress::Progress;
use crate::record;

/// Events of a page where each is compared.
const PAGE: usize = 1000;

/// Search events, the newest first
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  eskit events search --type bank.MoneyDeposited --since 2026-11-01
  eskit events search --tag course:maths --oldest --limit 500 --json")]
pub(crate) struct Search {
    #[command(flatten)]
    filter: Filter,
    /// Only events after this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    after: u64,
    /// Only events before this position
    #[arg(long, value_name = "POSITION")]
    before: Option<u64>,
    /// Begin with the oldest
    #[arg(long)]
    oldest: bool,
    /// Print at most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

impl Search {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = context.global.read().await?;
        let head = store.head().await?.position;
        let until = self.before.map_or(head, |before| Position::new(before).previous().min(head));
        let after = Position::new(self.after);
        // One more tells whether the limit cuts anything off.
        let page = if self.filter.is_query() { self.limit.saturating_add(1).min(PAGE) } else { PAGE };
        let mut options = ReadOptions::default().after(after.min(head)).until(until).limit(page);
        if !self.oldest {
            options = options.backward();
        }
        let progress = Progress::new(until.get().saturating_sub(after.get()));
        let mut found = Found { left: self.limit, cut_at: None, events: Vec::new(), limit: self.limit };
        let mut pages = Pages::new(&store, self.filter.query(), options);
        while found.cut_at.is_none()
            && let Some(page) = pages.next().await?
        {
            for event in page.into_iter().filter(|event| self.filter.matches(event)) {
                found.add(event, context)?;
            }
            let come_to = found.events.last().map_or(until, |last| last.position);
            progress.set(if self.oldest { come_to.get() } else { until.get().saturating_sub(come_to.get()) });
        }
        drop(progress);
        if found.is_empty() {
            self.filter.say_what_is_unknown(&store, context).await?;
        }
        found.end(self.oldest, context)
    }
}

/// The events that are printed.
struct Found {
    left: usize,
    /// The position of the first event that was left out.
    cut_at: Option<Position>,
    /// The rows of the table; not for JSON.
    events: Vec<RecordedEvent>,
    limit: usize,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.left == self.limit && self.cut_at.is_none()
    }

    fn add(&mut self, event: RecordedEvent, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.left == 0 {
            self.cut_at.get_or_insert(event.position);
            return Ok(());
        }
        self.left -= 1;
        if context.out.is_json() {
            return context.out.json(&record::event(&event));
        }
        self.events.push(event);
        Ok(())
    }

    fn end(self, is_ascending: bool, context: &mut Context<'_>) -> Result<(), Failure> {
        context.out.table(table(&self.events))?;
        if let Some(at) = self.cut_at {
            let go_on = match is_ascending {
                true => format!("--after {}", at.previous()),
                false => format!("--before {}", at.next()),
            };
            context.remark(&format!("there are more: raise `--limit`, or go on with `{go_on}`"))?;
        }
        Ok(())
    }
}

/// One line for each event.
fn table(events: &[RecordedEvent]) -> Rows {
    let mut rows = Rows::new(&[
        Column::Number("POSITION"),
        Column::Text("RECORDED AT"),
        Column::Text("TYPE"),
        Column::Text("STREAM"),
        Column::Text("TAGS"),
    ]);
    for event in events {
        rows.push(cells(event));
    }
    rows
}

/// The cells of an event.
pub(super) fn cells(event: &RecordedEvent) -> [String; 5] {
    let tags: Vec<&str> = event.tags.iter().map(|tag| tag.as_str()).collect();
    [
        event.position.to_string(),
        event.recorded_at.to_string(),
        event.name.to_string(),
        event.stream.as_ref().map(|at| at.stream.to_string()).unwrap_or_default(),
        tags.join(" "),
    ]
}
