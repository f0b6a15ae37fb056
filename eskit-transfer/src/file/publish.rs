use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use eskit_runtime::log::EventId;

use crate::error::TransferError;

/// A file that gets its name once it is whole. Dropped before, it is removed.
pub(crate) struct Draft {
    to: PathBuf,
    draft: PathBuf,
    is_published: bool,
}

impl Draft {
    /// Creates a file beside the path, which must be free.
    pub(crate) fn create(to: &Path) -> Result<(Draft, File), TransferError> {
        if to.exists() {
            return Err(TransferError::Exists { path: to.to_owned() });
        }
        let mut name = to.as_os_str().to_owned();
        name.push(format!(".{}", EventId::new()));
        let draft = PathBuf::from(name);
        let file = File::options().write(true).create_new(true).open(&draft).map_err(TransferError::file(to))?;
        Ok((Draft { to: to.to_owned(), draft, is_published: false }, file))
    }

    /// Makes the file durable and gives it its name, unless another file has it.
    pub(crate) fn publish(mut self, file: File) -> Result<(), TransferError> {
        let published = file.sync_all().and_then(|()| self.give_name());
        self.is_published = published.is_ok();
        published.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => TransferError::Exists { path: self.to.clone() },
            _ => TransferError::File { path: self.to.clone(), error },
        })
    }

    fn give_name(&self) -> io::Result<()> {
        match fs::hard_link(&self.draft, &self.to) {
            Ok(()) => fs::remove_file(&self.draft)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            // Not every file system has links.
            Err(_) if !self.to.exists() => fs::rename(&self.draft, &self.to)?,
            Err(error) => return Err(error),
        }
        #[cfg(unix)]
        if let Some(folder) = self.to.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_published {
            // What is left of it is no backup; that it cannot be removed matters less than why it is not whole.
            let _ = fs::remove_file(&self.draft);
        }
    }
}
