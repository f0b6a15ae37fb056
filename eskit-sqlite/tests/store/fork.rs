//! A process that is forked from the one that opened the store.
#![allow(unsafe_code, reason = "no safe function forks a process")]

use std::process::Command;
use std::time::Duration;

use crate::support::*;
use eskit_runtime::log::{AppendError, Position, Query, ReadOptions, StoreErrorKind};
use eskit_runtime::{EventStore, StoreError};
use eskit_sqlite::SqliteStore;

unsafe extern "C" {
    fn fork() -> i32;
    fn waitpid(process: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(code: i32) -> !;
}

fn is_refused<T>(result: Result<T, StoreError>) -> bool {
    result.is_err_and(|error| {
        error.kind() == StoreErrorKind::Closed && error.to_string().contains("help: open the store after the fork")
    })
}

/// What a child does with its parent's store, without a runtime: nothing may ever have to wait.
fn in_child(store: SqliteStore) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut now = |future: std::pin::Pin<Box<dyn Future<Output = bool> + '_>>| {
        matches!({ future }.as_mut().poll(&mut context), std::task::Poll::Ready(true))
    };
    let query = Query::all();
    let append = Box::pin(async {
        match store.append(one(plain("e"))).await {
            Err(AppendError::Store(error)) => is_refused::<()>(Err(error)),
            _ => false,
        }
    });
    let refused = now(append)
        && now(Box::pin(async { is_refused(store.read(&query, ReadOptions::default()).await) }))
        && now(Box::pin(async { is_refused(store.head().await) }))
        && now(Box::pin(async { is_refused(store.watch(Position::new(9).into()).await) }))
        && now(Box::pin(async {
            store.close().await;
            true
        }));
    drop(store);
    refused
}

#[test]
#[ignore = "runs as a child of `a_forked_child_is_refused_and_harms_nothing`"]
fn child_forks() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = Folder::new("fork");
    let store = runtime.block_on(SqliteStore::open(folder.file("log.db"))).unwrap();
    runtime.block_on(store.append(one(plain("e")))).unwrap();
    // SAFETY: the child only does what needs no other thread, and ends without the clean-up of this process.
    match unsafe { fork() } {
        0 => {
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| in_child(store)));
            // SAFETY: as above.
            unsafe { _exit(if matches!(done, Ok(true)) { 0 } else { 1 }) }
        }
        child => {
            let mut status = -1;
            // SAFETY: `status` outlives the call.
            assert_eq!(unsafe { waitpid(child, &raw mut status, 0) }, child);
            assert_eq!(status, 0, "the child was not refused, or panicked");
        }
    }
    runtime.block_on(store.append(one(plain("e")))).unwrap();
    runtime.block_on(store.close());
}

#[test]
fn a_forked_child_is_refused_and_harms_nothing() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "fork::child_forks", "--ignored"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..2000 {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    panic!("the child hangs");
}
