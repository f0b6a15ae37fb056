use std::path::{Path, PathBuf};

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use rusqlite::Connection;

use crate::error::Fault;
use crate::file::erase::{SecureDelete, secure_delete};
use crate::open::options::Durability;
use crate::threads::readers::Serves;
use crate::views::format::KEYS;
use crate::views::open::{self, Opened};

/// The file of keys, which its thread opens when it is first used, and anew when it was replaced.
pub(super) struct KeyFile {
    path: PathBuf,
    opened: Option<Opened>,
}

impl KeyFile {
    pub(super) fn new(path: PathBuf) -> KeyFile {
        KeyFile { path, opened: None }
    }

    pub(super) fn run<T>(
        &mut self,
        doing: &str,
        job: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let path = &self.path;
        let opened = match self.opened.take().filter(|opened| open::is_there(path, opened.number)) {
            Some(opened) => opened,
            None => {
                let opened = KEYS.open(path, Durability::Full)?;
                secure_delete(&opened.conn, SecureDelete::Full).map_err(|fault| failed(fault, "open", path))?;
                opened
            }
        };
        job(&self.opened.insert(opened).conn).map_err(|fault| failed(fault, doing, path))
    }
}

impl Serves for KeyFile {
    fn settle(&mut self) {
        if let Some(opened) = &self.opened {
            open::roll_back(&opened.conn);
        }
    }
}

/// The error that a caller sees.
pub(super) fn failed(fault: Fault, doing: &str, path: &Path) -> StoreError {
    let help = match fault.kind() {
        StoreErrorKind::Busy => "\nhelp: another process used the file for more than 5 s; try again",
        StoreErrorKind::ReadOnly => "\nhelp: make the file and its folder writable",
        StoreErrorKind::Full => "\nhelp: nothing was written; free space, then try again",
        StoreErrorKind::Corrupt => {
            "\nhelp: the keys are damaged, and without them personal data stays sealed: restore the file from a backup; what was forgotten \
             since is forgotten again"
        }
        _ => "",
    };
    let error = StoreError::new(fault.kind(), format!("cannot {doing} the keys `{}`: {fault}{help}", path.display()));
    match fault {
        Fault::Sqlite(source) => error.with_source(source),
        _ => error,
    }
}
