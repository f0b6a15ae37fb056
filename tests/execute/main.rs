//! The way of one command through the runtime: what it reads, what it appends, and what it does when something is in
//! the way.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod all;
mod by_hand;
mod cached;
mod concurrency;
mod conflict;
mod each;
mod envelope;
mod idempotency;
mod key;
mod key_reused;
mod no_runtime;
mod options;
mod outcome;
mod replaced;
mod route;
mod stream;
mod unreadable;
mod unwritable;

use std::path::{Path, PathBuf};
use std::time::Duration;

use eskit::log::EventId;
use eskit::{App, RetryPolicy};
use eskit_tests::scripted::Scripted;

/// An app on a scripted store that waits for nothing between tries.
fn scripted() -> App<Scripted> {
    let retry = RetryPolicy::attempts(4).with_delays(Duration::ZERO, Duration::ZERO);
    App::new(Scripted::new()).with_retry(retry)
}

/// A file of one test, removed when the test is done.
struct File(PathBuf);

impl File {
    fn new() -> File {
        File(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.db", EventId::new())))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(suffix);
            let _ = std::fs::remove_file(path);
        }
    }
}
