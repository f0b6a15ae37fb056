//! Commands inside a transaction of the caller.

use std::time::Duration;

use eskit::ExecuteError;
use eskit::log::{Append, NewEvent, Pages, Place, Position, Query, ReadOptions, StoreErrorKind, StreamId};
use eskit::prelude::*;
use eskit_postgres::PostgresStore;
use eskit_postgres::testing::{self, Database};
use eskit_tests::bank::{Account, Deposited, deposit, open_account};
use eskit_tests::campus::{CampusError, Seats, define, enrol};
use sqlx::postgres::PgTransaction;

/// How long nothing here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A log with a course of so many seats, and a table of the caller.
async fn course(seats: u32) -> Option<(App<PostgresStore>, Database)> {
    let database = testing::database().await.unwrap()?;
    let store = PostgresStore::options().migrate(true).connect(database.dsn()).await.unwrap();
    sqlx::raw_sql("CREATE TABLE roster (student text PRIMARY KEY, note text)").execute(store.pool()).await.unwrap();
    let app = App::new(store);
    app.execute(define("maths", seats)).await.unwrap();
    Some((app, database))
}

async fn note(transaction: &mut PgTransaction<'_>, student: &str, note: &str) {
    let insert = sqlx::query("INSERT INTO roster VALUES ($1, $2)").bind(student).bind(note);
    insert.execute(&mut **transaction).await.unwrap();
}

async fn roster(app: &App<PostgresStore>) -> Vec<(String, String)> {
    let all = sqlx::query_as("SELECT student, note FROM roster ORDER BY student");
    all.fetch_all(app.store().pool()).await.unwrap()
}

async fn taken(app: &App<impl EventStore>) -> u32 {
    app.load::<Seats>("maths").await.unwrap().taken
}

#[tokio::test]
async fn a_command_and_a_table_are_committed_together_or_not_at_all() {
    let Some((app, _database)) = course(5).await else { return };
    for (commits, expected) in [(false, 0), (true, 1)] {
        let mut transaction = app.store().pool().begin().await.unwrap();
        let inside = App::new(app.store().in_transaction(&mut transaction));
        let executed = inside.execute(enrol("maths", "ada")).await.unwrap();
        assert_eq!(executed.events[0].position, Position::new(2));
        assert_eq!((taken(&inside).await, taken(&app).await), (1, 0), "the transaction alone sees it");
        assert_eq!(inside.store().head().await.unwrap().position, Position::new(2));
        drop(inside);
        note(&mut transaction, "ada", "enrolled").await;
        if commits {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
        assert_eq!((taken(&app).await, roster(&app).await.len() as u32), (expected, expected));
    }
    assert_eq!(app.store().announce().await.unwrap().position, Position::new(2));
}

/// The course has one seat left, and two that saw it: one in a transaction that is not committed yet.
#[tokio::test]
async fn a_command_that_meets_a_conflict_decides_again_in_the_same_transaction() {
    for (seats, outcome) in [(1, None), (2, Some(2))] {
        let Some((app, _database)) = course(seats).await else { return };
        let mut first = app.store().pool().begin().await.unwrap();
        App::new(app.store().in_transaction(&mut first)).execute(enrol("maths", "ada")).await.unwrap();

        let second = {
            let app = app.clone();
            tokio::spawn(async move {
                let mut transaction = app.store().pool().begin().await.unwrap();
                let inside = App::new(app.store().in_transaction(&mut transaction));
                let result = inside.execute(enrol("maths", "bob")).await;
                drop(inside);
                note(&mut transaction, "bob", if result.is_ok() { "enrolled" } else { "waits" }).await;
                transaction.commit().await.unwrap();
                result
            })
        };
        // It has read, and waits for the turn, which the first transaction has.
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND database = \
                       (SELECT oid FROM pg_database WHERE datname = current_database())";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(app.store().pool()).await.unwrap() == 0 {
            assert!(!second.is_finished(), "the first transaction has the turn");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        note(&mut first, "ada", "enrolled").await;
        first.commit().await.unwrap();

        match second.await.unwrap() {
            Ok(executed) => assert_eq!(Some(executed.attempts), outcome),
            Err(error) => assert_eq!((error.domain(), outcome), (Some(&CampusError::CourseFull), None), "{error}"),
        }
        let bob = if outcome.is_some() { "enrolled" } else { "waits" };
        assert_eq!(roster(&app).await, [("ada", "enrolled"), ("bob", bob)].map(|(s, n)| (s.to_owned(), n.to_owned())));
        assert_eq!(taken(&app).await, seats);
    }
}

#[tokio::test]
async fn long_histories_are_read_and_keys_repeated_in_a_transaction() {
    let Some((app, _database)) = course(1).await else { return };
    app.execute(open_account("a", "ada")).await.unwrap();
    let deposits = vec![Deposited { cents: 1 }; 2_500];
    let mut transaction = app.store().pool().begin().await.unwrap();
    let inside = App::new(app.store().in_transaction(&mut transaction));
    // More events than a page holds, so that pages are read ahead.
    let events = NewEvent::encode(&deposits).unwrap().into_iter();
    let account = StreamId::new("account", "a");
    let events = events.map(|event| event.with_stream(account.clone()));
    inside.store().append(Append::new(events.collect())).await.unwrap();
    assert_eq!(inside.load::<Account>("a").await.unwrap().cents, deposits.len() as u64);
    // A page that is read ahead keeps nobody from the one connection that there is.
    let mut pages = Pages::new(inside.store(), Query::stream(account), ReadOptions::default());
    assert!(pages.next().await.unwrap().is_some());
    let first = tokio::time::timeout(PATIENCE, inside.execute(deposit("a", 7)).idempotency_key("once"));
    let first = first.await.unwrap().unwrap();
    assert!(pages.next().await.unwrap().is_some());
    let second = inside.execute(deposit("a", 7)).idempotency_key("once").await.unwrap();
    assert!(second.repeated);
    assert_eq!(second.events, first.events);
    drop(pages);
    drop(inside);
    transaction.commit().await.unwrap();
    assert!(app.execute(deposit("a", 7)).idempotency_key("once").await.unwrap().repeated);
}

#[tokio::test]
async fn a_transaction_with_an_old_snapshot_is_told_how_to_begin() {
    let Some((app, _database)) = course(5).await else { return };
    let mut transaction = app.store().pool().begin().await.unwrap();
    sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *transaction).await.unwrap();
    let inside = App::new(app.store().in_transaction(&mut transaction));
    assert_eq!(taken(&inside).await, 0);
    app.execute(enrol("maths", "ada")).await.unwrap();
    let error = inside.execute(enrol("maths", "bob")).await.unwrap_err();
    let ExecuteError::Store(error) = error else { panic!("{error}") };
    assert_eq!(error.kind(), StoreErrorKind::Unsupported);
    assert!(error.to_string().contains("BEGIN ISOLATION LEVEL READ COMMITTED"), "{error}");
}

#[tokio::test]
async fn a_transaction_waits_for_nobody() {
    let Some((app, _database)) = course(5).await else { return };
    let mut transaction = app.store().pool().begin().await.unwrap();
    let inside = app.store().in_transaction(&mut transaction);
    let error = inside.watch(Place::START).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unsupported);
    assert!(error.to_string().contains("help: watch the store itself"), "{error}");
}
