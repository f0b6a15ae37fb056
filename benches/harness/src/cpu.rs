//! What this process costs the processors.
#![allow(unsafe_code)]

use std::time::Duration;

/// How long the processors have worked for this process so far, for all its threads together.
pub fn used() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes to the struct that it is given. It fails for a clock that is not there, and leaves zeroes then.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time_and_sleep_takes_none() {
        let before = used();
        let end = std::time::Instant::now() + Duration::from_millis(20);
        while std::time::Instant::now() < end {
            std::hint::spin_loop();
        }
        let worked = used();
        std::thread::sleep(Duration::from_millis(20));
        assert!(worked > before && used() - worked < Duration::from_millis(10));
    }
}
