use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Which log to open. A new one is empty; the same one again must hold what was appended to it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Log {
    name: String,
    folder: PathBuf,
}

impl Log {
    /// A name that no other log of this machine has: up to 40 lower-case letters, digits and `_`, beginning with a
    /// letter. Fits a schema, a bucket or a table prefix.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A path for a store in one file, in a folder that is removed when the run ends.
    pub fn path(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", self.name))
    }

    /// The log that another process was told to open.
    pub(crate) fn given(name: String, folder: PathBuf) -> Log {
        Log { name, folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The folder of one run, and the names of its logs.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: PathBuf,
    prefix: String,
    next: AtomicU64,
}

impl Scratch {
    pub(crate) fn new() -> std::io::Result<Scratch> {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
        let (pid, run) = (std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
        let prefix = format!("log_{pid:x}_{now:x}_{run:x}");
        let folder = std::env::temp_dir().join(format!("eskit-conformance-{prefix}"));
        std::fs::create_dir_all(&folder)?;
        Ok(Scratch { folder, prefix, next: AtomicU64::new(0) })
    }

    pub(crate) fn log(&self) -> Log {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Log { name: format!("{}_{number:x}", self.prefix), folder: self.folder.clone() }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind lies in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_where_they_are_used_and_differ() {
        let (one, other) = (Scratch::new().unwrap(), Scratch::new().unwrap());
        let names = [one.log(), one.log(), other.log()].map(|log| log.name().to_owned());
        assert!(names.iter().all(|name| name.len() <= 40 && name.starts_with('l')), "{names:?}");
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);
        let folder = one.folder.clone();
        drop(one);
        assert!(!folder.exists());
    }
}
