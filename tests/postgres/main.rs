//! Commands on PostgreSQL, from one program and from two at once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod failover;
mod in_transaction;
mod payloads;
mod projection;
mod replaced;
mod replica;
mod rows;
#[path = "../rows/cases.rs"]
mod rows_cases;
#[path = "../rows/changed.rs"]
mod rows_changed;
#[path = "../rows/odd.rs"]
mod rows_odd;
mod snapshots;
#[path = "../snapshots/totals.rs"]
mod snapshots_totals;

use std::process::{Command, Stdio};
use std::time::Duration;

use eskit::prelude::*;
use eskit::{AnyStore, RetryPolicy};
use eskit_postgres::testing;
use eskit_tests::bank::{Account, deposit, open_account, send};
use eskit_tests::campus::{CampusError, Schedule, Seats, define, enrol};
use eskit_tests::race::race_orders;
use eskit_tests::scripted::{log, names};
use eskit_tests::shop::{Order, Stock};

const DSN: &str = "ESKIT_TESTS_DSN";
const NUMBER: &str = "ESKIT_TESTS_NUMBER";
const CAPACITY: u32 = 25;

async fn app(dsn: &str) -> App<AnyStore> {
    let retry = RetryPolicy::attempts(1_000).with_delays(Duration::from_millis(1), Duration::from_millis(20));
    App::new(eskit::connect(dsn).await.unwrap()).with_retry(retry)
}

#[tokio::test]
async fn the_same_program_runs_on_another_dsn() {
    let Some(database) = testing::database().await.unwrap() else { return };
    let app = app(database.dsn()).await;
    app.execute(define("maths", 1)).await.unwrap();
    app.execute(enrol("maths", "ada")).await.unwrap();
    let error = app.execute(enrol("maths", "bob")).await.unwrap_err();
    assert_eq!(error.domain(), Some(&CampusError::CourseFull));
    assert_eq!(app.load::<Schedule>("ada").await.unwrap().courses, 1);
    for account in ["a", "b"] {
        app.execute(open_account(account, account)).await.unwrap();
    }
    app.execute(deposit("a", 100)).await.unwrap();
    app.execute(send("a", "b", 30)).await.unwrap();
    let (a, b) = (app.load::<Account>("a").await.unwrap(), app.load::<Account>("b").await.unwrap());
    assert_eq!((a.cents, b.cents), (70, 30));
    let first = app.execute(deposit("b", 5)).idempotency_key("once").await.unwrap();
    let second = app.execute(deposit("b", 5)).idempotency_key("once").await.unwrap();
    assert!(second.repeated);
    assert_eq!(second.events, first.events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn orders_at_once_never_oversell() {
    for caches in [false, true] {
        let Some(database) = testing::database().await.unwrap() else { return };
        let mut apps = vec![app(database.dsn()).await];
        if caches {
            apps.push(app(database.dsn()).await.with_state_cache::<Stock>(100));
            apps.push(app(database.dsn()).await.with_state_cache::<Stock>(3).with_state_cache::<Order>(9));
        }
        race_orders(&apps).await;
    }
}

/// Enrols students of its own until the course is full. The first before it waits for the other process, so that both have a
/// part in it however late one starts; the rest at the same time as the other.
#[tokio::test]
#[ignore = "runs as a child of `two_processes_enrol_into_one_course_and_the_limit_holds`"]
async fn child_enrols() {
    let (dsn, number) = (std::env::var(DSN).unwrap(), std::env::var(NUMBER).unwrap());
    let mut app = app(&dsn).await;
    if number == "1" {
        // One of the two sees what the other does only when an append fails for it.
        app = app.with_state_cache::<Seats>(10);
    }
    app.execute(enrol("maths", &format!("{number}-first"))).await.unwrap();
    app.execute(enrol("lobby", &format!("{number}-ready"))).await.unwrap();
    while app.load::<Seats>("lobby").await.unwrap().taken < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for student in 0.. {
        match app.execute(enrol("maths", &format!("{number}-{student}"))).await {
            Ok(executed) => assert!(executed.state.0.taken <= CAPACITY),
            Err(error) => {
                assert_eq!(error.domain(), Some(&CampusError::CourseFull), "{error}");
                return;
            }
        }
    }
}

#[tokio::test]
async fn two_processes_enrol_into_one_course_and_the_limit_holds() {
    let Some(database) = testing::database().await.unwrap() else { return };
    let app = app(database.dsn()).await;
    app.execute(define("maths", CAPACITY)).await.unwrap();
    app.execute(define("lobby", 2)).await.unwrap();
    let start = |number: usize| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_enrols", "--ignored"])
            .env(DSN, database.dsn())
            .env(NUMBER, number.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..2).map(start).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(app.load::<Seats>("maths").await.unwrap().taken, CAPACITY);
    let log = log(app.store()).await.unwrap();
    // Those in the lobby are enrolled too.
    assert_eq!(names(&log).iter().filter(|name| **name == "StudentEnrolled").count(), CAPACITY as usize + 2);
}
