//! `kill -9` at any moment: nothing that the log held is lost, and nothing is there twice, neither in the log nor in the report.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of tests may panic")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use eskit::EventStore;
use eskit::sqlite::SqliteStore;
use support::Random;

#[tokio::test]
async fn an_import_survives_kill_9() {
    let lines = support::made_up_log(20_000, 1);
    let file = support::write_log(&lines);
    let status = import_under_fire(&file, &lines, 3, 1).await;
    assert_eq!(status.code(), Some(1), "the figures of a made-up log are not the published ones");
}

/// The whole log of the BPI Challenge 2012, killed at 20 moments. Takes a minute or so.
#[tokio::test]
#[ignore = "needs ../shared/data/bpic2012.ndjson.gz, or the file that LOANS_FILE names; run with --ignored"]
async fn the_import_of_the_whole_log_survives_kill_9_at_20_moments() {
    let file = match std::env::var_os("LOANS_FILE") {
        Some(file) => PathBuf::from(file),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bpic2012.ndjson.gz"),
    };
    assert!(file.exists(), "there is no file `{}`; name it in LOANS_FILE", file.display());
    let lines = support::read_lines(&file);
    let seed = std::env::var("LOANS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2012);
    let status = import_under_fire(&file, &lines, 20, seed).await;
    assert!(status.success(), "the figures are not the published ones");
}

/// Imports a file, kills the program at as many moments, and checks the log after each; then lets it end, and checks
/// that the log holds the file. Returns how the program ended.
async fn import_under_fire(file: &Path, lines: &[String], kills: u64, seed: u64) -> ExitStatus {
    let (db, mut random) = (support::fresh_path("db"), Random(seed));
    let part = lines.len() as u64 / (kills + 1);
    for kill in 0..kills {
        // Somewhere in the next part of the log, and somewhere between two appends or within one.
        let target = kill * part + 1 + random.below(part);
        let delay = Duration::from_micros(random.below(10_000));
        let mut child = spawn(file, &db);
        let seen = wait_for(&db, target, &mut child).await;
        tokio::time::sleep(delay).await;
        child.kill().unwrap();
        let killed = child.wait().unwrap().code().is_none();
        let held = held(&db).await;
        eprintln!("kill {kill}: after event {seen} was seen, {delay:?} later; the log holds {held}");
        assert!(killed && held < lines.len() as u64, "the program ended before it was killed");
        assert!(held >= seen, "{seen} events were there, and {held} are left");
        let store = SqliteStore::open(&db).await.unwrap();
        support::assert_holds(&store, &lines[..held as usize]).await;
        store.close().await;
    }
    let status = spawn(file, &db).wait().unwrap();
    let report = support::funnel(&format!("sqlite:{}", db.display())).await;
    assert_eq!(report, Some(support::funnel_of(lines)), "the report");
    let store = SqliteStore::open(&db).await.unwrap();
    support::assert_holds(&store, lines).await;
    store.close().await;
    // A further run adds nothing.
    assert_eq!(spawn(file, &db).wait().unwrap(), status);
    assert_eq!(held(&db).await, lines.len() as u64);
    status
}

fn spawn(file: &Path, db: &Path) -> Child {
    let dsn = format!("sqlite:{}", db.display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_loans"));
    command.arg(file).args(["--store", &dsn]).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Waits until the log holds this many events, and returns how many were seen. Whoever looks is gone when the program is
/// killed, so that nobody keeps the log in order for it.
async fn wait_for(db: &Path, events: u64, child: &mut Child) -> u64 {
    let mut store = None;
    loop {
        assert!(child.try_wait().unwrap().is_none(), "the program ended before it was to be killed");
        match &store {
            // The program has yet to create the file.
            None => store = SqliteStore::options().read_only(true).open(db).await.ok(),
            Some(open) => {
                let head = open.head().await.unwrap().position.get();
                if head >= events {
                    open.close().await;
                    return head;
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// How many events the log holds, looked up by nobody but this.
async fn held(db: &Path) -> u64 {
    let store = SqliteStore::options().read_only(true).open(db).await.unwrap();
    let head = store.head().await.unwrap().position.get();
    store.close().await;
    head
}
