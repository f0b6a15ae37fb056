//! The store in memory, held to the contract.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod parity;

use std::convert::Infallible;

use eskit::MemoryStore;
use eskit_conformance::Suite;

#[test]
fn memory() {
    let report = Suite::volatile(|| async { Ok::<_, Infallible>(MemoryStore::new()) }).named("memory").run();
    assert!(report.is_success(), "{report}");
    parity::check("memory", &report);
}
