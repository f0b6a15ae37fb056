//! Connections that break, servers that restart, timeouts that run out: nothing confirmed is lost, nothing is repeated.

mod failover;

use std::collections::HashMap;
use std::time::Duration;

use crate::support::*;
use eskit_postgres::PostgresStore;
use eskit_postgres::testing::{self, Cluster, StopMode};
use eskit_runtime::EventStore;
use eskit_runtime::log::{Append, AppendError, EventId, Position, Query, ReadOptions, StoreErrorKind, StreamChange};
use sqlx::{Connection, PgConnection, PgPool};

/// Appends one event after the other to one of a few streams. Returns the ids of those that were confirmed, and how many ended
/// without an answer.
async fn append_all(store: PostgresStore, caller: usize, events: usize) -> (Vec<(EventId, Position)>, usize) {
    let (mut confirmed, mut unknown) = (Vec::new(), 0);
    for _ in 0..events {
        let event = on(stream(&format!("s{}", caller % 5)), "e");
        let id = event.id;
        match store.append(one(event)).await {
            Ok(appended) => confirmed.push((id, appended.last())),
            Err(AppendError::UnknownOutcome(_)) => unknown += 1,
            Err(AppendError::Store(error)) if error.is_transient() => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    (confirmed, unknown)
}

/// What was confirmed is there once, at the position that was told, and neither positions nor versions have gaps.
async fn assert_kept(store: &PostgresStore, confirmed: &[(EventId, Position)]) {
    let log = everything(store).await;
    assert_eq!(numbers(&log), (1..=log.len() as u64).collect::<Vec<_>>());
    let (mut positions, mut versions) = (HashMap::new(), HashMap::new());
    for event in &log {
        assert!(positions.insert(event.id, event.position).is_none(), "event {} is there twice", event.id);
        let Some(at) = &event.stream else { continue };
        let last = versions.entry(&at.stream).or_insert(0);
        *last += 1;
        assert_eq!(at.version, *last, "the version in {} at position {}", at.stream, event.position);
    }
    for (id, position) in confirmed {
        assert_eq!(positions.get(id), Some(position), "event {id}");
    }
}

/// Ends every connection of the stores of this database. Returns how many there were.
async fn kill_connections(killer: &mut PgConnection) -> i64 {
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE application_name = 'eskit' AND datname = current_database()";
    sqlx::query_scalar(sql).fetch_one(killer).await.unwrap()
}

/// The position of the last event, past the store.
async fn head(killer: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT coalesce(max(pos), 0) FROM eskit.events").fetch_one(killer).await.unwrap()
}

/// Kills all connections again and again while so many callers append so many events each.
async fn kill_while_appending(callers: usize, events: usize) {
    let Some(Fixture { store, database }) = fixture().await else { return };
    // Connected first: on a busy machine all would be appended before.
    let mut killer = PgConnection::connect_with(&database.connect_options()).await.unwrap();
    let tasks: Vec<_> = (0..callers).map(|caller| tokio::spawn(append_all(store.clone(), caller, events))).collect();
    let mut killed = 0;
    while tasks.iter().any(|task| !task.is_finished()) {
        killed += kill_connections(&mut killer).await;
        // Something goes through before the next: where connecting takes longer than the pause, nothing would.
        let before = head(&mut killer).await;
        while head(&mut killer).await == before && tasks.iter().any(|task| !task.is_finished()) {
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
    }
    let (mut confirmed, mut unknown) = (Vec::new(), 0);
    for task in tasks {
        let (ids, open) = task.await.unwrap();
        confirmed.extend(ids);
        unknown += open;
    }
    assert!(killed > 0, "the test killed nothing");
    assert_eq!(unknown, 0, "the store asks again until it knows");
    let all = callers * events;
    assert!(confirmed.len() > all / 2, "only {} of {all} went through", confirmed.len());
    assert_kept(&store, &confirmed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_killed_lose_and_repeat_nothing() {
    kill_while_appending(8, 100).await;
}

/// So many that two tasks write in turn.
#[tokio::test(flavor = "multi_thread")]
async fn connections_of_many_callers_that_are_killed_lose_and_repeat_nothing() {
    kill_while_appending(150, 40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_and_comes_back_lost_nothing() {
    let start = || Cluster::options().durable(true).start();
    let Some(cluster) = tokio::task::spawn_blocking(start).await.unwrap().unwrap() else {
        // Says so, or fails in CI.
        assert!(testing::database().await.unwrap().is_none() || std::env::var_os("ESKIT_TEST_POSTGRES").is_some());
        return;
    };
    let options = PostgresStore::options().migrate(true).retry_for(Duration::from_secs(20));
    let store = options.connect(&cluster.dsn()).await.unwrap();
    let tasks: Vec<_> = (0..4).map(|caller| tokio::spawn(append_all(store.clone(), caller, 300))).collect();
    let cluster = tokio::task::spawn_blocking(move || {
        for mode in [StopMode::Immediate, StopMode::Fast] {
            std::thread::sleep(Duration::from_millis(100));
            cluster.stop(mode).unwrap();
            cluster.resume().unwrap();
        }
        cluster
    });
    let cluster = cluster.await.unwrap();
    let mut confirmed = Vec::new();
    for task in tasks {
        let (ids, unknown) = task.await.unwrap();
        assert_eq!(unknown, 0, "the server was back before `retry_for` ran out");
        confirmed.extend(ids);
    }
    assert!(!confirmed.is_empty());
    assert_kept(&store, &confirmed).await;
    // The store needs no help to go on.
    store.append(one(plain("e"))).await.unwrap();

    cluster.stop(StopMode::Fast).unwrap();
    let error = store.read(&Query::all(), ReadOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    let hasty = one(plain("e"));
    let Err(AppendError::Store(error)) = store.append(hasty).await else { panic!("there is no server") };
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    assert!(error.is_transient());
}

/// Each waits as long as the pool says, not for all those before it too.
#[tokio::test]
async fn reads_without_a_free_connection_are_refused_in_time() {
    let Some(fixture) = fixture().await else { return };
    let limits = sqlx::postgres::PgPoolOptions::new().max_connections(2).acquire_timeout(Duration::from_millis(300));
    let pool = limits.connect_with(fixture.database.connect_options()).await.unwrap();
    let store = PostgresStore::options().call_timeout(Duration::from_millis(600)).open(pool.clone()).await.unwrap();
    let mut holding = fixture.store.pool().begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE eskit.events").execute(&mut *holding).await.unwrap();
    let reads: Vec<_> = (0..40)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(
                async move { store.read(&Query::all(), ReadOptions::default()).await.unwrap_err().to_string() },
            )
        })
        .collect();
    let (mut refused, mut silent) = (0, 0);
    for read in reads {
        // One after the other they would take 12 s.
        let error = tokio::time::timeout(Duration::from_secs(5), read).await.expect("the others came first").unwrap();
        refused += usize::from(error.contains("`acquire_timeout`"));
        silent += usize::from(error.contains("did not answer within 600ms"));
    }
    assert!(refused > 30 && silent > 0 && refused + silent == 40, "{refused} refused, {silent} without an answer");
    holding.rollback().await.unwrap();
    store.read(&Query::all(), ReadOptions::default()).await.unwrap();
}

#[tokio::test]
async fn a_statement_timeout_is_busy_and_writes_nothing() {
    let Some(fixture) = fixture().await else { return };
    let mut holding = fixture.store.pool().begin().await.unwrap();
    fixture.store.in_transaction(&mut holding).append(one(plain("e"))).await.unwrap();
    let dsn = format!("{}&options=-c%20statement_timeout%3D50", fixture.database.dsn());
    let hasty = PostgresStore::connect(&dsn).await.unwrap();
    let Err(AppendError::Store(error)) = hasty.append(one(plain("e"))).await else { panic!("the turn was taken") };
    assert_eq!(error.kind(), StoreErrorKind::Busy);
    assert!(error.to_string().contains("`statement_timeout` ran out"), "{error}");
    holding.rollback().await.unwrap();
    assert_eq!(hasty.append(one(plain("e"))).await.unwrap().last(), Position::new(1));
}

/// Somebody forgot a transaction with the turn: the server ends it, and the log goes on.
#[tokio::test]
async fn an_idle_transaction_that_the_server_ends_gives_the_turn_back() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    let mut forgotten = store.pool().begin().await.unwrap();
    sqlx::query("SET LOCAL idle_in_transaction_session_timeout = 100").execute(&mut *forgotten).await.unwrap();
    store.in_transaction(&mut forgotten).append(one(plain("lost"))).await.unwrap();
    let appended = store.append(one(plain("kept"))).await.unwrap();
    assert_eq!(appended.last(), Position::new(1));
    assert!(forgotten.commit().await.is_err());
    assert_eq!(everything(&store).await[0].name, "kept");
}

/// A store on a pool of one connection, beside the one of the fixture.
async fn on_one_connection(fixture: &Fixture) -> (PostgresStore, PgPool) {
    let limits = sqlx::postgres::PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(20));
    let pool = limits.connect_with(fixture.database.connect_options()).await.unwrap();
    (PostgresStore::open(pool.clone()).await.unwrap(), pool)
}

/// As sqlx leaves it when its `begin` is given up midway: the pool knows nothing of it.
#[tokio::test]
async fn nothing_is_appended_in_a_transaction_that_somebody_left_open() {
    let Some(fixture) = fixture().await else { return };
    let (store, pool) = on_one_connection(&fixture).await;
    sqlx::raw_sql("BEGIN").execute(&pool).await.unwrap();
    let appended = store.append(one(plain("e"))).await.unwrap();
    assert_eq!(fixture.store.head().await.unwrap().position, appended.last());
    // One that failed meanwhile takes no statement at all.
    assert!(sqlx::raw_sql("BEGIN; SELECT 1 / 0").execute(&pool).await.is_err());
    store.append(one(plain("e"))).await.unwrap();
}

#[tokio::test]
async fn a_change_of_a_stream_that_is_given_up_leaves_no_transaction_open() {
    let Some(fixture) = fixture().await else { return };
    let (store, pool) = on_one_connection(&fixture).await;
    store.append(one(on(stream("a"), "e"))).await.unwrap();
    for polls in 1..12 {
        let change = if polls % 2 == 0 { StreamChange::Restore } else { StreamChange::Archive };
        let _ = give_up_after(polls, store.change_stream(&stream("a"), change)).await;
        let alone = sqlx::raw_sql("SELECT (now() = statement_timestamp())::text").fetch_one(&pool).await.unwrap();
        assert_eq!(sqlx::Row::get::<String, _>(&alone, 0), "true", "given up after {polls} polls");
    }
    fixture.store.change_stream(&stream("a"), StreamChange::Restore).await.unwrap();
}

/// Opening a store may be bounded in time; what was begun for it must not meet the pool's next user.
#[tokio::test]
async fn a_migration_that_is_given_up_leaves_no_transaction_open() {
    let Some(fixture) = fixture().await else { return };
    let limits = sqlx::postgres::PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(20));
    let pool = limits.connect_with(fixture.database.connect_options()).await.unwrap();
    let mut is_done = false;
    for polls in 1..200 {
        let options = PostgresStore::options().schema(format!("log_{polls}"));
        is_done |= give_up_after(polls, options.run_migrations(&pool)).await.is_some();
        let alone = sqlx::raw_sql("SELECT (now() = statement_timestamp())::text").fetch_one(&pool).await.unwrap();
        assert_eq!(sqlx::Row::get::<String, _>(&alone, 0), "true", "given up after {polls} polls");
        if is_done {
            return;
        }
    }
    panic!("no migration came to its end");
}

/// A server that was restarted, or that ends idle sessions, is no reason to fail.
#[tokio::test]
async fn connections_that_died_at_hand_are_replaced() {
    let Some(Fixture { store, database }) = fixture().await else { return };
    let mut killer = PgConnection::connect_with(&database.connect_options()).await.unwrap();
    let id = stream("a");
    for call in 0..6 {
        store.append(one(on(id.clone(), "e"))).await.unwrap();
        assert!(kill_connections(&mut killer).await > 0);
        tokio::time::sleep(Duration::from_millis(50)).await;
        match call {
            0 => assert_eq!(store.read(&Query::all(), ReadOptions::default()).await.unwrap().events.len(), 1),
            1 => assert_eq!(store.head().await.unwrap().position, Position::new(2)),
            2 => assert_eq!(store.stream_info(&id).await.unwrap().version, 3),
            3 => assert_eq!(store.announce().await.unwrap().position, Position::new(4)),
            4 => assert_eq!(store.append(one(plain("e"))).await.unwrap().last(), Position::new(6)),
            _ => assert!(!store.change_stream(&id, StreamChange::Archive).await.unwrap().is_open()),
        }
    }
}

/// The ids are in the log, be it from an earlier try whose answer was lost: "nothing was written" would be a lie.
#[tokio::test]
async fn a_repeat_that_cannot_be_looked_up_has_an_unknown_outcome() {
    let Some(fixture) = fixture().await else { return };
    let limits = sqlx::postgres::PgPoolOptions::new().max_connections(2).acquire_timeout(Duration::from_millis(500));
    let pool = limits.connect_with(fixture.database.connect_options()).await.unwrap();
    // Without announcements, which would want a connection too.
    let store = PostgresStore::options().listen(false).open(pool).await.unwrap();
    let append = Append::new(vec![on(stream("a"), "e"), on(stream("a"), "e")]);
    store.append(append.clone()).await.unwrap();
    let [mut first, mut second] = [store.pool().begin().await.unwrap(), store.pool().begin().await.unwrap()];
    store.in_transaction(&mut first).append(one(plain("first"))).await.unwrap();
    let repeat = {
        let (store, append) = (store.clone(), append.clone());
        tokio::spawn(async move { store.append(append).await })
    };
    let wait = || tokio::time::sleep(Duration::from_millis(100));
    wait().await;
    // Has the turn between the append and the look at what is there, for which there is no connection then.
    let next = {
        let store = store.clone();
        tokio::spawn(async move {
            store.in_transaction(&mut second).append(one(plain("second"))).await.unwrap();
            tokio::time::sleep(Duration::from_secs(2)).await;
        })
    };
    wait().await;
    let change = {
        let store = store.clone();
        tokio::spawn(async move { store.change_stream(&stream("a"), StreamChange::Archive).await })
    };
    wait().await;
    first.rollback().await.unwrap();
    let error = repeat.await.unwrap().unwrap_err();
    assert!(matches!(error, AppendError::UnknownOutcome(_)), "{error:?}");
    next.await.unwrap();
    change.await.unwrap().unwrap();
    assert!(store.append(append).await.unwrap().repeated);
}
