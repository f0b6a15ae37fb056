use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The file, its write-ahead log, and the index of that, which processes also lock each other by.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// How often the files beside the file are looked for. Who asks for a file makes Linux note a time of its own for the next write
/// to it, and so the sync of a write-ahead log that is asked for at each commit takes a quarter longer.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Which files were opened. Whoever has opened them goes on with them when one was removed or replaced; what is appended then is
/// found by nobody, or is lost when the process dies.
#[derive(Debug)]
pub(crate) struct FileIds {
    ids: Vec<(PathBuf, u64)>,
    /// When all of them were looked for.
    looked_at: Instant,
}

impl FileIds {
    /// The files that stand at this path.
    pub(crate) fn at(path: &Path) -> FileIds {
        let ids = SUFFIXES.iter().filter_map(|suffix| {
            let mut file = path.as_os_str().to_owned();
            file.push(suffix);
            let id = number(&std::fs::metadata(&file).ok()?)?;
            Some((file.into(), id))
        });
        FileIds { ids: ids.collect(), looked_at: Instant::now() }
    }

    /// The first of them that does not stand there still, as far as can be seen; those beside the file are looked for now and
    /// then.
    pub(crate) fn moved(&mut self) -> Option<&Path> {
        let is_due = self.looked_at.elapsed() >= LOOK_INTERVAL;
        if is_due {
            self.looked_at = Instant::now();
        }
        let is_there = |(file, id): &&(PathBuf, u64)| match std::fs::metadata(file) {
            Ok(found) => number(&found) == Some(*id),
            Err(error) => error.kind() != ErrorKind::NotFound,
        };
        let looked_for = if is_due { self.ids.len() } else { 1 };
        self.ids.iter().take(looked_for).find(|file| !is_there(file)).map(|(file, _)| file.as_path())
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
