//! Claims: one process at a time, taken over from one that died, and fenced off from one that was suspended.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::*;
use crate::views_support::*;
use eskit_postgres::{PostgresViews, Tx, sqlx};
use eskit_runtime::RecordedEvent;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::model::EventTypes;
use eskit_runtime::subscription::{
    Apply, ApplyError, Claimed, HandleAsync, HandleError, Handled, Partition, Subscriber, SubscriberType, Views,
};
use tokio::sync::Notify;

#[tokio::test]
async fn a_claim_excludes_all_others_until_it_is_given_up() {
    let Some(fixture) = fixture().await else { return };
    let (one, other) = (fixture.views().await, fixture.views().await);
    let first = claim::<Courses<1>>(&one).await;
    assert_eq!(first.checkpoint.epoch, 1);
    assert!(try_claim::<Courses<1>>(&one).await.is_none() && try_claim::<Courses<1>>(&other).await.is_none());
    // Another version is another subscription.
    one.release(claim::<Courses<2>>(&one).await).await;
    one.release(first).await;
    let second = claim::<Courses<1>>(&other).await;
    assert_eq!(second.checkpoint.epoch, 2);
    // Given up without being asked for.
    drop(second);
    let asked = Instant::now();
    let third = loop {
        if let Some(third) = try_claim::<Courses<1>>(&one).await {
            break third;
        }
        assert!(asked.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(third.checkpoint.epoch, 3);
    // So it is when the last of its views goes away.
    drop((one, third));
    let asked = Instant::now();
    while try_claim::<Courses<1>>(&other).await.is_none() {
        assert!(asked.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn many_processes_create_and_claim_at_once() {
    let Some(fixture) = fixture().await else { return };
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let pool = fixture.database.pool();
            tokio::spawn(async move {
                let views = PostgresViews::open(pool).await.unwrap();
                (try_claim::<Courses<1>>(&views).await, views)
            })
        })
        .collect();
    let mut claims = Vec::new();
    for task in tasks {
        claims.push(task.await.unwrap());
    }
    assert_eq!(claims.iter().filter(|(claim, _)| claim.is_some()).count(), 1);
}

#[tokio::test]
async fn parts_are_claimed_one_by_one_and_their_number_stays() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let mut subscription = subscription::<Courses<1>>();
    let mut claims = Vec::new();
    for index in 0..2 {
        subscription.partition = Partition { index, count: 2 };
        match views.claim(&subscription).await.unwrap() {
            Claimed::Leader(claim) => claims.push(claim),
            Claimed::Standby(_) => panic!("part {index} is held"),
        }
    }
    // Readers see a whole read model only.
    views.activate(&claims[1]).await.unwrap();
    assert!(views.checkpoints().await.unwrap().iter().all(|checkpoint| !checkpoint.is_active));
    views.activate(&claims[0]).await.unwrap();
    let checkpoints = views.checkpoints().await.unwrap();
    assert!(checkpoints.iter().all(|checkpoint| checkpoint.is_active));
    assert_eq!(checkpoints.iter().map(|checkpoint| checkpoint.partition.index).collect::<Vec<_>>(), [0, 1]);
    subscription.partition = Partition { index: 0, count: 3 };
    let error = views.claim(&subscription).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    assert!(error.to_string().contains("2 parts before, and now into 3\nhelp: "), "{error}");
}

/// A lease is renewed while a handler blocks the only thread of its runtime.
#[tokio::test]
async fn a_claim_is_kept_while_the_runtime_is_blocked() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.hasty_views().await;
    let mut held = claim::<Courses<1>>(&views).await;
    let events = fixture.events(&["a"]).await;
    std::thread::sleep(Duration::from_millis(1500));
    assert!(try_claim::<Courses<1>>(&views).await.is_none());
    apply(&views, &mut held, Courses::<1>, &events).await.unwrap();
}

/// Writes a row, and then waits until it is let go.
struct Suspended {
    has_written: Notify,
    goes_on: Notify,
}

impl Subscriber for Suspended {
    const TYPE: &'static SubscriberType = Courses::<1>::TYPE;
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
}

impl HandleAsync<Tx> for Suspended {
    async fn handle(&self, _: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        let written = sqlx::raw_sql("INSERT INTO courses VALUES (1, 'suspended')").execute(&mut **tx).await;
        written.map(drop).handled()?;
        self.has_written.notify_one();
        self.goes_on.notified().await;
        Ok(true)
    }
}

/// Makes a claim look as if its process had been suspended for longer than its lease.
async fn expire(views: &PostgresViews) {
    execute(views.pool(), "UPDATE eskit_views.checkpoints SET until = now() - interval '1 s'").await;
}

#[tokio::test]
async fn a_suspended_leader_holds_nothing_up_and_commits_nothing() {
    let Some(fixture) = fixture().await else { return };
    let (one, other) = (fixture.views().await, fixture.views().await);
    let events = fixture.events(&["a"]).await;
    let held = claim::<Courses<1>>(&one).await;
    let suspended = Arc::new(Suspended { has_written: Notify::new(), goes_on: Notify::new() });
    let working = tokio::spawn({
        let (suspended, batch) = (Arc::clone(&suspended), batch(&events));
        async move { (one.apply(&held, &suspended, &batch).await, one, held) }
    });
    suspended.has_written.notified().await;
    expire(&other).await;
    let mut taken = claim::<Courses<1>>(&other).await;
    assert_eq!(taken.checkpoint.epoch, 2);
    // The row that the former leader wrote would hold this up for as long as it is suspended.
    let applied = apply(&other, &mut taken, Courses::<1>, &events);
    tokio::time::timeout(Duration::from_secs(10), applied).await.unwrap().unwrap();
    suspended.goes_on.notify_one();
    let (result, one, held) = working.await.unwrap();
    assert!(matches!(result, Err(ApplyError::Views(_))), "{result:?}");
    let again = one.apply(&held, &Arc::new(Courses::<1>), &batch(&events)).await;
    assert!(matches!(again, Err(ApplyError::Deposed)), "{again:?}");
    let name: String =
        sqlx::query_scalar("SELECT name FROM course_list.courses").fetch_one(other.pool()).await.unwrap();
    assert_eq!(name, "a");
    // What a deposed leader gives up is not its successor's.
    one.release(held).await;
    assert!(try_claim::<Courses<1>>(&one).await.is_none());
}

#[tokio::test]
async fn a_deposed_leader_changes_nothing() {
    let Some(fixture) = fixture().await else { return };
    let (one, other) = (fixture.views().await, fixture.views().await);
    let recorded = fixture.events(&["a"]).await;
    let held = claim::<Courses<1>>(&one).await;
    expire(&other).await;
    let mut taken = claim::<Courses<1>>(&other).await;
    let deposed = [
        one.apply(&held, &Arc::new(Courses::<1>), &batch(&recorded)).await,
        one.set_events(&held, vec!["e".to_owned()]).await,
        one.activate(&held).await.map(drop),
        one.restart(&held, &subscription::<Courses<1>>()).await,
    ];
    assert!(deposed.iter().all(|result| matches!(result, Err(ApplyError::Deposed))), "{deposed:?}");
    let checkpoint = crate::views_support::only(&other).await;
    let events = subscription::<Courses<1>>().events;
    assert!(!checkpoint.is_active && checkpoint.events == events && checkpoint.epoch == 2, "{checkpoint:?}");
    apply(&other, &mut taken, Courses::<1>, &recorded).await.unwrap();
}

const CHILD: &str = "ESKIT_VIEWS_CHILD";

/// Claims, says so, and does not come back. Does nothing unless it runs as a child process.
#[tokio::test]
async fn child_that_claims() {
    let Ok(dsn) = std::env::var(CHILD) else { return };
    let pool = sqlx::PgPool::connect(&dsn).await.unwrap();
    let views = PostgresViews::options().lease(Duration::from_secs(2)).open(pool).await.unwrap();
    let held = claim::<Courses<1>>(&views).await;
    let suspended = Suspended { has_written: Notify::new(), goes_on: Notify::new() };
    let log = eskit_postgres::PostgresStore::connect(&dsn).await.unwrap();
    views.apply(&held, &Arc::new(suspended), &batch(&everything(&log).await)).await.unwrap();
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_leader_that_was_killed_is_replaced_within_its_lease() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let events = fixture.events(&["a"]).await;
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["views_claims::child_that_claims", "--exact"])
        .env(CHILD, fixture.database.dsn())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Killed(child);
    // It has written its row, and has not committed it.
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE 'INSERT INTO courses%' \
               AND datname = current_database()";
    let started = Instant::now();
    while sqlx::query_scalar::<_, i64>(sql).fetch_one(views.pool()).await.unwrap() == 0 {
        assert!(started.elapsed() < Duration::from_secs(30), "the child does not work");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // It renews its claim for as long as it lives.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(try_claim::<Courses<1>>(&views).await.is_none());
    child.0.kill().unwrap();
    let killed = Instant::now();
    let mut taken = loop {
        if let Some(taken) = try_claim::<Courses<1>>(&views).await {
            break taken;
        }
        assert!(killed.elapsed() < Duration::from_millis(4000), "not taken over");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    apply(&views, &mut taken, Courses::<1>, &events).await.unwrap();
    assert_eq!(rows(views.pool(), "course_list").await, [1]);
}
