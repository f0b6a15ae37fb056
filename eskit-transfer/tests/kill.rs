//! A copy that is killed at any moment goes on with the next run, and becomes the log that was copied.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

#[path = "kill/archive.rs"]
mod archive;
mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use eskit::EventStore;
use eskit::log::{Append, AppendError, StoreErrorKind, StreamChange, StreamId};
use eskit::sqlite::SqliteStore;
use eskit::transfer::AnyTransfer;
use eskit_postgres::{PostgresStore, testing};
use eskit_transfer::{Progress, backup, check, cut_over, migrate, restore};
use support::{Folder, assert_equal, event, fill, stream};

/// What another process is to do: the task, from where, and to where.
const TASK: &str = "ESKIT_TRANSFER_TASK";
/// How often each copy is killed; more by hand.
const ROUNDS: &str = "ESKIT_TRANSFER_KILLS";

fn rounds() -> u64 {
    std::env::var(ROUNDS).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(5)
}

/// The log is large enough for some pages, by the bytes of its payloads.
async fn source(folder: &Folder) -> SqliteStore {
    let store = SqliteStore::open(folder.path("source.db")).await.unwrap();
    let payload = format!("\"{}\"", "x".repeat(1 << 20));
    for number in 0..70 {
        let large = event(number).with_payload(payload.clone().into_bytes());
        store.append(Append::new(vec![large, event(1000 + number)])).await.unwrap();
    }
    fill(&store, 2000..2400).await;
    store.change_stream(&stream(3), StreamChange::delete("asked for")).await.unwrap();
    store.change_stream(&stream(4), StreamChange::Archive).await.unwrap();
    store
}

async fn open(address: &str) -> AnyTransfer {
    match address.starts_with("postgres:") {
        true => AnyTransfer::new(PostgresStore::options().migrate(true).connect(address).await.unwrap()),
        false => AnyTransfer::new(SqliteStore::open(address).await.unwrap()),
    }
}

/// Does the task of this process, if it has one: tells of each page, so that it can be killed between two and within one.
fn is_child() -> bool {
    let Ok(task) = std::env::var(TASK) else { return false };
    let [task, from, to] = task.split('\n').collect::<Vec<_>>()[..] else { panic!("{task}") };
    let tell = |progress: Progress| std::io::stdout().write_all(format!("page {progress}\n").as_bytes()).unwrap();
    let work = async {
        match task {
            "migrate" => drop(migrate(&open(from).await, &open(to).await).on_progress(tell).await.unwrap()),
            "cut over" => drop(cut_over(&open(from).await, &open(to).await).on_progress(tell).await.unwrap()),
            "restore" => drop(restore(from, &open(to).await).on_progress(tell).await.unwrap()),
            "archive" => archive::archive_all(from, to).await,
            "backup" => drop(backup(&open(from).await, to).on_progress(tell).await.unwrap()),
            task => panic!("{task}"),
        }
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work);
    true
}

fn start(test: &str, task: [&str; 3]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(TASK, task.join("\n")).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// Runs a task again and again, and kills it each time, a little after one of its pages. Returns how often it was killed before it was
/// done.
fn kill_again_and_again(test: &str, task: [&str; 3]) -> u64 {
    let mut killed = 0;
    for round in 0..rounds() {
        let mut child = start(test, task);
        // Kept until the end: a process that tells nobody would end by itself.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let pages = lines.by_ref().filter(|line| line.starts_with("page "));
        let seen = pages.take((round % 3) as usize).count();
        // Within the pages, at another moment in each round.
        std::thread::sleep(Duration::from_millis(round * 13 % 60 + u64::from(seen == 0) * 30));
        child.kill().unwrap();
        killed += u64::from(!child.wait().unwrap().success());
    }
    killed
}

/// Waits until a process says that it has begun. What it says is not read any more.
fn wait_for_page(child: &mut Child) {
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    while out.read_line(&mut line).unwrap() > 0 && !line.contains("page ") {
        line.clear();
    }
    // Kept open: a process that tells nobody would end by itself.
    child.stdout = Some(out.into_inner());
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn a_migration_that_is_killed_goes_on() {
    if is_child() {
        return;
    }
    let folder = Folder::new();
    let source = block_on(source(&folder));
    let to = folder.path("copy.db");
    let paths = [source.path().to_str().unwrap(), to.to_str().unwrap()];
    let killed = kill_again_and_again("a_migration_that_is_killed_goes_on", ["migrate", paths[0], paths[1]]);
    assert!(killed > 0, "no kill came before the end");
    block_on(async {
        let copy = SqliteStore::open(&to).await.unwrap();
        migrate(&source, &copy).await.unwrap();
        assert_equal(&source, &copy).await;
    });
}

#[test]
fn a_migration_to_postgres_that_is_killed_goes_on() {
    if is_child() {
        return;
    }
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    let folder = Folder::new();
    let source = block_on(source(&folder));
    let task = ["migrate", source.path().to_str().unwrap(), database.dsn()];
    let killed = kill_again_and_again("a_migration_to_postgres_that_is_killed_goes_on", task);
    assert!(killed > 0, "no kill came before the end");
    block_on(async {
        let copy = open(database.dsn()).await;
        migrate(&source, &copy).await.unwrap();
        assert_equal(&source, &copy).await;
    });
}

#[test]
fn a_backup_that_is_killed_leaves_no_file_and_a_restore_goes_on() {
    if is_child() {
        return;
    }
    let test = "a_backup_that_is_killed_leaves_no_file_and_a_restore_goes_on";
    let folder = Folder::new();
    let source = block_on(source(&folder));
    let (file, to) = (folder.path("log.eskit"), folder.path("restored.db"));
    let [file_path, to_path] = [&file, &to].map(|path| path.to_str().unwrap());
    let mut child = start(test, ["backup", source.path().to_str().unwrap(), file_path]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("page ")));
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success() && !file.exists());
    block_on(async { backup(&source, &file).await.unwrap() });
    assert_eq!(check(&file).unwrap().head, block_on(source.head()).unwrap());
    let killed = kill_again_and_again(test, ["restore", file_path, to_path]);
    assert!(killed > 0, "no kill came before the end");
    block_on(async {
        let restored = SqliteStore::open(&to).await.unwrap();
        restore(&file, &restored).await.unwrap();
        assert_equal(&source, &restored).await;
    });
}

/// Appends until the log is sealed. Returns how many events were confirmed.
async fn write_until_sealed(store: SqliteStore) -> u64 {
    let mut confirmed = 0;
    loop {
        match store.append(Append::new(vec![event(5000).with_stream(None::<StreamId>)])).await {
            Ok(_) => confirmed += 1,
            Err(AppendError::Store(error)) if error.kind() == StoreErrorKind::Sealed => return confirmed,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_log_that_is_moved_in_use_loses_nothing_when_the_move_is_killed() {
    if is_child() {
        return;
    }
    let test = "a_log_that_is_moved_in_use_loses_nothing_when_the_move_is_killed";
    let folder = Folder::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let source = runtime.block_on(SqliteStore::open(folder.path("source.db"))).unwrap();
    runtime.block_on(fill(&source, 0..3000));
    let before = runtime.block_on(source.head()).unwrap().position.get();
    let to = folder.path("copy.db");
    let writing = runtime.spawn(write_until_sealed(source.clone()));
    let killed = kill_again_and_again(test, ["cut over", source.path().to_str().unwrap(), to.to_str().unwrap()]);
    assert!(killed > 0, "no kill came before the end");
    runtime.block_on(async {
        let copy = SqliteStore::open(&to).await.unwrap();
        let moved = cut_over(&source, &copy).await.unwrap();
        assert_eq!(moved.difference, None);
        let confirmed = writing.await.unwrap();
        assert_eq!(copy.head().await.unwrap().position.get(), before + confirmed);
        assert_equal(&source, &copy).await;
    });
}
