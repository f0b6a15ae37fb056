use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::command_log::{
    CommandEntries, CommandEntry, CommandPage, CommandQuery, KeptCommand, RemoveCommands,
};

use crate::mistake::Mistake as M;
use crate::sound::SoundViews;

/// The log of commands, the oldest first, and the last id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Commands {
    pub(crate) kept: Vec<KeptCommand>,
    last: u64,
}

impl CommandEntries for SoundViews {
    async fn add_commands(&self, mut entries: Vec<CommandEntry>) -> Result<(), StoreError> {
        let mut commands = self.commands(|commands| commands.clone());
        match self.mistake {
            M::CommandsAreReadAndWritten => tokio::time::sleep(Duration::from_millis(1)).await,
            M::BatchesOfCommandsAreReversed => entries.reverse(),
            M::DecisionsAreForgotten => entries.iter_mut().for_each(|entry| entry.decision = None),
            _ => {}
        }
        self.commands(|now| {
            if self.mistake != M::CommandsAreReadAndWritten {
                commands = now.clone();
            }
            for entry in entries {
                let highest = commands.kept.last().map_or(0, |kept| kept.id);
                commands.last = if self.mistake == M::CommandIdsAreUsedAgain { highest } else { commands.last } + 1;
                commands.kept.push(KeptCommand { id: commands.last, entry });
            }
            *now = commands;
        });
        Ok(())
    }

    async fn find_commands(&self, mut query: CommandQuery) -> Result<CommandPage, StoreError> {
        let cursor = query.before;
        match self.mistake {
            M::OutcomeIsIgnored => query.outcome = None,
            M::EventIdIsIgnored => query.event = query.event.map(|event| event.position.into()),
            M::PageHasTheCursor => query.before = cursor.map(|id| id + 1),
            _ => {}
        }
        let limit = query.limit as usize;
        let found: Vec<(u64, Option<CommandEntry>)> = self.commands(|commands| {
            let found = commands.kept.iter().rev().filter(|kept| query.matches(kept)).take(limit);
            found.map(|kept| (kept.id, Some(kept.entry.clone()))).collect()
        });
        Ok(CommandPage::new(&query, found))
    }

    async fn remove_commands(&self, which: RemoveCommands) -> Result<u64, StoreError> {
        Ok(self.commands(|commands| {
            let count = commands.kept.len();
            match which {
                RemoveCommands::BeganBefore(time) if self.mistake == M::CommandAgeIncludesTheLimit => {
                    commands.kept.retain(|kept| kept.entry.began_at > time);
                }
                RemoveCommands::BeganBefore(time) => commands.kept.retain(|kept| kept.entry.began_at >= time),
                RemoveCommands::AllButNewest(newest) if self.mistake == M::NewestCommandsAreRemoved => {
                    commands.kept.truncate(newest as usize);
                }
                RemoveCommands::AllButNewest(newest) => {
                    commands.kept.drain(..count.saturating_sub(newest as usize));
                }
            }
            (count - commands.kept.len()) as u64
        }))
    }
}
