//! A disk that fails on demand: what SQLite writes through, with a way to make writes or syncs of one log fail.
//!
//! A VFS is the layer through which SQLite reaches files. This one is the VFS of the system with another way to open:
//! files are opened as ever, and then three of their functions are replaced. Everything else, locks and shared memory
//! among it, is the system's own.

#![allow(unsafe_code, reason = "the functions of a VFS are called by C")]

mod faults;
mod file;

use std::ffi::{CStr, c_char, c_int};
use std::path::Path;
use std::sync::OnceLock;

use rusqlite::ffi::{self, sqlite3_file, sqlite3_vfs};

pub(crate) use faults::FailingDisk;

/// How SQLite's own VFS opens a file.
static OPEN: OnceLock<Open> = OnceLock::new();

type Open = unsafe extern "C" fn(*mut sqlite3_vfs, *const c_char, *mut sqlite3_file, c_int, *mut c_int) -> c_int;

/// Makes this the VFS of every connection that this process opens from now on.
pub(crate) fn install() {
    OPEN.get_or_init(|| {
        // SAFETY: the default VFS lives as long as the process, and is a valid `sqlite3_vfs`, which is plain data.
        let system = unsafe { *ffi::sqlite3_vfs_find(std::ptr::null()) };
        let open = system.xOpen.expect("every VFS opens files");
        let name = c"eskit-failing-disk".as_ptr();
        let vfs = sqlite3_vfs { zName: name, pNext: std::ptr::null_mut(), xOpen: Some(open_file), ..system };
        // SAFETY: the VFS is never freed, and its other functions are those of the system, with the system's `pAppData`.
        let code = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 1) };
        assert_eq!(code, ffi::SQLITE_OK, "the VFS could not be registered");
        open
    });
}

/// `xOpen`: opens a file as the system does and, if it belongs to a database, takes its writes over.
unsafe extern "C" fn open_file(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let Some(open) = OPEN.get() else { return ffi::SQLITE_CANTOPEN };
    // SAFETY: the arguments are those that SQLite gave, and `vfs` is a copy of the system's.
    let code = unsafe { open(vfs, name, file, flags, flags_out) };
    let is_watched = flags & (ffi::SQLITE_OPEN_MAIN_DB | ffi::SQLITE_OPEN_WAL) != 0;
    if code == ffi::SQLITE_OK && is_watched && !name.is_null() {
        // SAFETY: SQLite gives names that end with a zero byte.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
        let name = Path::new(name.as_ref()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        // SAFETY: the file was opened just now, and nobody else knows of it yet.
        unsafe { file::take_over(file, &name) };
    }
    code
}
