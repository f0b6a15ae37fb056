//! The store in memory, held to the contract.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod parity;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use eskit::MemoryStore;
use eskit_conformance::{Backups, Log, Suite};

/// The logs that are open, each with its backup.
#[derive(Clone, Default)]
struct Copies(Arc<Mutex<HashMap<Log, (MemoryStore, MemoryStore)>>>);

impl Backups for Copies {
    async fn back_up(&self, log: Log) {
        if let Some((store, copy)) = self.0.lock().unwrap().get_mut(&log) {
            *copy = store.backup();
        }
    }

    async fn restore(&self, log: Log) {
        if let Some((store, copy)) = self.0.lock().unwrap().get(&log) {
            store.restore(copy);
        }
    }
}

#[test]
fn memory() {
    let copies = Copies::default();
    let backups = copies.clone();
    let open = move |log| {
        let store = MemoryStore::new();
        copies.0.lock().unwrap().insert(log, (store.clone(), MemoryStore::new()));
        async { Ok::<_, Infallible>(store) }
    };
    let report = Suite::volatile(open).backups(backups).transfers::<MemoryStore>().named("memory").run();
    assert!(report.is_success(), "{report}");
    parity::check("memory", &report);
}
