//! The views in memory, held to the contract.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod parity;

use eskit::{MemoryTx, MemoryViews};
use eskit_conformance::{Log, Rows, TestError, TestViews, ViewsSuite, WriteRows};
use eskit_runtime::subscription::Subscriber;

const TABLE: &str = "rows";

struct InMemory;

impl TestViews for InMemory {
    type Views = MemoryViews;
    const TABLES: &'static str = "";

    async fn open(&self, _: Log) -> Result<MemoryViews, TestError> {
        Ok(MemoryViews::new())
    }

    async fn rows<P: Subscriber>(&self, views: &MemoryViews) -> Result<Rows, TestError> {
        let rows = views.table::<P>(TABLE).into_iter();
        Ok(rows.map(|(key, value)| (key, value.as_str().unwrap_or_default().to_owned())).collect())
    }
}

impl WriteRows for InMemory {
    type Tx = MemoryTx;

    fn put(tx: &mut MemoryTx, key: &str, value: &str) -> Result<(), TestError> {
        tx.put(TABLE, key, value.into());
        Ok(())
    }

    fn get(tx: &mut MemoryTx, key: &str) -> Result<Option<String>, TestError> {
        Ok(tx.get(TABLE, key).and_then(|value| value.as_str()).map(str::to_owned))
    }
}

#[test]
fn memory_views() {
    // As many futures are dropped as there are rounds.
    let suite = ViewsSuite::volatile(InMemory)
        .with_rows()
        .with_changes()
        .with_snapshots()
        .with_commands()
        .with_work()
        .with_requests()
        .rounds(200)
        .named("views in memory");
    let cases = suite.case_names().count();
    let report = suite.run();
    assert!(report.is_success(), "{report}");
    parity::check_views("memory", cases, &report);
}
