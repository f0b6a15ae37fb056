//! Read models in SQLite that follow a log, also when their process is killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::support::Folder;
use crate::view::*;
use eskit_runtime::EventStore;
use eskit_runtime::log::{Append, NewEvent, Position, StoreErrorKind};
use eskit_runtime::subscription::{
    ApplyError, Changed, Claimed, Control, FollowOptions, Partition, State, Subscription, TellChanges, Views, follow,
};
use eskit_sqlite::rusqlite::Connection;
use eskit_sqlite::{SqliteStore, SqliteViews};

const CHILD_FOLDER: &str = "ESKIT_SQLITE_TEST_VIEWS_FOLDER";

async fn append(log: &SqliteStore, count: usize) {
    for _ in (0..count).step_by(500) {
        log.append(Append::new(vec![NewEvent::json("test.Row", "x"); count.min(500)].into_iter().map(fresh).collect()))
            .await
            .unwrap();
    }
}

fn fresh(event: NewEvent) -> NewEvent {
    event.with_id(eskit_runtime::log::EventId::new())
}

fn options(page: usize) -> FollowOptions {
    let mut options = FollowOptions::default();
    options.page = page;
    options
}

fn start(
    log: &SqliteStore,
    views: &SqliteViews,
    page: usize,
) -> (Control, tokio::task::JoinHandle<Result<(), eskit_runtime::subscription::SubscriptionError>>) {
    let control = Control::of::<Rows>(Partition::WHOLE);
    let (log, views, steered) = (log.clone(), views.clone(), control.clone());
    let following = async move {
        follow(&log, &Arc::new(Rows::<1>::default()), &views, &options(page), &steered, &TokioSleep).await
    };
    (control, tokio::spawn(following))
}

#[tokio::test]
async fn a_read_model_follows_the_log() {
    let folder = Folder::new("follow");
    let log = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
    append(&log, 1000).await;
    let (control, task) = start(&log, &views, 300);
    control.reached(Position::new(1000)).await.unwrap();
    control.watch(|health| (health.state == State::Live).then_some(())).await;
    append(&log, 10).await;
    control.reached(Position::new(1010)).await.unwrap();
    assert_eq!(seen_positions(&views).await, (1..=1010).collect::<Vec<_>>());
    control.rebuild();
    append(&log, 1).await;
    control.reached(Position::new(1011)).await.unwrap();
    control.stop();
    task.await.unwrap().unwrap();
    assert_eq!(seen_positions(&views).await, (1..=1011).collect::<Vec<_>>());
    assert!(is_free::<Rows>(&views).await, "a stopped subscription holds no claim");
}

/// A process that is killed at the latest when the test ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spawn(folder: &Path) -> Killed {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "views_follow::child_follows_until_it_is_killed", "--ignored", "--nocapture"])
        .env(CHILD_FOLDER, folder)
        .stdout(Stdio::null())
        .spawn();
    Killed(child.unwrap())
}

#[tokio::test]
#[ignore = "runs as a child of `a_killed_process_is_replaced_at_once_and_has_lost_nothing`"]
async fn child_follows_until_it_is_killed() {
    let folder = std::path::PathBuf::from(std::env::var_os(CHILD_FOLDER).unwrap());
    let log = SqliteStore::open(folder.join("log.db")).await.unwrap();
    let views = SqliteViews::open(folder.join("views.db")).await.unwrap();
    let (_control, task) = start(&log, &views, 7);
    task.await.unwrap().unwrap();
}

/// The place of the stored checkpoint, and the positions of the rows.
fn stored(file: &Path) -> (i64, Vec<i64>) {
    let conn = Connection::open(file).unwrap();
    conn.busy_timeout(Duration::from_secs(5)).unwrap();
    conn.execute_batch("BEGIN").unwrap();
    let place = conn.query_row("SELECT pos FROM eskit_checkpoints", [], |row| row.get(0)).unwrap();
    let mut statement = conn.prepare("SELECT pos FROM rows ORDER BY pos").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    (place, rows)
}

#[tokio::test]
async fn a_killed_process_is_replaced_at_once_and_has_lost_nothing() {
    const EVENTS: usize = 10_000;
    let folder = Folder::new("killed");
    let log = SqliteStore::open(folder.file("log.db")).await.unwrap();
    append(&log, EVENTS).await;
    let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
    let position = async || views.checkpoints().await.unwrap().first().map_or(0, |found| found.place.position.get());
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let (mut rounds, mut epoch) = (0, 0);
    while rounds < 12 && position().await < EVENTS as u64 {
        rounds += 1;
        let before = position().await;
        let child = spawn(&folder.file(""));
        let since = Instant::now();
        while position().await == before {
            assert!(since.elapsed() < Duration::from_secs(30), "the child makes no progress");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        tokio::time::sleep(Duration::from_micros(random >> 33 & 0xffff)).await;
        match views.claim(&Subscription::of::<Rows>(LOG)).await.unwrap() {
            Claimed::Standby(checkpoint) => epoch = epoch.max(checkpoint.epoch),
            Claimed::Leader(_) => panic!("the child holds no claim"),
        }
        drop(child);
        let claim = lead::<Rows>(&views).await;
        assert!(claim.checkpoint.epoch > epoch);
        let (place, rows) = stored(&folder.file("views.rows.1.db"));
        assert_eq!(place as u64, claim.checkpoint.place.position.get());
        assert_eq!(rows, (1..=place).collect::<Vec<_>>(), "after a kill in round {rounds}");
    }
    assert!(rounds > 2, "the kills came too late");
    let (control, task) = start(&log, &views, 1000);
    control.reached(Position::new(EVENTS as u64)).await.unwrap();
    control.stop();
    task.await.unwrap().unwrap();
    assert_eq!(stored(&folder.file("views.rows.1.db")).1, (1..=EVENTS as i64).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_handler_at_work_blocks_no_caller_and_a_dropped_call_ends_no_claim() {
    let folder = Folder::new("blocks");
    let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
    let (mut claim, rows_of) = (lead::<Rows>(&views).await, Arc::new(Rows::<1>::default()));
    let slow = |first| batch(vec![event(first, "test.Sleeps", "200"), event(first + 1, "test.Row", "x")]);
    let mut ticks = 0;
    let tick = async {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            ticks += 1;
        }
    };
    tokio::select! {
        applied = apply(&views, &mut claim, &rows_of, slow(1)) => applied.unwrap(),
        () = tick => unreachable!(),
    }
    assert!(ticks > 3, "{ticks}");
    // The batch of a dropped call is finished, as its caller finds with the next claim.
    rows_of.is_asleep.store(false, Ordering::SeqCst);
    let begun = async {
        while !rows_of.is_asleep.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        applied = apply(&views, &mut claim, &rows_of, slow(3)) => panic!("{applied:?}"),
        () = begun => {}
    }
    views.release(claim).await;
    assert_eq!(lead::<Rows>(&views).await.checkpoint.place.position.get(), 4);
}

#[tokio::test]
async fn a_failure_of_the_database_is_not_the_fault_of_the_handler() {
    let folder = Folder::new("failures");
    let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
    let (mut claim, rows_of) = (lead::<Rows>(&views).await, Arc::new(Rows::<1>::default()));
    for (code, kind) in [("13", StoreErrorKind::Full), ("5", StoreErrorKind::Busy), ("10", StoreErrorKind::Other)] {
        match apply(&views, &mut claim, &rows_of, batch(vec![event(1, "test.FailsWith", code)])).await {
            Err(ApplyError::Views(error)) => assert_eq!(error.kind(), kind, "{error}"),
            other => panic!("{code}: {other:?}"),
        }
    }
    // A constraint, a table that is locked by a statement of the same handler.
    for code in ["19", "6", "1"] {
        match apply(&views, &mut claim, &rows_of, batch(vec![event(1, "test.FailsWith", code)])).await {
            Err(ApplyError::Handler { index: 0, .. }) => {}
            other => panic!("{code}: {other:?}"),
        }
    }
}

fn keys(names: &[&str]) -> Changed {
    Changed::Keys(names.iter().map(|name| (*name).to_owned()).collect())
}

#[tokio::test]
async fn changes_are_told_by_key_here_and_as_all_elsewhere() {
    let folder = Folder::new("changes");
    let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
    // Other views of the same files, as another process has.
    let other = SqliteViews::open(folder.file("views.db")).await.unwrap();
    let (mut claim, rows_of) = (lead::<Rows>(&views).await, Arc::new(Rows::<1>::default()));
    apply(&views, &mut claim, &rows_of, batch(rows([1]))).await.unwrap();
    views.activate(&claim).await.unwrap();
    let (mut here, mut there) = (views.changes::<Rows>().await.unwrap(), other.changes::<Rows>().await.unwrap());
    let quiet = Duration::from_millis(250);
    assert!(tokio::time::timeout(quiet, here.next()).await.is_err(), "nothing has changed");
    assert!(tokio::time::timeout(quiet, there.next()).await.is_err(), "nothing has changed");

    let named = |position, key| event(position, "test.Names", key);
    for (position, key) in [(2, "a"), (3, "b"), (4, "a")] {
        apply(&views, &mut claim, &rows_of, batch(vec![named(position, key)])).await.unwrap();
    }
    assert_eq!(here.next().await, keys(&["a", "b"]));
    assert_eq!(there.next().await, Changed::All);
    // Neither twice.
    let both = async {
        tokio::select! { found = here.next() => found, found = there.next() => found }
    };
    assert!(tokio::time::timeout(quiet, both).await.is_err());
    // What fails is not told.
    let events = vec![named(5, "c"), event(6, "test.Fails", "")];
    apply(&views, &mut claim, &rows_of, batch(events)).await.unwrap_err();
    assert!(tokio::time::timeout(quiet, here.next()).await.is_err());
    // A row without a key.
    apply(&views, &mut claim, &rows_of, batch(rows([5]))).await.unwrap();
    assert_eq!(here.next().await, Changed::All);
    assert_eq!(there.next().await, Changed::All);
    // Another version.
    let two = lead::<Rows<2>>(&views).await;
    views.activate(&two).await.unwrap();
    assert_eq!(here.next().await, Changed::All);
    assert_eq!(there.next().await, Changed::All);
}
