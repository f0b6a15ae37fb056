use eskit_runtime::StoreError;
use eskit_runtime::command_log::{CommandEntries, CommandEntry, CommandPage, CommandQuery, CommandRow, RemoveCommands};

use crate::views::beside::FileBeside;
use crate::views::format::COMMANDS;
use crate::views::sqlite_views::SqliteViews;
use crate::views::{commands, open};

const FILE: FileBeside =
    FileBeside { format: &COMMANDS, path: |names| names.commands(), opened: |shared| &shared.commands };

/// The entries are in a file of their own: `views.commands.db` beside `views.db`. Commits do not wait for the disk: a loss of power may
/// undo the last of them.
impl CommandEntries for SqliteViews {
    async fn add_commands(&self, entries: Vec<CommandEntry>) -> Result<(), StoreError> {
        let rows = entries.into_iter().map(CommandRow::new).collect();
        self.on_file(FILE, move |conn| open::transact(conn, || Ok(commands::add(conn, rows)?))).await
    }

    async fn find_commands(&self, query: CommandQuery) -> Result<CommandPage, StoreError> {
        self.on_reader(move |reader| reader.commands(&query)).await
    }

    async fn remove_commands(&self, which: RemoveCommands) -> Result<u64, StoreError> {
        if !self.on_reader(|reader| Ok(reader.names.commands().is_file())).await? {
            return Ok(0);
        }
        self.on_file(FILE, move |conn| open::transact(conn, || Ok(commands::remove(conn, which)?))).await
    }
}
