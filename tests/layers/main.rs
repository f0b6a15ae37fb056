//! Layers around a store: what each adds, and that it changes nothing else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod audited;
mod hooked;
mod lifecycle;
mod metered;
mod read_replica;
mod retrying;
mod traced;

use eskit::log::Append;
use eskit_tests::campus::enrolled;
use eskit_tests::scripted::encode;

/// An append of one event.
fn one() -> Append {
    Append::new(encode(enrolled("maths", "ada")))
}
