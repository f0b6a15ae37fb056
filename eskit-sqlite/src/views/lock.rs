use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::Partition;

use crate::views::names::{ModelId, Names};

/// The claim on a read model or on a part of it: locks on files, which the kernel frees however the process ends.
#[derive(Debug)]
pub(super) struct ClaimLock {
    files: Vec<File>,
    /// The process that took them. One that is forked from it has the same locks, and must not free them.
    process: u32,
}

impl ClaimLock {
    /// Takes the lock, unless another claim has it, in this process or in another one.
    pub(super) fn try_take(names: &Names, id: &ModelId, partition: Partition) -> Result<Option<ClaimLock>, StoreError> {
        let mut lock = ClaimLock { files: Vec::new(), process: std::process::id() };
        // Each part holds a share of the whole, so that nothing else claims the whole meanwhile.
        let is_whole = partition == Partition::WHOLE;
        if !lock.add(names.lock(id, Partition::WHOLE), !is_whole)? {
            return Ok(None);
        }
        if !is_whole && !lock.add(names.lock(id, partition), false)? {
            return Ok(None);
        }
        Ok(Some(lock))
    }

    /// Keeps every claim on a read model and on its parts from being taken, unless one is. Creates no file: without one, there is no
    /// claim.
    pub(super) fn try_keep_free(names: &Names, id: &ModelId) -> Result<Option<ClaimLock>, StoreError> {
        let mut lock = ClaimLock { files: Vec::new(), process: std::process::id() };
        let path = names.lock(id, Partition::WHOLE);
        let is_free = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => lock.add_file(file, &path, false)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
            Err(error) => return Err(cannot_lock(&path, error)),
        };
        Ok(is_free.then_some(lock))
    }

    fn add(&mut self, path: PathBuf, is_shared: bool) -> Result<bool, StoreError> {
        let fail = |error| cannot_lock(&path, error);
        // Never removed: a process might hold the lock of the removed file, and another one that of a new file.
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(fail)?;
        self.add_file(file, &path, is_shared)
    }

    fn add_file(&mut self, file: File, path: &Path, is_shared: bool) -> Result<bool, StoreError> {
        match if is_shared { file.try_lock_shared() } else { file.try_lock() } {
            Ok(()) => {
                self.files.push(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(cannot_lock(path, error)),
        }
    }
}

impl Drop for ClaimLock {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            for file in &self.files {
                // A child that is just being started holds a copy of the file: closing it frees nothing until that child runs its
                // program. Where this fails, closing is what frees it.
                let _ = file.unlock();
            }
        }
    }
}

fn cannot_lock(path: &Path, error: std::io::Error) -> StoreError {
    let kind = match error.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => StoreErrorKind::ReadOnly,
        std::io::ErrorKind::StorageFull => StoreErrorKind::Full,
        std::io::ErrorKind::Unsupported => StoreErrorKind::Unsupported,
        _ => StoreErrorKind::Unavailable,
    };
    let text = format!(
        "cannot lock `{}`: {error}\nhelp: keep views in a folder that may be written, on a local disk",
        path.display()
    );
    StoreError::new(kind, text).with_source(error)
}
