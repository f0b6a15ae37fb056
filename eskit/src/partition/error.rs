use std::error::Error;
use std::fmt;

use crate::tenant::TenantIdError;

/// Deciders that would need events of several logs, or write to several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrossesLogs {
    pub(super) tag: &'static str,
    pub(super) found: Vec<String>,
}

impl CrossesLogs {
    /// Each thing that crosses, with the names of the command, the decider and the model or event.
    pub fn found(&self) -> &[String] {
        &self.found
    }
}

impl fmt::Display for CrossesLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = self.tag;
        write!(f, "each value of the tag `{tag}` has a log of its own, and this needs several:")?;
        self.found.iter().try_for_each(|found| write!(f, "\n  {found}"))?;
        write!(
            f,
            "\nhelp: let the aggregate be of one `{tag}`, with `{tag}` among its keys; or, if all events of a key are in one log, name \
             the key among the owned ones; or decide in two commands, of which a processor carries the second to the other log"
        )
    }
}

impl Error for CrossesLogs {}

/// Why a command has no log. `E` is the error of opening one.
#[derive(Debug)]
#[non_exhaustive]
pub enum PartitionError<E> {
    /// Its decider needs several logs.
    Crosses(CrossesLogs),
    /// The value of its tag is no name of a log.
    Value {
        /// The command.
        command: &'static str,
        /// The tag.
        tag: &'static str,
        /// What is wrong with the value.
        source: TenantIdError,
    },
    /// The log cannot be opened.
    Open(E),
}

impl<E: fmt::Display> fmt::Display for PartitionError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PartitionError::Crosses(error) => error.fmt(f),
            PartitionError::Value { command, tag, source } => {
                write!(f, "the tag `{tag}` of the command `{command}` names no log: {source}")
            }
            PartitionError::Open(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for PartitionError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            PartitionError::Crosses(_) => None,
            PartitionError::Value { source, .. } => Some(source),
            PartitionError::Open(error) => error.source(),
        }
    }
}
