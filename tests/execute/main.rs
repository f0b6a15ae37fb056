//! The way of one command through the runtime: what it reads, what it appends, and what it does when something is in
//! the way.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod all;
mod cached;
mod concurrency;
mod conflict;
mod each;
mod envelope;
mod idempotency;
mod key;
mod no_runtime;
mod options;
mod outcome;
mod replaced;
mod route;
mod stream;
mod unreadable;
mod unwritable;

use std::time::Duration;

use eskit::{App, RetryPolicy};
use eskit_tests::scripted::Scripted;

/// An app on a scripted store that waits for nothing between tries.
fn scripted() -> App<Scripted> {
    let retry = RetryPolicy::attempts(4).with_delays(Duration::ZERO, Duration::ZERO);
    App::new(Scripted::new()).with_retry(retry)
}
