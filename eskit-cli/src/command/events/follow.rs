use clap::Args;
use eskit::EventStore as _;
use eskit::log::{Pages, Place, Position, ReadOptions};

use super::filter::Filter;
use super::search::cells;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::shown;
use crate::record;

/// Print events as they are appended
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  eskit events follow --type bank.MoneyDeposited
  eskit events follow --after 0 --json | jq -c .payload")]
pub(crate) struct Follow {
    #[command(flatten)]
    filter: Filter,
    /// Begin after this position, not at the end of the log
    #[arg(long, value_name = "POSITION")]
    after: Option<u64>,
    /// End after this many events
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

impl Follow {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = context.global.read().await?;
        let mut done = match self.after {
            Some(after) => Place::from(Position::new(after)),
            None => store.head().await?,
        };
        let mut left = self.limit.unwrap_or(usize::MAX);
        while left > 0 {
            let head = store.watch(done).await?;
            let range = ReadOptions::default().after(done).until(head.position);
            let mut pages = Pages::new(&store, self.filter.query(), range);
            while left > 0
                && let Some(page) = pages.next().await?
            {
                for event in page.iter().filter(|event| self.filter.matches(event)).take(left) {
                    left -= 1;
                    if context.out.is_json() {
                        context.out.json(&record::event(event))?;
                    } else {
                        context.out.line(shown(&cells(event).join("  ")).trim_end())?;
                    }
                }
                context.out.flush()?;
            }
            done = head;
        }
        Ok(())
    }
}
