//! What stores say of their logs in numbers, and views of their snapshots; and stores that say something else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

use eskit::{MemoryStore, MemoryViews};
use eskit_conformance::{check_snapshot_counts, check_stats};
use eskit_postgres::{PostgresStore, PostgresViews, testing};
use eskit_runtime::log::{LogStats, Statistics};
use eskit_runtime::{EventStore, StoreError, delegate_store};
use eskit_sqlite::{SqliteStore, SqliteViews};

#[tokio::test]
async fn memory() {
    check_stats(&MemoryStore::new()).await.unwrap();
    check_snapshot_counts(&MemoryViews::new()).await.unwrap();
}

/// Entries are settled in the middle, and some are still recent at the end.
#[tokio::test]
async fn sqlite() {
    let folder = std::env::temp_dir().join(format!("eskit-conformance-stats-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for settle_after in [1, 3, 5, 7, 4000] {
        let path = folder.join(format!("{settle_after}.db"));
        let store = SqliteStore::options().settle_after(settle_after).open(&path).await.unwrap();
        check_stats(&store).await.unwrap();
        let stats = store.stats().await.unwrap();
        assert!(stats.size_bytes.unwrap() >= 4096, "{stats:?}");
        store.close().await;
    }
    let views = SqliteViews::open(folder.join("views.db")).await.unwrap();
    check_snapshot_counts(&views).await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn postgres() {
    let Some(database) = testing::database().await.unwrap() else { return };
    let store = PostgresStore::options().migrate(true).connect(database.dsn()).await.unwrap();
    check_stats(&store).await.unwrap();
    assert!(store.stats().await.unwrap().size_bytes.unwrap() >= 8192);
    store.close().await;
    check_snapshot_counts(&PostgresViews::open(database.pool()).await.unwrap()).await.unwrap();
}

/// The store in memory, with a mistake in its numbers.
struct Mistaken(MemoryStore, Mistake);

type Mistake = fn(&mut LogStats);

impl EventStore for Mistaken {
    delegate_store!(|layer| &layer.0);
}

impl Statistics for Mistaken {
    async fn stats(&self) -> Result<LogStats, StoreError> {
        let mut stats = self.0.stats().await?;
        (self.1)(&mut stats);
        Ok(stats)
    }
}

#[tokio::test]
async fn each_mistake_is_found() {
    let mistakes: [(Mistake, &str); 8] = [
        (|stats| stats.event_types.reverse(), "a log of open streams"),
        (|stats| stats.event_types.retain(|of| of.first != of.last), "a log of open streams"),
        (|stats| stats.event_types.iter_mut().for_each(|of| of.last = of.first), "a log of open streams"),
        (|stats| stats.stream_types.retain(|name| name != "Account"), "a log of open streams"),
        (|stats| stats.deleted_events = 0, "a log with closed streams"),
        (|stats| stats.tombstoned_streams += stats.deleted_streams, "a log with closed streams"),
        (|stats| stats.archived_streams *= 2, "a log with closed streams"),
        (|stats| stats.stream_types.retain(|name| stats.deleted_streams < 3 || name != "brief"), "the only event"),
    ];
    for (mistake, when) in mistakes {
        let error = check_stats(&Mistaken(MemoryStore::new(), mistake)).await.unwrap_err().to_string();
        assert!(error.contains(when), "{error}");
    }
}
