use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use eskit_conformance::{Fault, Faults, Log};

/// The faults of logs that are files `log.path("db")`, opened through this VFS.
pub(crate) struct FailingDisk;

/// The fault of one log.
pub(super) struct Failing {
    pub(super) fault: Fault,
    /// Whether a sync that fails takes what was written with it.
    pub(super) drops: bool,
    /// What was written since the fault began and was not dropped yet.
    pub(super) unsynced: Vec<Write>,
}

/// How to undo one write.
pub(super) struct Write {
    /// The name of the file.
    pub(super) file: String,
    /// How long the file was before it.
    pub(super) len: i64,
    pub(super) offset: i64,
    /// What stood there before, as far as the file reached.
    pub(super) before: Vec<u8>,
}

/// The logs that fail, by the names of their files.
static FAILING: LazyLock<Mutex<HashMap<String, Failing>>> = LazyLock::new(Mutex::default);

pub(super) fn failing() -> MutexGuard<'static, HashMap<String, Failing>> {
    FAILING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn file(log: &Log) -> String {
    log.path("db").file_name().unwrap().to_string_lossy().into_owned()
}

impl Faults for FailingDisk {
    const OFFERED: &'static [Fault] = &[Fault::FullDisk, Fault::FailedSync];

    /// Every second failing disk drops what it could not sync.
    async fn begin(&self, log: Log, fault: Fault) {
        static BEGUN: AtomicU64 = AtomicU64::new(0);
        let drops = BEGUN.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        failing().insert(file(&log), Failing { fault, drops, unsynced: Vec::new() });
    }

    async fn heal(&self, log: Log) {
        failing().remove(&file(&log));
    }
}
