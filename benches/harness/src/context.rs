//! What a row is given to run with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::Failure;

/// Sizes, folders and helpers for one row.
pub struct Context {
    quick: bool,
    folder: PathBuf,
    data: PathBuf,
}

impl Context {
    /// A context whose files lie in `folder`.
    pub fn new(quick: bool, folder: PathBuf, data: PathBuf) -> Context {
        Context { quick, folder, data }
    }

    /// `full`, or `quick` when small sizes are asked for.
    pub fn size<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// How often a comparison is repeated; the medians are reported.
    pub fn rounds(&self) -> usize {
        self.size(7, 3)
    }

    /// How long one side of one round runs, where it runs for a time.
    pub fn round_time(&self) -> Duration {
        Duration::from_millis(self.size(1000, 150))
    }

    /// The folder on the disk to measure; removed when the row ends.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new empty folder below [`Context::folder`].
    pub fn fresh(&self, name: &str) -> Result<PathBuf, Failure> {
        let folder = self.folder.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The real event log.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// An async runtime with as many workers as the machine has processors.
    pub fn runtime(&self) -> Result<Runtime, Failure> {
        Ok(Builder::new_multi_thread().enable_all().build()?)
    }
}
