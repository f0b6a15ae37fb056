use eskit_runtime::command_log::CommandEntry;
use serde::Serialize;

/// What takes time: commands of one type with one outcome, batches of one subscription.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[non_exhaustive]
pub struct Operation {
    /// What is done, such as `command`, `append`, `read`, `subscription_batch` or `work`: the name of the metric without `eskit_` and
    /// `_duration_seconds`.
    pub operation: String,
    /// The type of the command, the name of the subscription or of the list; empty for calls of the store.
    pub name: String,
    /// What came of it.
    pub outcome: String,
}

impl Operation {
    /// An operation.
    pub fn new(operation: impl Into<String>, name: impl Into<String>, outcome: impl Into<String>) -> Operation {
        Operation { operation: operation.into(), name: name.into(), outcome: outcome.into() }
    }

    /// What an entry of a log of commands is about.
    pub fn of_command(entry: &CommandEntry) -> Operation {
        Operation::new("command", &entry.command, entry.outcome.as_str())
    }
}
