//! Processes that forget one subject after another and are killed in the middle: whoever opens the log next finds each subject either as
//! it was or forgotten for good, and never between the two.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use eskit::SnapshotOptions;
use eskit::postgres::{PostgresKeyStore, PostgresStore};
use eskit::sqlite::{SqliteKeyStore, SqliteStore, SqliteViews};
use eskit_postgres::testing;

use super::*;

const LOG: &str = "ESKIT_TEST_VAULT_LOG";
const FOLDER: &str = "ESKIT_TEST_VAULT_FOLDER";
const STUDENTS: u32 = 60;
const KILLS: u32 = 8;
const SEED: u64 = 0x5eed_2020;

/// The log, its keys, and snapshots of students in a file of their own.
async fn open(log: &str, folder: &Path) -> App<AnyStore> {
    let snapshots = SqliteViews::open(folder.join("views.db")).await.unwrap();
    let app = match log {
        "sqlite" => {
            let store = AnyStore::new(SqliteStore::open(folder.join("log.db")).await.unwrap());
            let keys = SqliteKeyStore::open(folder.join("keys.db")).await.unwrap();
            App::new(store).with_vault(vault(&keys))
        }
        dsn => {
            let store = eskit::connect(dsn).await.unwrap();
            let pool = store.downcast_ref::<PostgresStore>().unwrap().pool().clone();
            let keys = PostgresKeyStore::open(pool).await.unwrap();
            App::new(store).with_vault(vault(&keys))
        }
    };
    app.with_snapshots::<Student>(snapshots, SnapshotOptions::every(1))
}

fn id(index: u32) -> String {
    format!("student-{index}")
}

/// What a process does that is to be killed; nothing where no test has started it.
#[tokio::test]
async fn a_process_that_is_killed() {
    let (Ok(log), Ok(folder)) = (std::env::var(LOG), std::env::var(FOLDER)) else { return };
    let folder = Path::new(&folder);
    let app = open(&log, folder).await;
    let mut done = OpenOptions::new().create(true).append(true).open(folder.join("done")).unwrap();
    for index in confirmed(folder)..STUDENTS {
        app.forget(student(&id(index))).await.unwrap();
        done.write_all(b".").unwrap();
    }
}

/// How many subjects a process said to be forgotten, in their order.
fn confirmed(folder: &Path) -> u32 {
    fs::read(folder.join("done")).map_or(0, |done| done.len() as u32)
}

/// Lets a process forget a few subjects, and kills it somewhere in the next one.
fn forget_and_kill(log: &str, folder: &Path, few: u32, pause: Duration) {
    let mut process = Process::new(std::env::current_exe().unwrap());
    process.args(["--exact", "killed::a_process_that_is_killed"]).env(LOG, log).env(FOLDER, folder);
    let mut child = process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (before, begun) = (confirmed(folder), Instant::now());
    while confirmed(folder) < before + few {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing is forgotten any more, after {before}");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(pause);
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn each_is_forgotten_or_known(log: &str, folder: &Path) {
    let app = open(log, folder).await;
    for index in 0..STUDENTS {
        app.execute(Register { student: id(index), name: NAME.to_owned() }).await.unwrap();
        app.load::<Student>(id(index)).await.unwrap();
    }
    app.snapshots_written().await;
    drop(app);
    println!("seed {SEED:#x}");
    let mut random = SEED;
    for _ in 0..KILLS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (few, pause) = (1 + (random >> 40) as u32 % 5, Duration::from_micros((random >> 33) % 6_000));
        forget_and_kill(log, folder, few, pause);
        let app = open(log, folder).await;
        let recorded = app
            .store()
            .read(&Query::from(eskit::log::QueryItem::types(["eskit.SubjectForgotten"])), ReadOptions::default())
            .await;
        let recorded = recorded.unwrap().events.len() as u32;
        assert!((confirmed(folder)..=confirmed(folder) + 1).contains(&recorded), "{recorded} are recorded");
        for index in 0..STUDENTS {
            let student = app.load::<Student>(id(index)).await.unwrap().state;
            let name = (index >= recorded).then_some(NAME);
            assert_eq!(student.name.as_deref(), name, "{index}, of which {recorded} are forgotten");
        }
    }
    assert!(confirmed(folder) < STUDENTS, "no process was killed in the middle any more");
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vault_killed").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn each_subject_is_forgotten_or_known_after_kills_on_sqlite() {
    each_is_forgotten_or_known("sqlite", &folder("sqlite")).await;
}

#[tokio::test]
async fn each_subject_is_forgotten_or_known_after_kills_on_postgres() {
    let Some(database) = testing::database().await.unwrap() else { return };
    each_is_forgotten_or_known(database.dsn(), &folder("postgres")).await;
}
