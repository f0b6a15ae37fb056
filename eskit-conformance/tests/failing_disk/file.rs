use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use eskit_conformance::Fault;
use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods};

use super::faults::{Failing, Write, failing};

/// A file whose functions were replaced.
#[derive(Clone)]
struct Taken {
    name: String,
    /// The functions of the system.
    system: &'static sqlite3_io_methods,
}

/// The open files, by their addresses.
static FILES: LazyLock<Mutex<HashMap<usize, Taken>>> = LazyLock::new(Mutex::default);

fn files() -> MutexGuard<'static, HashMap<usize, Taken>> {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Replaces the functions of a file that write.
///
/// # Safety
/// The file is open, and nobody else uses it during the call.
pub(super) unsafe fn take_over(file: *mut sqlite3_file, name: &str) {
    // SAFETY: the tables of functions of the system's VFS are statics.
    let system: &'static sqlite3_io_methods = unsafe { &*(*file).pMethods };
    let methods = sqlite3_io_methods {
        // Without `xFetch`, so that nothing is written past this.
        iVersion: system.iVersion.min(2),
        xClose: Some(close),
        xWrite: Some(write),
        xSync: Some(sync),
        xTruncate: Some(truncate),
        ..*system
    };
    files().insert(file.addr(), Taken { name: name.to_owned(), system });
    // SAFETY: as the caller promises; the new table is never freed.
    unsafe { (*file).pMethods = Box::leak(Box::new(methods)) };
}

fn taken(file: *mut sqlite3_file) -> Taken {
    files().get(&file.addr()).expect("only files that were taken over have these functions").clone()
}

impl Taken {
    /// The name of the database that the file belongs to.
    fn log(&self) -> &str {
        self.name.strip_suffix("-wal").unwrap_or(&self.name)
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let Some(taken) = files().remove(&file.addr()) else { return ffi::SQLITE_MISUSE };
    // SAFETY: SQLite closes a file once, and this passes it on.
    unsafe { taken.system.xClose.unwrap()(file) }
}

/// On a full disk the first half is written.
unsafe extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, len: c_int, offset: i64) -> c_int {
    let taken = taken(file);
    // SAFETY: the arguments are those that SQLite gave; a part of the bytes may be written too.
    let pass_on = |len| unsafe { taken.system.xWrite.unwrap()(file, from, len, offset) };
    let mut failing = failing();
    match failing.get_mut(taken.log()) {
        Some(Failing { fault: Fault::FullDisk, .. }) => match pass_on(len / 2) {
            ffi::SQLITE_OK => ffi::SQLITE_FULL,
            code => code,
        },
        Some(Failing { drops: true, unsynced, .. }) => {
            // SAFETY: the file is open, as it is about to be written to.
            unsynced.push(unsafe { look(file, &taken, len, offset) });
            pass_on(len)
        }
        _ => {
            // Other logs need not wait for this one.
            drop(failing);
            pass_on(len)
        }
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, len: i64) -> c_int {
    let taken = taken(file);
    if matches!(failing().get(taken.log()), Some(Failing { fault: Fault::FullDisk, .. })) {
        return ffi::SQLITE_FULL;
    }
    // SAFETY: the arguments are those that SQLite gave.
    unsafe { taken.system.xTruncate.unwrap()(file, len) }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    let taken = taken(file);
    let mut failing = failing();
    if let Some(Failing { fault: Fault::FailedSync, unsynced, .. }) = failing.get_mut(taken.log()) {
        let (dropped, kept) = std::mem::take(unsynced).into_iter().partition(|write| write.file == taken.name);
        *unsynced = kept;
        // SAFETY: SQLite syncs files that are open.
        unsafe { undo(file, &taken, dropped) };
        return ffi::SQLITE_IOERR_FSYNC;
    }
    drop(failing);
    // SAFETY: the arguments are those that SQLite gave.
    unsafe { taken.system.xSync.unwrap()(file, flags) }
}

/// What stands where something is about to be written.
///
/// # Safety
/// The file is open.
unsafe fn look(file: *mut sqlite3_file, taken: &Taken, len: c_int, offset: i64) -> Write {
    let mut size = 0;
    // SAFETY: the file is open, and `size` outlives the call.
    let code = unsafe { taken.system.xFileSize.unwrap()(file, &mut size) };
    assert_eq!(code, ffi::SQLITE_OK, "the size of {} cannot be read", taken.name);
    let there = (size - offset).clamp(0, len.into());
    let mut before = vec![0_u8; there as usize];
    if there > 0 {
        // SAFETY: the file is open and reaches this far, and the buffer has room for as much.
        let code = unsafe { taken.system.xRead.unwrap()(file, before.as_mut_ptr().cast(), there as c_int, offset) };
        assert_eq!(code, ffi::SQLITE_OK, "{} cannot be read", taken.name);
    }
    Write { file: taken.name.clone(), len: size, offset, before }
}

/// Undoes writes, the last one first.
///
/// # Safety
/// The file is open.
unsafe fn undo(file: *mut sqlite3_file, taken: &Taken, writes: Vec<Write>) {
    for write in writes.into_iter().rev() {
        let len = write.before.len() as c_int;
        if len > 0 {
            // SAFETY: the file is open, and the buffer holds as many bytes.
            let code = unsafe { taken.system.xWrite.unwrap()(file, write.before.as_ptr().cast(), len, write.offset) };
            assert_eq!(code, ffi::SQLITE_OK, "{} cannot be written", taken.name);
        }
        // SAFETY: the file is open.
        let code = unsafe { taken.system.xTruncate.unwrap()(file, write.len) };
        assert_eq!(code, ffi::SQLITE_OK, "{} cannot be cut", taken.name);
    }
}
