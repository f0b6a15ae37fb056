use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{Append, AppendError, Appended, Position, Query, ReadOptions};

/// One call of a client, with the moments at which it began and ended on a clock that all clients share.
#[derive(Debug)]
pub(crate) struct Op {
    pub(crate) began: u64,
    pub(crate) ended: u64,
    pub(crate) call: Call,
}

/// What was asked, and what was answered.
#[derive(Debug)]
pub(crate) enum Call {
    Append { append: Append, result: Result<Appended, AppendError> },
    Read { query: Query, options: ReadOptions, events: Vec<RecordedEvent>, more: bool },
    Head { head: Position },
}
