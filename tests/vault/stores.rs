//! The same story where logs and keys outlive the process, and what is left of it in the files.

use std::path::{Path, PathBuf};

use eskit::postgres::{PostgresKeyStore, PostgresStore};
use eskit::sqlite::SqliteKeyStore;
use eskit_postgres::testing::{Cluster, StopMode};
use sqlx::AssertSqlSafe;

use super::*;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("eskit-vault-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The files in a folder, however deep, that hold these bytes.
fn files_with(folder: &Path, wanted: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, wanted));
        } else if holds(&std::fs::read(&path).unwrap_or_default(), wanted) {
            found.push(path);
        }
    }
    found
}

fn holds(mut bytes: &[u8], wanted: &[u8]) -> bool {
    while let Some(at) = bytes.iter().position(|byte| *byte == wanted[0]) {
        bytes = &bytes[at..];
        if bytes.starts_with(wanted) {
            return true;
        }
        bytes = &bytes[1..];
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_subject_is_forgotten_in_sqlite() {
    let folder = Folder::new("story");
    let store = SqliteStore::open(folder.0.join("log.db")).await.unwrap();
    let keys = SqliteKeyStore::open(folder.0.join("keys.db")).await.unwrap();
    super::app::story(store.clone(), keys.clone()).await;
    super::keys::race(&store, &keys).await;
    assert!(files_with(&folder.0, NAME.as_bytes()).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn neither_the_text_nor_its_key_is_left_in_the_files_of_sqlite() {
    let folder = Folder::new("bytes");
    let path = folder.0.join("keys.db");
    let store = SqliteStore::open(folder.0.join("log.db")).await.unwrap();
    let keys = SqliteKeyStore::open(&path).await.unwrap();
    // Among others, so that pages are split and rows move.
    let sealing = Sealing::new(store.clone(), vault(&keys));
    for number in 0..200 {
        register(&sealing, &format!("other-{number}")).await;
    }
    register(&sealing, "ada").await;
    let log = store.log_id().await.unwrap();
    let wrapped = keys.of_subject(log, student("ada")).await.unwrap()[0].wrapped.clone().unwrap().bytes;
    assert!(!files_with(&folder.0, &wrapped).is_empty(), "the scan finds what is there");

    let app = App::new(store.clone()).with_vault(vault(&keys));
    assert_eq!(app.forget(student("ada")).await.unwrap().keys, 1);
    // While all is still open, and after it was closed.
    assert!(files_with(&folder.0, &wrapped).is_empty());
    assert!(files_with(&folder.0, NAME.as_bytes()).is_empty());
    let opened = read(&Sealing::new(store.clone(), vault(&keys))).await;
    let forgot: Vec<_> = opened.iter().filter(|event| event.name.as_str() == "vault.Registered").map(decoded).collect();
    assert_eq!((forgot.len(), forgot.last()), (201, Some(&forgotten())));
    assert_eq!(forgot[0], known("other-0"));
    drop((app, sealing, store, keys));
    assert!(files_with(&folder.0, &wrapped).is_empty());
}

#[tokio::test]
async fn a_file_of_keys_is_told_from_others() {
    let folder = Folder::new("foreign");
    let log = folder.0.join("log.db");
    let store = SqliteStore::open(&log).await.unwrap();
    drop(store);
    let refused = SqliteKeyStore::open(&log).await.unwrap_err().to_string();
    assert!(
        refused.contains("is a log of eskit, not a file of keys\nhelp: choose another path for the keys"),
        "{refused}"
    );
    let keys = folder.0.join("keys.db");
    drop(SqliteKeyStore::open(&keys).await.unwrap());
    let refused = SqliteStore::open(&keys).await.unwrap_err().to_string();
    assert!(refused.contains("is a file of keys, not a log\nhelp: open the file of the log"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_subject_is_forgotten_in_postgres() {
    let Some(database) = eskit_postgres::testing::database().await.unwrap() else {
        eprintln!("skipped: there are no PostgreSQL binaries");
        return;
    };
    let store = PostgresStore::options().migrate(true).open(database.pool()).await.unwrap();
    let keys = PostgresKeyStore::open(database.pool()).await.unwrap();
    super::app::story(store.clone(), keys.clone()).await;
    super::keys::race(&store, &keys).await;
    let refused = PostgresKeyStore::options().schema("empty").create(false).open(database.pool()).await.unwrap_err();
    assert!(refused.to_string().contains("there are no keys in the schema `empty`"), "{refused}");
}

/// The SQL that the page has for operators.
fn documented() -> &'static str {
    let page = include_str!("../../docs/personal-data.md");
    page.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn neither_the_text_nor_its_key_is_left_in_the_files_of_postgres() {
    let folder = Folder::new("cluster");
    // No other transaction sees rows of before, and what is removed is not kept for later.
    let options = Cluster::options().parent(&folder.0).setting("autovacuum", "off").setting("wal_recycle", "off");
    let Some(cluster) = options.start().unwrap() else {
        // Says so, or fails in CI.
        let database = eskit_postgres::testing::database().await.unwrap();
        assert!(database.is_none() || std::env::var_os("ESKIT_TEST_POSTGRES").is_some());
        return;
    };
    let pool = sqlx::PgPool::connect(&cluster.dsn()).await.unwrap();
    let store = PostgresStore::options().migrate(true).open(pool.clone()).await.unwrap();
    let keys = PostgresKeyStore::open(pool.clone()).await.unwrap();
    let sealing = Sealing::new(store.clone(), vault(&keys));
    for number in 0..40 {
        register(&sealing, &format!("other-{number}")).await;
    }
    register(&sealing, "ada").await;
    let log = store.log_id().await.unwrap();
    let wrapped = keys.of_subject(log, student("ada")).await.unwrap()[0].wrapped.clone().unwrap().bytes;
    let app = App::new(store.clone()).with_vault(vault(&keys));
    // A plain vacuum moves the row over those of its neighbours, and leaves its bytes where it was.
    for number in 30..40 {
        app.forget(student(&format!("other-{number}"))).await.unwrap();
    }
    sqlx::raw_sql("VACUUM eskit_keys.keys").execute(&pool).await.unwrap();
    let other = keys.of_subject(log, student("other-7")).await.unwrap()[0].wrapped.clone().unwrap().bytes;
    sqlx::raw_sql("ANALYZE; CHECKPOINT").execute(&pool).await.unwrap();
    let found = files_with(&folder.0, &wrapped);
    assert_eq!(found.len(), 2, "the table and the write-ahead log, but no statistics: {found:?}");

    assert_eq!(app.forget(student("ada")).await.unwrap().keys, 1);
    for statement in documented().lines() {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    }
    // While the server runs, and after it was stopped.
    for is_running in [true, false] {
        if !is_running {
            pool.close().await;
            cluster.stop(StopMode::Fast).unwrap();
        }
        let none: [&Path; 0] = [];
        assert_eq!(files_with(&folder.0, &wrapped), none);
        assert_eq!(files_with(&folder.0, NAME.as_bytes()), none);
        assert!(!files_with(&folder.0, &other).is_empty(), "the scan finds what is there");
    }
}
