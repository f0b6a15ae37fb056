use std::path::Path;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;

use crate::error::Fault;

/// The error that a caller sees: what was tried on which file, what SQLite said, and what to do.
pub(super) fn failed(fault: impl Into<Fault>, doing: &str, path: &Path) -> StoreError {
    let fault = fault.into();
    let text = format!("cannot {doing} `{}`: {fault}{}", path.display(), remedy(fault.kind()));
    let error = StoreError::new(fault.kind(), text);
    match fault {
        Fault::Sqlite(source) => error.with_source(source),
        _ => error,
    }
}

/// What to do about a failure of this kind.
pub(super) fn remedy(kind: StoreErrorKind) -> &'static str {
    match kind {
        StoreErrorKind::Busy => "\nhelp: another process wrote to the file for more than 5 s; try again",
        StoreErrorKind::ReadOnly => "\nhelp: make the file and its folder writable",
        StoreErrorKind::Full => "\nhelp: nothing was written; free space, then try again",
        StoreErrorKind::Corrupt => {
            "\nhelp: the file is damaged; remove it and the files beside it that begin with the same name, so that it is built anew"
        }
        StoreErrorKind::Foreign => {
            "\nhelp: it is no SQLite database, or its header is damaged; choose another path for the views, or move the file away"
        }
        StoreErrorKind::Unavailable => {
            "\nhelp: check that the path is that of a file and not of a folder, that its folder exists, and that both may be written"
        }
        _ => "",
    }
}

/// The views were used in a process that was forked from the one that opened them, or a thread of theirs is gone.
pub(super) fn gone(path: &Path) -> StoreError {
    let text = format!(
        "the threads of the views `{}` have ended\nhelp: open the views again; if this process was forked, open them after the fork",
        path.display()
    );
    StoreError::new(StoreErrorKind::Closed, text)
}
