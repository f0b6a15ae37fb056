use std::fmt;

use eskit_runtime::log::Position;

/// How far a run has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// The last position that is done.
    pub position: Position,
    /// The last position of the log, as far as it is known; it moves while programs append.
    pub head: Position,
    /// How many events this run has dealt with, deleted ones among them.
    pub events: u64,
    /// The bytes of their payloads, metadata and tags.
    pub bytes: u64,
}

impl Progress {
    pub(crate) fn new(position: Position, head: Position) -> Progress {
        Progress { position, head, events: 0, bytes: 0 }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "position {} of {}", self.position, self.head)
    }
}

/// What is told of progress; nothing by default.
pub(crate) struct Listener<'l>(Option<Box<dyn FnMut(Progress) + Send + 'l>>);

impl<'l> Listener<'l> {
    pub(crate) fn none() -> Listener<'l> {
        Listener(None)
    }

    pub(crate) fn new(tell: impl FnMut(Progress) + Send + 'l) -> Listener<'l> {
        Listener(Some(Box::new(tell)))
    }

    pub(crate) fn tell(&mut self, progress: Progress) {
        if let Some(tell) = &mut self.0 {
            tell(progress);
        }
    }
}

impl fmt::Debug for Listener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Listener" } else { "no listener" })
    }
}
