use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::Path;

/// Which file was opened. Whoever has opened it goes on with it when it was removed or replaced, and what is appended then is found
/// by nobody.
#[derive(Debug)]
pub(crate) struct FileId(Option<u64>);

impl FileId {
    /// The file that stands at this path.
    pub(crate) fn at(path: &Path) -> FileId {
        FileId(std::fs::metadata(path).ok().and_then(|file| number(&file)))
    }

    /// Whether it stands there still, as far as can be seen.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        match std::fs::metadata(path) {
            Ok(file) => number(&file) == self.0,
            Err(error) => self.0.is_none() || error.kind() != ErrorKind::NotFound,
        }
    }
}

#[cfg(unix)]
fn number(file: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(file))
}

/// Elsewhere a file cannot be removed while it is open.
#[cfg(not(unix))]
fn number(_: &Metadata) -> Option<u64> {
    None
}
