use std::fmt;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;

/// What went wrong, for one caller or for several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    kind: StoreErrorKind,
    text: String,
}

impl Fault {
    pub(crate) fn new(kind: StoreErrorKind, text: impl Into<String>) -> Fault {
        Fault { kind, text: text.into() }
    }

    /// The server does not answer, or cannot now.
    pub(crate) fn unavailable(text: impl Into<String>) -> Fault {
        Fault::new(StoreErrorKind::Unavailable, text)
    }

    /// The stream holds what no store of eskit wrote, or does not hold what one wrote.
    pub(crate) fn corrupt(text: impl fmt::Display) -> Fault {
        Fault::new(
            StoreErrorKind::Corrupt,
            format!(
                "the stream is damaged: {text}\nhelp: restore it from a backup; no append is accepted until then, since it would be decided \
                 on a log with a hole"
            ),
        )
    }

    /// The store was closed.
    pub(crate) fn closed() -> Fault {
        Fault::new(StoreErrorKind::Closed, "the store is closed")
    }

    pub(crate) fn is_transient(&self) -> bool {
        self.kind == StoreErrorKind::Unavailable
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> StoreError {
        StoreError::new(fault.kind, fault.text)
    }
}
