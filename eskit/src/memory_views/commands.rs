use eskit_runtime::StoreError;
use eskit_runtime::command_log::{
    CommandEntries, CommandEntry, CommandPage, CommandQuery, KeptCommand, RemoveCommands,
};

use super::MemoryViews;

/// The most entries about commands; the oldest go first.
const ENTRIES_MAX: usize = 10_000;

/// Keeps the newest 10,000 entries.
impl CommandEntries for MemoryViews {
    async fn add_commands(&self, entries: Vec<CommandEntry>) -> Result<(), StoreError> {
        let mut kept = self.lock();
        for entry in entries {
            kept.last_command += 1;
            let id = kept.last_command;
            if kept.commands.len() >= ENTRIES_MAX {
                kept.commands.pop_front();
            }
            kept.commands.push_back(KeptCommand { id, entry });
        }
        Ok(())
    }

    async fn find_commands(&self, query: CommandQuery) -> Result<CommandPage, StoreError> {
        let kept = self.lock();
        let found = kept.commands.iter().rev().filter(|kept| query.matches(kept)).take(query.limit as usize);
        Ok(CommandPage::new(&query, found.cloned().map(|kept| (kept.id, Some(kept.entry))).collect()))
    }

    async fn remove_commands(&self, which: RemoveCommands) -> Result<u64, StoreError> {
        let mut kept = self.lock();
        let count = kept.commands.len();
        match which {
            RemoveCommands::BeganBefore(time) => kept.commands.retain(|kept| kept.entry.began_at >= time),
            RemoveCommands::AllButNewest(newest) => {
                let newest = usize::try_from(newest).unwrap_or(usize::MAX);
                kept.commands.drain(..count.saturating_sub(newest));
            }
        }
        Ok((count - kept.commands.len()) as u64)
    }
}
