//! Processes that are killed while they write snapshots of a projection in memory: each time, the next one holds what the log says.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use eskit::postgres::{PostgresStore, PostgresViews};
use eskit::prelude::*;
use eskit::snapshots::Snapshots;
use eskit::sqlite::{SqliteStore, SqliteViews};
use eskit_postgres::testing;

use crate::support::every;
use crate::totals::{Sell, Sold, Totals, counts, sell, start};

const TEST: &str = "killed::a_process_that_is_killed";
const LOG: &str = "ESKIT_TEST_SNAPSHOTS_LOG";
const FOLDER: &str = "ESKIT_TEST_SNAPSHOTS_FOLDER";

/// How many sales there are between the first snapshot of a process and its end.
const SALES: [u64; 4] = [0, 2, 7, 20];

async fn on_sqlite(folder: &Path) -> (AnyStore, SqliteViews) {
    let store = SqliteStore::open(folder.join("log.db")).await.unwrap();
    (AnyStore::new(store), SqliteViews::open(folder.join("views.db")).await.unwrap())
}

async fn on_postgres(dsn: &str) -> (AnyStore, PostgresViews) {
    let store = eskit::connect(dsn).await.unwrap();
    let pool = store.downcast_ref::<PostgresStore>().unwrap().pool().clone();
    (store, PostgresViews::open(pool).await.unwrap())
}

/// An item with a name that is long, so that a snapshot takes its time.
fn item(number: u64) -> String {
    format!("{number:0>250}")
}

/// Sells one item after another, and has a snapshot written whenever none is being written.
async fn sell_on((store, views): (AnyStore, impl Snapshots), folder: &Path) {
    let (app, _) = start::<Totals, _>(&store, &views, every(1)).await;
    let first = store.head().await.unwrap().position.get();
    sell::<Totals, _>(&app, &item(first), 1).await;
    OpenOptions::new().create(true).append(true).open(folder.join("begun")).unwrap();
    for number in first + 1.. {
        app.execute(Sell { item: item(number), times: 1 }).await.unwrap();
    }
}

/// What a process does that is to be killed; nothing where no test has started it.
#[tokio::test]
async fn a_process_that_is_killed() {
    let (Ok(log), Ok(folder)) = (std::env::var(LOG), std::env::var(FOLDER)) else { return };
    let folder = Path::new(&folder);
    match log.as_str() {
        "sqlite" => sell_on(on_sqlite(folder).await, folder).await,
        dsn => sell_on(on_postgres(dsn).await, folder).await,
    }
}

/// Starts processes and kills them, and looks each time what the next one holds.
async fn kill<V: Snapshots>(log: &str, folder: &Path, open: impl AsyncFn() -> (AnyStore, V)) {
    let (store, _) = open().await;
    for sales in SALES {
        let mut process = Process::new(std::env::current_exe().unwrap());
        process.args(["--exact", TEST]).env(LOG, log).env(FOLDER, folder);
        let mut process = process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        let wait = async || {
            assert!(begun.elapsed() < Duration::from_secs(60), "the process sells nothing");
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        while fs::remove_file(folder.join("begun")).is_err() {
            wait().await;
        }
        let until = store.head().await.unwrap().position.get() + sales;
        while store.head().await.unwrap().position.get() < until {
            wait().await;
        }
        process.kill().unwrap();
        process.wait().unwrap();
        check(open().await).await;
    }
}

/// A program that is started begins at a snapshot, and comes to what the log says.
async fn check((store, views): (AnyStore, impl Snapshots)) {
    let (app, totals) = start::<Totals, _>(&store, &views, every(1_000_000)).await;
    app.caught_up::<Totals>(store.head().await.unwrap()).await.unwrap();
    let events = store.read(&Query::of::<Sold>(), ReadOptions::default().limit(10_000)).await.unwrap().events;
    let mut sold: BTreeMap<String, u32> = BTreeMap::new();
    for event in events {
        *sold.entry(event.tags.iter().next().unwrap().value().to_owned()).or_default() += 1;
    }
    let held = totals.read().sold.clone();
    // Without the names, which are long.
    assert!(held == sold, "{} of {} items", held.len(), sold.len());
    assert_eq!(counts::<Totals, _>(&app).hits, 1);
    app.stop().await.unwrap();
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("memory-snapshots-killed").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn a_kill_while_a_snapshot_is_written_on_sqlite() {
    let folder = folder("sqlite");
    kill("sqlite", &folder, async || on_sqlite(&folder).await).await;
}

#[tokio::test]
async fn a_kill_while_a_snapshot_is_written_on_postgres() {
    let Some(database) = testing::database().await.unwrap() else { return };
    kill(database.dsn(), &folder("postgres"), async || on_postgres(database.dsn()).await).await;
}
