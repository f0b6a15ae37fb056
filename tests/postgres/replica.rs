//! Reads from a standby that is behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use eskit::layer::ReadReplica;
use eskit::log::Page;
use eskit::prelude::*;
use eskit::{StoreError, delegate_store};
use eskit_postgres::testing::{self, Cluster};
use eskit_tests::campus::{Seats, define, enrol};
use sqlx::{Connection, PgConnection};
use tokio::task::spawn_blocking;

/// Random numbers, the same ones for each seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A store that counts the pages that it gave out.
#[derive(Clone)]
struct Counted(PostgresStore, Arc<AtomicUsize>);

impl EventStore for Counted {
    delegate_store!(|counted| &counted.0, except read);

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        let page = self.0.read(query, options).await?;
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(page)
    }
}

/// Pauses and resumes what the standby replays, for times at random.
async fn lag(dsn: String, seed: u64, is_over: Arc<AtomicBool>) {
    let (mut standby, mut numbers) = (PgConnection::connect(&dsn).await.unwrap(), Numbers(seed));
    while !is_over.load(Ordering::Relaxed) {
        // Now and then for longer than a read waits.
        let paused = if numbers.below(5) == 0 { 250 } else { numbers.below(60) };
        for (sql, ms) in
            [("SELECT pg_wal_replay_pause()", paused), ("SELECT pg_wal_replay_resume()", numbers.below(40))]
        {
            sqlx::raw_sql(sql).execute(&mut standby).await.unwrap();
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
    }
}

/// One caller that appends and reads. Returns how often the standby alone would have shown it less than it had seen.
async fn session<S: EventStore>(store: S, standby: PostgresStore, seed: u64) -> usize {
    let mut numbers = Numbers(seed);
    let own = Query::from(QueryItem::tags([Tag::new("session", seed.to_string())]));
    let (mut seen, mut appended, mut behind) = (Place::START, 0, 0);
    for _ in 0..40 {
        if numbers.below(3) == 0 {
            let mut event = NewEvent::json("e", "{}");
            event.tags.push("session", seed.to_string());
            appended += 1;
            let last = store.append(Append::new(vec![event])).await.unwrap().last();
            assert!(last > seen.position, "seed {seed}: {last} after {seen}");
            seen = last.into();
        } else {
            behind += usize::from(standby.head().await.unwrap().position < seen.position);
            let page = store.read(&own, ReadOptions::default()).await.unwrap();
            assert!(page.head.position >= seen.position, "seed {seed}: {} after {seen}", page.head);
            assert_eq!(page.events.len(), appended, "seed {seed}");
            seen = page.head;
        }
    }
    behind
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_reads_backwards_while_the_standby_is_behind() {
    let start = || {
        let primary = Cluster::options().start().unwrap()?;
        let standby = primary.standby(&Cluster::options()).unwrap();
        Some((primary, standby))
    };
    let Some((primary, standby)) = spawn_blocking(start).await.unwrap() else {
        // Says so, or fails in CI.
        assert!(testing::database().await.unwrap().is_none() || std::env::var_os("ESKIT_TEST_POSTGRES").is_some());
        return;
    };
    let store = PostgresStore::options().migrate(true).connect(&primary.dsn()).await.unwrap();
    let opened = async { PostgresStore::options().listen(false).connect(&standby.dsn()).await };
    let mut replica = opened.await;
    while replica.is_err() {
        // The migrations have not got there.
        tokio::time::sleep(Duration::from_millis(10)).await;
        replica = PostgresStore::options().listen(false).connect(&standby.dsn()).await;
    }
    let replica = replica.unwrap();
    let answered = Arc::<AtomicUsize>::default();
    let counted = Counted(replica.clone(), Arc::clone(&answered));
    let both = ReadReplica::open(store.clone(), counted).await.unwrap().within(Duration::from_millis(150));
    let seed = u64::from(std::process::id());
    let is_over = Arc::<AtomicBool>::default();
    let lagging = tokio::spawn(lag(standby.dsn(), seed, Arc::clone(&is_over)));
    let sessions: Vec<_> =
        (1..=6).map(|number| tokio::spawn(session(both.clone(), replica.clone(), seed * 100 + number))).collect();
    let mut behind = 0;
    for session in sessions {
        behind += session.await.unwrap();
    }
    assert!(behind > 0, "seed {seed}: the standby was never behind, so this tests nothing");
    assert!(answered.load(Ordering::Relaxed) > 0, "seed {seed}: the standby answered nothing");

    let app = App::new(both);
    app.execute(define("maths", 3)).await.unwrap();
    let students: Vec<_> = (0..8)
        .map(|student| {
            let app = app.clone();
            tokio::spawn(async move { app.execute(enrol("maths", &student.to_string())).await.is_ok() })
        })
        .collect();
    let mut enrolled = 0;
    for student in students {
        enrolled += usize::from(student.await.unwrap());
    }
    assert_eq!((enrolled, app.load::<Seats>("maths").await.unwrap().taken), (3, 3), "seed {seed}");
    is_over.store(true, Ordering::Relaxed);
    lagging.await.unwrap();
}
