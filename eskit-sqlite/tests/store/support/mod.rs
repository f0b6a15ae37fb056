//! What the tests share: a folder that goes away, and what those of every store share.

use std::path::{Path, PathBuf};

use eskit_runtime::log::EventId;

pub(crate) use events::*;

#[path = "../../../../tests/stores/events.rs"]
mod events;

/// A folder of one test, removed when the test is done.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Folder {
        let name = format!("{test}-{}-{}", std::process::id(), EventId::new());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
