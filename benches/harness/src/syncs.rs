//! Syncs that take as long as stated, whatever the disk: this program's own `fsync` and `fdatasync`, which the standard library,
//! SQLite and the peers call in place of those of libc.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_long};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A thread that sleeps wakes up too late to tell 50 from 100 microseconds, so it spins for the last part.
const SPIN: Duration = Duration::from_micros(120);

/// How long a sync takes, in nanoseconds; 0 for as long as the disk needs.
static TIME_NS: AtomicU64 = AtomicU64::new(0);

/// Runs something while every sync of this process takes this long and makes nothing durable; with `None`, while the disk is
/// asked.
pub fn taking<T>(time: Option<Duration>, run: impl FnOnce() -> T) -> T {
    TIME_NS.store(time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)), Ordering::Relaxed);
    let result = run();
    TIME_NS.store(0, Ordering::Relaxed);
    result
}

/// What callers and syncs of this time are called in the table.
pub fn case(callers: usize, time: Option<Duration>) -> String {
    let callers = if callers == 1 { "1 caller".to_owned() } else { format!("{callers} callers") };
    time.map_or_else(|| callers.clone(), |time| format!("{callers}, sync of {} us", time.as_micros()))
}

#[unsafe(no_mangle)]
extern "C" fn fsync(file: c_int) -> c_int {
    sync(libc::SYS_fsync, file)
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(file: c_int) -> c_int {
    sync(libc::SYS_fdatasync, file)
}

fn sync(call: c_long, file: c_int) -> c_int {
    match TIME_NS.load(Ordering::Relaxed) {
        // SAFETY: the call takes a descriptor, and answers for one that is not open with an error.
        0 => unsafe { libc::syscall(call, file) as c_int },
        nanos => {
            wait(Duration::from_nanos(nanos));
            0
        }
    }
}

fn wait(time: Duration) {
    let end = Instant::now() + time;
    if time > SPIN {
        std::thread::sleep(time - SPIN);
    }
    while Instant::now() < end {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_of_the_standard_library_takes_the_stated_time() {
        let file = std::fs::File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
        for sync in [std::fs::File::sync_all, std::fs::File::sync_data] {
            let started = Instant::now();
            taking(Some(Duration::from_millis(20)), || sync(&file)).unwrap();
            assert!(started.elapsed() >= Duration::from_millis(20));
        }
        file.sync_all().unwrap();
    }
}
