use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use crate::error::Fault;
use crate::file::mark::Marks;
use crate::file::snapshot;

/// Beside the file: its write-ahead log, and the index of that, which processes also lock each other by.
const SUFFIXES: [&str; 2] = ["-wal", "-shm"];
/// How often to look again at a file that looks wrong, since a checkpoint may be under way, and the pause in between.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(5);

/// The files that were opened, and what the log's file held when it was last looked at.
///
/// SQLite goes on with the files that it has open: what is appended after one was removed or replaced is found by nobody, and what
/// is appended after the log's file was overwritten destroys it.
#[derive(Debug)]
pub(crate) struct FileGuard {
    path: PathBuf,
    /// The number of the file, and of each file beside it.
    number: Option<u64>,
    beside: Vec<(PathBuf, u64)>,
    /// What the file looked like when it was last found right. Nothing when that is not known.
    stamp: Option<Stamp>,
    /// The newest mark of the log at that time, and the schema of the file, which a checkpoint may bring up to that of the log.
    marks: Option<Marks>,
    /// The mark that the file and the log both held: if the log still does, the next transaction counts on.
    due: Option<i64>,
}

impl FileGuard {
    /// Guards the files that stand at this path.
    pub(crate) fn at(path: &Path) -> FileGuard {
        let beside = SUFFIXES.iter().filter_map(|suffix| {
            let mut file = path.as_os_str().to_owned();
            file.push(suffix);
            let number = look(Path::new(&file)).ok()??;
            Some((file.into(), number))
        });
        FileGuard {
            path: path.to_owned(),
            number: std::fs::metadata(path).ok().and_then(|found| number(&found)),
            beside: beside.collect(),
            stamp: None,
            marks: None,
            due: None,
        }
    }

    /// Checks that all files are those that were opened, and that only SQLite wrote to the log's.
    pub(crate) fn check(&mut self, conn: &Connection) -> Result<(), Fault> {
        self.check_file(conn)?;
        match self.beside.iter().find(|(file, number)| !is_there(file, *number)) {
            Some((file, _)) => Err(Fault::Moved(file.clone())),
            None => Ok(()),
        }
    }

    /// Whether a reader may go on: the log's file is the one that was opened, or it was removed and nothing stands in its place. A
    /// removed log can still be read, since it is complete. Where another log stands, it is that one that readers ask for.
    pub(crate) fn check_read(&mut self, conn: &Connection) -> Result<(), Fault> {
        match self.check_file(conn) {
            Err(Fault::Moved(path)) if !path.exists() => Ok(()),
            checked => checked,
        }
    }

    /// As [`FileGuard::check`], for the log's file alone.
    pub(crate) fn check_file(&mut self, conn: &Connection) -> Result<(), Fault> {
        let found = match std::fs::metadata(&self.path) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Fault::Moved(self.path.clone())),
            // What a disk cannot tell in this moment it tells with the next statement.
            Err(_) => return Ok(()),
        };
        if number(&found) != self.number {
            return Err(Fault::Moved(self.path.clone()));
        }
        let stamp = Stamp::of(&found);
        if self.stamp == Some(stamp) {
            return Ok(());
        }
        // Whatever becomes of this look, the next one must not be spared.
        self.stamp = None;
        self.look_into(conn)?;
        self.stamp = Some(stamp);
        Ok(())
    }

    /// Checks that the file is one that the log stands on.
    fn look_into(&mut self, conn: &Connection) -> Result<(), Fault> {
        for look in 0..LOOKS {
            if look > 0 {
                std::thread::sleep(PAUSE);
            }
            let before = self.marks;
            let compare = || {
                // First those of the log: within a snapshot, a checkpoint brings the file no further than these.
                let log = Marks::read(conn)?;
                let file = Marks::of_file(&self.path).ok().flatten();
                Ok(log.zip(file).filter(|(log, file)| log.stand_on(*file, before)))
            };
            let found = if conn.is_autocommit() { snapshot::within(conn, compare)? } else { compare()? };
            if let Some((log, file)) = found {
                self.due = (log.newest == file.newest).then_some(log.newest);
                if log.follow(file) {
                    self.marks = Some(Marks { newest: log.newest, schema: file.schema });
                }
                return Ok(());
            }
        }
        Err(Fault::Overwritten(self.path.clone()))
    }

    /// Counts on the log's marks if the last checkpoint brought them into the file, within a transaction that may write.
    pub(crate) fn mark(&mut self, conn: &Connection) -> Result<(), Fault> {
        self.due.take().map_or(Ok(()), |mark| Marks::count_on(conn, mark))
    }

    /// Forgets what the file was last seen as, since a transaction may not have committed that counted on.
    pub(crate) fn forget(&mut self) {
        self.stamp = None;
    }

    /// Whether what the write-ahead log holds may be copied into the file: not into one that was overwritten, and not when
    /// another process has a write-ahead log of its own there.
    pub(crate) fn may_checkpoint(&mut self, conn: &Connection) -> bool {
        let is_free =
            |(file, own): &(PathBuf, u64)| !look(file).is_ok_and(|found| found.is_some_and(|found| found != *own));
        !matches!(self.check_file(conn), Err(Fault::Overwritten(_))) && self.beside.iter().all(is_free)
    }
}

/// What changes whenever anybody writes to a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stamp {
    len: u64,
    /// The time in seconds and nanoseconds.
    changed: (i64, i64),
}

impl Stamp {
    #[cfg(unix)]
    fn of(found: &Metadata) -> Stamp {
        use std::os::unix::fs::MetadataExt;
        // Nobody can set this time, other than that of the last modification.
        Stamp { len: found.len(), changed: (found.ctime(), found.ctime_nsec()) }
    }

    #[cfg(not(unix))]
    fn of(found: &Metadata) -> Stamp {
        let modified = found.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let changed = modified.map_or((0, 0), |at| (at.as_secs().cast_signed(), at.subsec_nanos().into()));
        Stamp { len: found.len(), changed }
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

/// Whether a file is there still, as far as can be seen.
pub(crate) fn is_there(file: &Path, number: u64) -> bool {
    match look(file) {
        Ok(found) => found.is_none_or(|found| found == number),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

/// The number of a file, where files have one. Asks for nothing else: whoever asks Linux for the times of a file makes it note
/// a time of its own for the next write, and so the sync of a write-ahead log that is looked at for each commit takes a quarter
/// longer.
#[cfg(target_os = "linux")]
pub(crate) fn look(file: &Path) -> std::io::Result<Option<u64>> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
    match statx(CWD, file, AtFlags::empty(), StatxFlags::INO) {
        Ok(found) => Ok(Some(found.stx_ino)),
        Err(rustix::io::Errno::NOSYS) => std::fs::metadata(file).map(|found| number(&found)),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn look(file: &Path) -> std::io::Result<Option<u64>> {
    std::fs::metadata(file).map(|found| number(&found))
}
