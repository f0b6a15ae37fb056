//! A log that is replaced by a backup while a program runs, on the stores that need no server.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use eskit::prelude::*;
use eskit_tests::restored::{
    Keeps, Restorable, a_seat_is_taken_in_the_log_that_is_there, each_model_must_be_of_the_log_that_is_there,
    money_that_is_gone_is_not_sent,
};
use rusqlite::Connection;
use rusqlite::backup::Backup;

#[derive(Default)]
struct InMemory {
    store: MemoryStore,
    copy: Mutex<MemoryStore>,
}

impl Restorable for InMemory {
    type Store = MemoryStore;

    async fn open(&self) -> MemoryStore {
        self.store.clone()
    }

    async fn back_up(&self) {
        *self.copy.lock().unwrap() = self.store.backup();
    }

    async fn restore(&self) {
        self.store.restore(&self.copy.lock().unwrap());
    }
}

/// A folder of its own, removed at the end.
struct InFile(PathBuf);

impl InFile {
    fn new() -> InFile {
        let folder = std::env::temp_dir().join(format!("eskit-replaced-{}", eskit::log::EventId::new()));
        std::fs::create_dir_all(&folder).unwrap();
        InFile(folder)
    }

    fn copy(&self, from: &str, to: &str) {
        let open = |file| Connection::open(self.0.join(file)).unwrap();
        let (from, mut to) = (open(from), open(to));
        to.busy_timeout(Duration::from_secs(5)).unwrap();
        Backup::new(&from, &mut to).unwrap().run_to_completion(i32::MAX, Duration::from_millis(1), None).unwrap();
    }
}

impl Drop for InFile {
    fn drop(&mut self) {
        // What cannot be removed stays in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Restorable for InFile {
    type Store = SqliteStore;

    async fn open(&self) -> SqliteStore {
        SqliteStore::open(self.0.join("log.db")).await.unwrap()
    }

    async fn back_up(&self) {
        self.copy("log.db", "backup.db");
    }

    async fn restore(&self) {
        self.copy("backup.db", "log.db");
    }
}

#[tokio::test]
async fn money_that_is_gone_is_not_sent_in_memory() {
    for keeps in Keeps::all() {
        money_that_is_gone_is_not_sent(&InMemory::default(), &keeps).await;
    }
}

#[tokio::test]
async fn each_model_must_be_of_the_log_that_is_there_in_memory() {
    for keeps in Keeps::all() {
        each_model_must_be_of_the_log_that_is_there(&InMemory::default(), &keeps).await;
    }
}

#[tokio::test]
async fn a_seat_is_taken_in_the_log_that_is_there_in_memory() {
    for keeps in Keeps::all() {
        a_seat_is_taken_in_the_log_that_is_there(&InMemory::default(), &keeps).await;
    }
}

#[tokio::test]
async fn what_is_gone_is_noticed_on_sqlite() {
    for keeps in Keeps::all() {
        money_that_is_gone_is_not_sent(&InFile::new(), &keeps).await;
        each_model_must_be_of_the_log_that_is_there(&InFile::new(), &keeps).await;
        a_seat_is_taken_in_the_log_that_is_there(&InFile::new(), &keeps).await;
    }
}
