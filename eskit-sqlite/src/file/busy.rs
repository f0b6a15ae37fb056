use std::time::{Duration, Instant};

use eskit_runtime::log::StoreErrorKind;

use crate::error::Fault;

/// The pauses between two looks at a file that another process holds.
const PAUSE_MIN: Duration = Duration::from_micros(100);
const PAUSE_MAX: Duration = Duration::from_millis(2);

/// Begins a transaction, once no other process holds the file. The connection must not wait by itself: SQLite's own waiting
/// looks ten times a second, and so finds a file that is nearly always held hardly ever free.
pub(crate) fn begin(timeout: Duration, mut attempt: impl FnMut() -> Result<(), rusqlite::Error>) -> Result<(), Fault> {
    let started = Instant::now();
    loop {
        match attempt().map_err(Fault::from) {
            Err(fault) if fault.kind() == StoreErrorKind::Busy && started.elapsed() < timeout => {
                std::thread::sleep((started.elapsed() / 16).clamp(PAUSE_MIN, PAUSE_MAX));
            }
            result => return result,
        }
    }
}
