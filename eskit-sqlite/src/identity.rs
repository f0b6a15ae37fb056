use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file, its write-ahead log, and the index of that, which processes also lock each other by.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// Which files were opened. Whoever has opened them goes on with them when one was removed or replaced; what is appended then is
/// found by nobody, or is lost when the process dies.
#[derive(Debug)]
pub(crate) struct FileIds(Vec<(PathBuf, u64)>);

impl FileIds {
    /// The files that stand at this path.
    pub(crate) fn at(path: &Path) -> FileIds {
        let files = SUFFIXES.iter().filter_map(|suffix| {
            let mut file = path.as_os_str().to_owned();
            file.push(suffix);
            let id = number(&std::fs::metadata(&file).ok()?)?;
            Some((file.into(), id))
        });
        FileIds(files.collect())
    }

    /// The first of them that does not stand there still, as far as can be seen.
    pub(crate) fn moved(&self) -> Option<&Path> {
        let is_there = |(file, id): &&(PathBuf, u64)| match std::fs::metadata(file) {
            Ok(found) => number(&found) == Some(*id),
            Err(error) => error.kind() != ErrorKind::NotFound,
        };
        self.0.iter().find(|file| !is_there(file)).map(|(file, _)| file.as_path())
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
