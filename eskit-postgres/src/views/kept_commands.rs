use eskit_runtime::StoreError;
use eskit_runtime::command_log::{CommandEntries, CommandEntry, CommandPage, CommandQuery, RemoveCommands};

use super::commands;
use super::postgres_views::PostgresViews;

/// The entries are in the table `commands` in the schema of the views.
impl CommandEntries for PostgresViews {
    async fn add_commands(&self, entries: Vec<CommandEntry>) -> Result<(), StoreError> {
        let added = commands::add(&self.inner, entries).await;
        added.map_err(|fault| self.inner.error("write the log of commands", fault))
    }

    async fn find_commands(&self, query: CommandQuery) -> Result<CommandPage, StoreError> {
        let found = commands::find(&self.inner, query).await;
        found.map_err(|fault| self.inner.error("read the log of commands", fault))
    }

    async fn remove_commands(&self, which: RemoveCommands) -> Result<u64, StoreError> {
        let removed = commands::remove(&self.inner, which).await;
        removed.map_err(|fault| self.inner.error("remove from the log of commands", fault))
    }
}
