//! A standby that lacks the last events takes the place of its primary: the log then gives their positions once more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eskit::log::StoreErrorKind;
use eskit::postgres::{PostgresViews, Tx};
use eskit::prelude::*;
use eskit::subscription::Start;
use eskit::{MemoryTx, MemoryViews};
use eskit_postgres::testing::{self, Address, Cluster, StopMode};
use eskit_tests::campus::{CampusError, CourseDefined, Seats, StudentEnrolled, define, enrol};
use eskit_tests::restored::{
    Keeps, Restorable, each_model_must_be_of_the_log_that_is_there, money_that_is_gone_is_not_sent,
};
use sqlx::{Connection, PgConnection};
use tokio::sync::Barrier;
use tokio::task::spawn_blocking;

/// Programs that use the pair, each with a database of its own.
const PROGRAMS: usize = 5;

/// A log of which the standby lacks what follows the backup, and that is restored by its promotion.
struct OnPair {
    dsn: String,
    /// Waits for all programs, and for what cuts the standby off and promotes it.
    together: Arc<Barrier>,
}

impl Restorable for OnPair {
    type Store = PostgresStore;

    async fn open(&self) -> PostgresStore {
        PostgresStore::options().migrate(true).max_connections(4).connect(&self.dsn).await.unwrap()
    }

    async fn back_up(&self) {
        self.together.wait().await;
        self.together.wait().await;
    }

    async fn restore(&self) {
        self.together.wait().await;
        self.together.wait().await;
    }
}

async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

/// Waits until the standby has everything, and then lets it receive no more.
async fn cut_off(primary: &Cluster, standby: &Cluster) {
    let mut on_primary = PgConnection::connect(&primary.dsn()).await.unwrap();
    let mut on_standby = PgConnection::connect(&standby.dsn()).await.unwrap();
    let (end,): (String,) =
        sqlx::query_as("SELECT pg_current_wal_flush_lsn()::text").fetch_one(&mut on_primary).await.unwrap();
    let is_there = "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn";
    while !sqlx::query_scalar::<_, bool>(is_there).bind(&end).fetch_one(&mut on_standby).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    execute(&mut on_standby, "ALTER SYSTEM SET primary_conninfo = ''").await;
    execute(&mut on_standby, "SELECT pg_reload_conf()").await;
    let receives = "SELECT count(*) FROM pg_stat_wal_receiver";
    while sqlx::query_scalar::<_, i64>(receives).fetch_one(&mut on_standby).await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The courses in views elsewhere.
struct Courses;

static HANDLED: AtomicU32 = AtomicU32::new(0);

#[projection(name = "courses")]
impl Courses {
    #[on]
    fn defined(&self, _: &CourseDefined, _: &mut MemoryTx) {
        HANDLED.fetch_add(1, Ordering::SeqCst);
    }
}

/// The courses beside the log, in the same database.
struct CourseRows;

#[projection(name = "course-rows")]
impl CourseRows {
    #[tables]
    const SQL: &str = "CREATE TABLE courses (id text PRIMARY KEY)";

    #[on]
    async fn defined(&self, event: &CourseDefined, tx: &mut Tx) -> sqlx::Result<()> {
        sqlx::query("INSERT INTO courses VALUES ($1)").bind(event.course.to_string()).execute(&mut **tx).await?;
        Ok(())
    }
}

/// Everything that remembers a part of the log.
async fn all_notice(log: &OnPair) {
    let store = log.open().await;
    let pool = sqlx::PgPool::connect(&log.dsn).await.unwrap();
    let app = App::new(store.clone())
        .with_state_cache::<Seats>(9)
        .with_projection(Courses, MemoryViews::new())
        .with_projection(CourseRows, PostgresViews::open(pool.clone()).await.unwrap());
    let app = app.start().await.unwrap();
    let defined = app.execute(define("maths", 1)).await.unwrap();
    app.caught_up::<CourseRows>(&defined).await.unwrap();
    log.back_up().await;
    let mut last = defined;
    for course in ["art", "music", "law"] {
        last = app.execute(define(course, 9)).await.unwrap();
    }
    let lost = app.execute(enrol("law", "ada")).await.unwrap().events[0].place();
    app.caught_up::<Courses>(&last).await.unwrap();
    app.caught_up::<CourseRows>(&last).await.unwrap();
    let mut events = app.events::<StudentEnrolled>(Start::Beginning);
    assert_eq!(events.next().await.unwrap().place(), lost);
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.watch(lost).await }
    });
    let follower = tokio::spawn(async move {
        loop {
            match events.next().await {
                Err(error) if error.kind() != StoreErrorKind::Replaced => {}
                answer => return answer,
            }
        }
    });
    log.restore().await;

    let replaced = |error: eskit::StoreError| assert_eq!(error.kind(), StoreErrorKind::Replaced, "{error}");
    // Positions are given again, and beyond what was seen.
    let other = App::new(log.open().await);
    for course in ["a", "b", "c", "d", "e"] {
        other.execute(define(course, 1)).await.unwrap();
    }
    assert!(store.head().await.unwrap().position > lost.position);
    let mut found = waiting.await.unwrap();
    while found.as_ref().is_err_and(|error| error.kind() == StoreErrorKind::Unavailable) {
        found = store.watch(lost).await;
    }
    replaced(found.unwrap_err());
    replaced(store.read(&Query::all(), ReadOptions::default().after(lost)).await.unwrap_err());
    replaced(follower.await.unwrap().unwrap_err());
    // Views elsewhere hold what is gone, and say so; those in the database went back with the log, and go on.
    let failed = app.failed().await;
    let why = failed.error.unwrap();
    assert_eq!(failed.name, "courses");
    assert!(why.contains("the log no longer holds") || why.contains("but the log ends at"), "{why}");
    assert_eq!(HANDLED.load(Ordering::SeqCst), 4);
    let last = other.execute(define("f", 1)).await.unwrap();
    app.caught_up::<CourseRows>(&last).within(Duration::from_secs(20)).await.unwrap();
    let rows: String = sqlx::query_scalar("SELECT string_agg(id, ' ' ORDER BY id) FROM course_rows.courses")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(rows, "a b c d e f maths");
    // The state of a course that is gone is not decided on.
    let error = app.execute(enrol("law", "bob")).await.unwrap_err();
    assert_eq!(error.domain(), Some(&CampusError::NoCourse), "{error:?}");
    app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_standby_lacked_is_noticed_when_it_takes_over() {
    let start = || {
        let primary = Cluster::options().start().unwrap()?;
        let standby = primary.standby(&Cluster::options()).unwrap();
        let address = Address::of(&primary).unwrap();
        Some((primary, standby, address))
    };
    let Some((primary, standby, address)) = spawn_blocking(start).await.unwrap() else {
        // Says so, or fails in CI.
        assert!(testing::database().await.unwrap().is_none() || std::env::var_os("ESKIT_TEST_POSTGRES").is_some());
        return;
    };
    let mut admin = PgConnection::connect(&primary.dsn()).await.unwrap();
    let together = Arc::new(Barrier::new(PROGRAMS + 1));
    let mut logs = Vec::new();
    for number in 0..PROGRAMS {
        execute(&mut admin, &format!("CREATE DATABASE log_{number}")).await;
        logs.push(OnPair { dsn: address.dsn_of(&format!("log_{number}")), together: Arc::clone(&together) });
    }
    drop(admin);
    let [cached, kept] = Keeps::all();
    let mut tasks = tokio::task::JoinSet::new();
    for (keeps, two) in [cached, kept].into_iter().zip([logs.split_off(3), logs.split_off(1)]) {
        let [one, other]: [OnPair; 2] = two.try_into().ok().unwrap();
        let again = keeps.clone();
        tasks.spawn(async move { money_that_is_gone_is_not_sent(&one, &keeps).await });
        tasks.spawn(async move { each_model_must_be_of_the_log_that_is_there(&other, &again).await });
    }
    tasks.spawn(async move { all_notice(&logs[0]).await });
    let failing = async {
        together.wait().await;
        cut_off(&primary, &standby).await;
        together.wait().await;
        together.wait().await;
        primary.stop(StopMode::Kill).unwrap();
        let standby = spawn_blocking(move || {
            standby.promote().unwrap();
            standby
        });
        let standby = standby.await.unwrap();
        address.lead_to(&standby).unwrap();
        together.wait().await;
        std::future::pending::<()>().await;
    };
    let done = async {
        while let Some(task) = tasks.join_next().await {
            task.unwrap();
        }
    };
    tokio::select! {
        () = done => {}
        () = failing => {}
    }
}
