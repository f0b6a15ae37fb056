use clap::Args;
use eskit::command_log::CommandQuery;

use super::entry::{EntryJson, fields};
use crate::context::Context;
use crate::failure::Failure;
use crate::views::ViewsArgs;

/// Show one command: who sent it, what came of it, and what it was decided on
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit commands show 17 --views sqlite:app.views.db")]
pub(crate) struct Show {
    /// Its id, as `commands list` has it
    id: u64,
    #[command(flatten)]
    views: ViewsArgs,
}

impl Show {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let page = self.views.open().await?.find_commands(CommandQuery::new().id(self.id)).await?;
        let Some(found) = page.entries.first() else {
            let text = format!("there is no command {}\nhelp: `eskit commands list` has those that are kept", self.id);
            return Err(Failure::new(text));
        };
        if context.out.is_json() {
            return context.out.json(&EntryJson::new(found));
        }
        let (rows, payload) = fields(found);
        context.out.table(rows)?;
        let Some(payload) = payload else { return Ok(()) };
        context.out.line("")?;
        context.out.line(&payload)
    }
}
