//! A primary that is lost, and the standby that takes its place.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use eskit_postgres::testing::Address;
use eskit_postgres::{PostgresKeyStore, PostgresViews};
use eskit_runtime::Timestamp;
use eskit_runtime::log::{LogId, QueryItem, Subject};
use eskit_runtime::vault::{KeyId, KeyStore, StoredKey, WrappedKey};
use eskit_runtime::work::{BegunStep, ClaimWork, EndedBy, NewWork, StepEnd, StepHolder, StepId, Steps, Work};
use tokio::task::JoinSet;

use super::*;

/// A primary that waits for its standby, and an address that leads to the primary. Nothing where there is no PostgreSQL.
async fn pair() -> Option<(Cluster, Cluster, Address)> {
    let start = || {
        let primary = Cluster::options().setting("synchronous_standby_names", "*").start().unwrap()?;
        let standby = primary.standby(&Cluster::options()).unwrap();
        let address = Address::of(&primary).unwrap();
        Some((primary, standby, address))
    };
    let pair = tokio::task::spawn_blocking(start).await.unwrap();
    if pair.is_none() {
        // Says so, or fails in CI.
        assert!(testing::database().await.unwrap().is_none() || std::env::var_os("ESKIT_TEST_POSTGRES").is_some());
    }
    pair
}

/// What became of the appends of a caller.
#[derive(Default)]
struct Told {
    confirmed: Vec<(EventId, Position)>,
    refused: Vec<EventId>,
}

/// Appends one event after the other until it is told to stop. What has no outcome is repeated.
async fn append_until(store: PostgresStore, caller: usize, is_over: Arc<AtomicBool>, count: Arc<AtomicUsize>) -> Told {
    let mut told = Told::default();
    while !is_over.load(Ordering::SeqCst) {
        let append = one(on(stream(&format!("s{}", caller % 5)), "e"));
        let id = append.events[0].id;
        loop {
            match store.append(append.clone()).await {
                Ok(appended) => {
                    told.confirmed.push((id, appended.last()));
                    count.fetch_add(1, Ordering::SeqCst);
                }
                Err(AppendError::UnknownOutcome(_)) => continue,
                Err(AppendError::Store(error)) => {
                    let kinds = [StoreErrorKind::Unavailable, StoreErrorKind::ReadOnly];
                    assert!(kinds.contains(&error.kind()), "{error:?}");
                    told.refused.push(id);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(error) => panic!("{error:?}"),
            }
            break;
        }
    }
    told
}

async fn reaches(count: &AtomicUsize, number: usize) {
    while count.load(Ordering::SeqCst) < number {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The number once nothing adds to it any more: the processes of a server whose first one was killed end by and by.
async fn settled(count: &AtomicUsize) -> usize {
    let mut number = count.load(Ordering::SeqCst);
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = count.load(Ordering::SeqCst);
        if now == number {
            return number;
        }
        number = now;
    }
}

async fn promoted(standby: Cluster) -> Cluster {
    let promoting = tokio::task::spawn_blocking(move || {
        standby.promote().unwrap();
        standby
    });
    promoting.await.unwrap()
}

/// The primary is killed while callers append, and the standby promoted.
async fn fail_over(store: &PostgresStore, primary: &Cluster, standby: Cluster, address: &Address) -> Cluster {
    let there = everything(store).await.len();
    let (is_over, count) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let tasks: Vec<_> = (0..8)
        .map(|caller| tokio::spawn(append_until(store.clone(), caller, Arc::clone(&is_over), Arc::clone(&count))))
        .collect();
    reaches(&count, 200).await;
    primary.stop(StopMode::Kill).unwrap();
    let before = settled(&count).await;
    // The address is often faster than the promotion.
    address.lead_to(&standby).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(count.load(Ordering::SeqCst), before, "confirmed while there was no primary");
    let standby = promoted(standby).await;
    reaches(&count, before + 200).await;
    is_over.store(true, Ordering::SeqCst);
    let (mut confirmed, mut refused) = (Vec::new(), Vec::new());
    for task in tasks {
        let told = task.await.unwrap();
        confirmed.extend(told.confirmed);
        refused.extend(told.refused);
    }
    assert_kept(store, &confirmed).await;
    let log = everything(store).await;
    assert_eq!(log.len(), there + confirmed.len(), "what was refused is there");
    assert!(log.iter().all(|event| !refused.contains(&event.id)));
    standby
}

/// How many rows the server has of this kind.
async fn rows(connection: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

/// Waits until so many commits wait for a standby.
async fn wait_for_the_standby(admin: &mut PgConnection, commits: i64) {
    const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let all_wait = async {
        while rows(admin, WAITING).await < commits {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all_wait).await.expect("fewer commits wait for the standby");
}

/// Waits until an append waits for a standby, and ends the process that does.
async fn end_the_wait(admin: &mut PgConnection) {
    const END: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    wait_for_the_standby(admin, 1).await;
    assert_eq!(rows(admin, END).await, 1);
}

/// Answers that something is done already, from what may not be on the standby: each must wait for it.
struct Repeats {
    views: PostgresViews,
    keys: PostgresKeyStore,
    item: NewWork,
    step: StepHolder,
    key: StoredKey,
}

const QUEUE: &str = "queue";
/// How many answers there are, and an append that is repeated.
const ANSWERS: i64 = 5;

impl Repeats {
    async fn of(pool: PgPool) -> Repeats {
        let views = PostgresViews::open(pool.clone()).await.unwrap();
        let keys = PostgresKeyStore::open(pool).await.unwrap();
        let (id, key, kind) = ("1".to_owned(), "1".to_owned(), "test".to_owned());
        let item = NewWork { id, key, kind, event: None, payload: None, due: Timestamp::from_micros(0) };
        views.add_work(QUEUE, vec![item.clone()]).await.unwrap();
        let (kinds, now) = (vec![item.kind.clone()], Timestamp::now());
        let claim = ClaimWork { kinds, now, limit: 1, lease: Duration::from_secs(600) };
        let claimed = views.claim_work(QUEUE, claim).await.unwrap().items.remove(0);
        let step = StepHolder::Item { id: claimed.id, epoch: claimed.epoch };
        assert_eq!(views.begin_step(QUEUE, step.clone(), "pay").await.unwrap(), BegunStep::First);
        let id = StepId { owner: item.id.clone(), name: "pay".to_owned() };
        let (by, end) = (EndedBy::Holder(claimed.epoch), StepEnd::Happened("17".to_owned()));
        assert!(views.end_step(QUEUE, &id, by, end).await.unwrap());
        let wrapped = Some(WrappedKey { master: "m".to_owned(), bytes: vec![1] });
        let (id, subject) = (KeyId::from_bytes([1; 16]), Subject::new("student", "ada"));
        let key = StoredKey { id, log: LogId::new(), subject, wrapped };
        assert_eq!(keys.get_or_insert(vec![key.clone()]).await.unwrap(), std::slice::from_ref(&key));
        Repeats { views, keys, item, step, key }
    }

    /// All of them, asked of a server that has no standby, and answered when it has one again.
    fn ask(self, store: &PostgresStore, id: EventId) -> JoinSet<()> {
        let mut asked = JoinSet::new();
        let Repeats { views, keys, item, step, key } = self;
        let (store, ended) = (store.clone(), views.clone());
        asked.spawn(async move { assert_eq!(views.add_work(QUEUE, vec![item]).await.unwrap(), 0) });
        asked.spawn(async move {
            let begun = ended.begin_step(QUEUE, step, "pay").await.unwrap();
            assert_eq!(begun, BegunStep::Done("17".to_owned()));
        });
        asked.spawn(async move { assert_eq!(keys.get_or_insert(vec![key.clone()]).await.unwrap(), [key]) });
        asked.spawn(async move {
            let query = Query::from(QueryItem::ids([id]));
            assert_eq!(store.read(&query, ReadOptions::default().confirmed()).await.unwrap().events.len(), 1);
        });
        asked
    }
}

async fn has_events(server: &mut PgConnection, number: i64) {
    while rows(server, "SELECT count(*) FROM eskit.events").await < number {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A commit is seen without the standby if its process is ended while it waits. Whoever then asks what became of it must wait in its place.
async fn a_repeat_waits_for_the_standby(store: &PostgresStore, primary: &Cluster, standby: Cluster) -> Cluster {
    store.append(one(on(stream("s"), "first"))).await.unwrap();
    store.change_stream(&stream("s"), StreamChange::Archive).await.unwrap();
    let repeats = Repeats::of(store.pool().clone()).await;
    let second = plain("second");
    let id = second.id;
    standby.stop(StopMode::Fast).unwrap();
    let append = tokio::spawn({
        let store = store.clone();
        async move { store.append(one(second)).await }
    });
    let mut admin: PgConnection = PgConnection::connect(&primary.dsn()).await.unwrap();
    end_the_wait(&mut admin).await;
    has_events(&mut admin, 2).await;
    let mut asked = repeats.ask(store, id);
    wait_for_the_standby(&mut admin, ANSWERS).await;
    // It has the turn to append while it waits.
    let archived = store.clone();
    asked.spawn(async move {
        archived.change_stream(&stream("s"), StreamChange::Archive).await.unwrap();
    });
    wait_for_the_standby(&mut admin, ANSWERS + 1).await;
    assert!(!append.is_finished(), "{:?}", append.await);
    let standby = tokio::task::spawn_blocking(move || {
        standby.resume().unwrap();
        standby
    });
    let standby = standby.await.unwrap();
    let appended = append.await.unwrap().unwrap();
    assert_eq!((appended.last(), appended.repeated), (Position::new(2), true));
    while let Some(answered) = asked.join_next().await {
        answered.unwrap();
    }
    standby
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_confirmed_is_lost_when_a_synchronous_standby_takes_over() {
    let Some((primary, standby, address)) = pair().await else { return };
    let store = PostgresStore::options().migrate(true).connect(&address.dsn()).await.unwrap();
    let replication = store.replication().await.unwrap();
    assert!(replication.survives_failover() && replication.survives_crash());
    assert_eq!(replication.to_string(), "synchronous_commit = on, synchronous_standby_names = '*', 1 standby");
    let standby = a_repeat_waits_for_the_standby(&store, &primary, standby).await;
    let _standby = fail_over(&store, &primary, standby, &address).await;
    // The new primary has no standby.
    let replication = store.replication().await.unwrap();
    assert_eq!(replication.to_string(), "synchronous_commit = on, synchronous_standby_names = '', 0 standbys");
    let (mut hasty, mut alone) = (replication.clone(), replication);
    hasty.synchronous_commit = "off".to_owned();
    assert!(hasty.to_string().ends_with(": a crash loses what was confirmed last") && !hasty.survives_crash());
    alone.standbys = 2;
    assert!(alone.to_string().ends_with("2 standbys: what was confirmed last is lost if a standby is promoted"));
}

/// A standby that has the events may not be the one that is promoted, so it answers no repeat. It does once it is the primary.
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_confirms_nothing() {
    let Some((primary, standby, address)) = pair().await else { return };
    let store = PostgresStore::options().migrate(true).connect(&address.dsn()).await.unwrap();
    let mut admin: PgConnection = PgConnection::connect(&primary.dsn()).await.unwrap();
    // The primary waits for another one.
    for sql in ["ALTER SYSTEM SET synchronous_standby_names = 'other'", "SELECT pg_reload_conf()"] {
        sqlx::raw_sql(sql).execute(&mut admin).await.unwrap();
    }
    let append = tokio::spawn({
        let store = store.clone();
        async move { store.append(one(plain("first"))).await }
    });
    end_the_wait(&mut admin).await;
    let mut at_standby: PgConnection = PgConnection::connect(&standby.dsn()).await.unwrap();
    has_events(&mut at_standby, 1).await;
    drop(at_standby);
    primary.stop(StopMode::Kill).unwrap();
    address.lead_to(&standby).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!append.is_finished(), "{:?}", append.await);
    let _standby = promoted(standby).await;
    let appended = append.await.unwrap().unwrap();
    assert_eq!((appended.last(), appended.repeated), (Position::new(1), true));
}
