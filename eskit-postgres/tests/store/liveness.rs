//! Whatever callers, their runtimes, the network and the server do: what others want goes on.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use crate::proxy::{Direction, Proxy};
use crate::support::*;
use eskit_postgres::PostgresStore;
use eskit_runtime::EventStore;
use eskit_runtime::log::{
    Append, AppendError, Pages, Place, Position, Query, ReadOptions, StoreErrorKind, StreamChange,
};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::runtime::{Builder, Runtime};

/// Long enough for whatever is not stuck.
const STUCK: Duration = Duration::from_secs(10);

/// The answer to a call that must not be stuck.
async fn soon<T>(call: impl Future<Output = T>) -> T {
    tokio::time::timeout(STUCK, call).await.expect("the call is stuck")
}

/// Polls a future once, and leaves it alone for as long as it is kept.
fn parked<'a, T>(future: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    let mut future = Box::pin(future);
    let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    future
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn number(conn: &mut PgConnection, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(conn).await.unwrap()
}

/// Waits until a query of the server's state answers with this number.
async fn until(conn: &mut PgConnection, expected: i64, sql: &str) {
    let started = Instant::now();
    loop {
        let found = number(conn, sql).await;
        if found == expected {
            return;
        }
        assert!(started.elapsed() < STUCK, "{found} instead of {expected}: {sql}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// As `select!` leaves a future that it does not drop, and `buffer_unordered` while the body of its loop waits.
#[tokio::test]
async fn an_append_that_is_not_polled_stops_nobody() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    let mut left = Vec::new();
    for round in 0..20 {
        left.push(parked(store.append(one(plain("left")))));
        soon(store.append(one(plain("e")))).await.unwrap();
        assert_eq!(soon(store.head()).await.unwrap().position.get(), 2 * round + 2);
    }
    for append in left {
        soon(append).await.unwrap();
    }
    assert_eq!(everything(&store).await.len(), 40);
}

#[tokio::test]
async fn a_full_queue_is_not_held_by_appends_that_are_not_polled() {
    let Some(Fixture { store, database: _database }) = fixture_with(PostgresStore::options().queue_len(2)).await else {
        return;
    };
    let mut holding = store.pool().begin().await.unwrap();
    store.in_transaction(&mut holding).append(one(plain("first"))).await.unwrap();
    let left: Vec<_> = (0..6).map(|_| parked(store.append(one(plain("left"))))).collect();
    holding.commit().await.unwrap();
    soon(store.append(one(plain("e")))).await.unwrap();
    drop(left);
    soon(store.append(one(plain("e")))).await.unwrap();
}

/// Many appends that must be tried again, since they may depend on others of their batch, lose no place and gain none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_takes_in_as_many_appends_as_it_may() {
    let Some(Fixture { store, database: _database }) = fixture_with(PostgresStore::options().queue_len(8)).await else {
        return;
    };
    let spawn = |number: usize| {
        let store = store.clone();
        let seat = (number % 7).to_string();
        let condition = no_events(with_tag("seat", &seat), 0);
        tokio::spawn(async move { store.append(one(tagged("e", &[("seat", &seat)])).with(condition)).await })
    };
    for append in (0..200).map(spawn).collect::<Vec<_>>() {
        let _ = soon(append).await.unwrap();
    }
    let mut holding = store.pool().begin().await.unwrap();
    store.in_transaction(&mut holding).append(one(plain("first"))).await.unwrap();
    let appends: Vec<_> = (0..100).map(spawn).collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let closing = {
        let store = store.clone();
        tokio::spawn(async move { store.close().await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    holding.commit().await.unwrap();
    let mut decided = 0;
    for append in appends {
        match soon(append).await.unwrap() {
            Err(AppendError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Closed, "{error}"),
            _ => decided += 1,
        }
    }
    assert_eq!(decided, 8);
    soon(closing).await.unwrap();
}

#[tokio::test]
async fn reads_that_are_not_polled_stop_nobody() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    soon(store.append(one(on(stream("a"), "e")))).await.unwrap();
    let (query, id) = (Query::all(), stream("a"));
    let left: Vec<_> = (0..40).map(|_| parked(store.read(&query, ReadOptions::default()))).collect();
    let heads: Vec<_> = (0..40).map(|_| parked(store.head())).collect();
    let infos: Vec<_> = (0..40).map(|_| parked(store.stream_info(&id))).collect();
    let changes: Vec<_> = (0..4).map(|_| parked(store.change_stream(&id, StreamChange::Archive))).collect();
    soon(store.append(one(plain("e")))).await.unwrap();
    assert_eq!(soon(everything(&store)).await.len(), 2);
    drop((heads, infos, changes));
    for read in left {
        assert!(!soon(read).await.unwrap().events.is_empty());
    }
}

/// A snapshot that the server keeps holds up its vacuum, like a transaction that somebody forgot.
#[tokio::test]
async fn a_page_in_hand_holds_nothing_in_the_server() {
    let Some(Fixture { store, database }) = fixture().await else { return };
    let payload = format!("\"{}\"", "x".repeat(2000));
    for _ in 0..3 {
        let event = || eskit_runtime::log::NewEvent::json("e", payload.clone());
        soon(store.append(Append::new((0..1000).map(|_| event()).collect()))).await.unwrap();
    }
    let mut pages = Pages::new(&store, Query::all(), ReadOptions::default());
    let page = soon(pages.next()).await.unwrap().unwrap();
    let mut conn = PgConnection::connect_with(&database.connect_options()).await.unwrap();
    let held = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                AND (backend_xmin IS NOT NULL OR state <> 'idle')";
    until(&mut conn, 0, held).await;
    let mut events = page.len();
    while let Some(page) = soon(pages.next()).await.unwrap() {
        events += page.len();
    }
    assert_eq!(events, 3000);
}

/// Ten appends and changes that nobody waits for any more would occupy ten connections.
#[tokio::test]
async fn appends_that_were_given_up_leave_nothing_waiting() {
    let Some(Fixture { store, database }) = fixture().await else { return };
    soon(store.append(one(on(stream("a"), "e")))).await.unwrap();
    let mut holding = store.pool().begin().await.unwrap();
    store.in_transaction(&mut holding).append(one(plain("first"))).await.unwrap();
    for _ in 0..12 {
        let patience = Duration::from_millis(5);
        let (id, change) = (stream("a"), StreamChange::Archive);
        assert!(tokio::time::timeout(patience, store.append(one(plain("given up")))).await.is_err());
        assert!(tokio::time::timeout(patience, store.change_stream(&id, change)).await.is_err());
    }
    let started = Instant::now();
    soon(store.read(&Query::all(), ReadOptions::default())).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "a read waited for appends: {:?}", started.elapsed());
    // The append that was sent first waits for its turn. On servers before version 14, what was given up does too.
    let mut conn = PgConnection::connect_with(&database.connect_options()).await.unwrap();
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    if number(&mut conn, "SELECT current_setting('server_version_num')::bigint").await >= 140_000 {
        until(&mut conn, 1, waiting).await;
    }
    holding.rollback().await.unwrap();
    soon(store.append(one(plain("last")))).await.unwrap();
    assert!(everything(&store).await.len() <= 3, "appends were written that nobody waited for");
}

/// A `static` store of tests, each of which has a runtime of its own, beside a task that always runs.
#[test]
fn runtimes_may_come_and_go() {
    let steady = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let Some(Fixture { store, database: _database }) = steady.block_on(fixture()) else { return };
    let stop = Arc::new(AtomicBool::new(false));
    let always = {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        steady.spawn(async move {
            let mut appended = 0;
            while !stop.load(Ordering::Relaxed) {
                soon(store.append(one(plain("steady")))).await.unwrap();
                appended += 1;
            }
            appended
        })
    };
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let store = store.clone();
            std::thread::spawn(move || {
                for round in 0..10 {
                    let runtime = current_thread();
                    runtime.block_on(async {
                        soon(store.append(one(plain("e")))).await.unwrap();
                        soon(store.read(&Query::all(), ReadOptions::default())).await.unwrap();
                        soon(store.append(one(plain("e")))).await.unwrap();
                        let unfinished = store.clone();
                        tokio::spawn(async move { unfinished.append(one(plain("unfinished"))).await });
                        tokio::time::sleep(Duration::from_micros(100 * round)).await;
                    });
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let appended: usize = steady.block_on(always).unwrap();
    assert!(appended >= 10, "beside others, the steady task appended {appended} times");
}

/// It lives, but nobody is in its `block_on`.
#[test]
fn a_runtime_that_is_not_run_holds_up_nobody() {
    let idle = current_thread();
    let Some(Fixture { store, database: _database }) = idle.block_on(fixture()) else { return };
    idle.block_on(async {
        for _ in 0..20 {
            let store = store.clone();
            tokio::spawn(async move { store.append(one(plain("left"))).await });
        }
        let watched = store.clone();
        tokio::spawn(async move { watched.watch(Place::START).await });
        tokio::task::yield_now().await;
    });
    current_thread().block_on(async {
        for _ in 0..5 {
            soon(store.append(one(plain("e")))).await.unwrap();
            soon(everything(&store)).await;
        }
    });
}

/// Nothing here is measured by the clock of a caller.
#[test]
fn time_that_stands_still_changes_nothing() {
    let Some(fixture) = current_thread().block_on(fixture()) else { return };
    let paused = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let other = current_thread().block_on(fixture.another());
    let dsn = fixture.database.dsn();
    paused.block_on(async {
        let store = PostgresStore::connect(dsn).await.unwrap();
        for round in 0..5 {
            store.append(one(plain("e"))).await.unwrap();
            assert_eq!(store.read(&Query::all(), ReadOptions::default()).await.unwrap().events.len(), 2 * round + 1);
            let before = store.head().await.unwrap();
            let (head, appended) = tokio::join!(store.watch(before), other.append(one(plain("e"))));
            assert_eq!(head.unwrap().position, appended.unwrap().last());
        }
        store.close().await;
    });
}

/// A store whose connections go through the proxy, and which does not wait long.
async fn through(proxy: &Proxy) -> PostgresStore {
    let brief = Duration::from_millis(300);
    let options = PostgresStore::options().call_timeout(brief).lock_timeout(Some(brief)).retry_for(brief);
    let options = options.poll_interval(Duration::from_secs(3600)).max_connections(4);
    let pool = PgPoolOptions::new().max_connections(4).acquire_timeout(Duration::from_millis(500));
    options.open(pool.connect_lazy_with(proxy.connect_options())).await.unwrap()
}

#[tokio::test]
async fn connections_that_die_without_a_word_are_replaced() {
    let Some(fixture) = fixture().await else { return };
    let proxy = Proxy::start(&fixture.database);
    let store = through(&proxy).await;
    let id = stream("a");
    for direction in [Direction::ToServer, Direction::ToClient] {
        soon(store.append(one(on(id.clone(), "e")))).await.unwrap();
        proxy.mute(direction);
        // It may have been written already: the answer was swallowed.
        soon(store.append(one(on(id.clone(), "e")))).await.unwrap();
        proxy.mute(direction);
        let _ = soon(store.read(&Query::all(), ReadOptions::default())).await;
        assert!(soon(store.stream_info(&id)).await.is_ok());
        soon(store.change_stream(&id, StreamChange::Archive)).await.unwrap();
        soon(store.change_stream(&id, StreamChange::Restore)).await.unwrap();
    }
    assert_eq!(numbers(&everything(&store).await), [1, 2, 3, 4]);
}

/// While nothing goes through, every call ends in time, and none of them takes a place with it.
#[tokio::test]
async fn calls_on_a_network_that_is_gone_end_and_leave_no_trace() {
    let Some(fixture) = fixture().await else { return };
    let proxy = Proxy::start(&fixture.database);
    let store = through(&proxy).await;
    soon(store.append(one(plain("e")))).await.unwrap();
    for direction in [Direction::ToServer, Direction::ToClient] {
        proxy.mute_new(Some(direction));
        proxy.mute(direction);
        let error = soon(store.append(one(plain("lost")))).await.unwrap_err();
        assert!(matches!(error, AppendError::UnknownOutcome(_)), "{error}");
        for _ in 0..8 {
            let patience = Duration::from_millis(20);
            let _ = tokio::time::timeout(patience, store.read(&Query::all(), ReadOptions::default())).await;
            let _ = tokio::time::timeout(patience, store.append(one(plain("given up")))).await;
        }
        assert!(soon(store.head()).await.is_err());
        proxy.mute_new(None);
        // What hangs in connecting has a moment to give up.
        let started = Instant::now();
        while store.append(one(plain("e"))).await.is_err() || store.head().await.is_err() {
            assert!(started.elapsed() < STUCK, "the store does not recover");
        }
        let reads: Vec<_> = (0..20)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.read(&Query::all(), ReadOptions::default()).await.map(drop) })
            })
            .collect();
        for read in reads {
            soon(read).await.unwrap().unwrap();
        }
    }
}

/// With an hour between two looks, only a listener that lives can tell.
#[tokio::test]
async fn a_listener_that_hears_nothing_any_more_is_replaced() {
    let Some(fixture) = fixture().await else { return };
    let proxy = Proxy::start(&fixture.database);
    let store = through(&proxy).await;
    for (round, direction) in (0..).zip([Direction::ToClient, Direction::ToServer]) {
        let watching = soon(store.watch(Position::new(round).into()));
        let (head, ()) = tokio::join!(watching, async {
            // Time to begin to listen.
            tokio::time::sleep(Duration::from_millis(200)).await;
            proxy.mute(direction);
            fixture.store.append(one(plain("e"))).await.unwrap();
        });
        assert_eq!(head.unwrap().position, Position::new(round + 1));
    }
}

/// A pool for a store of this name, by which the server knows its connections.
fn named(fixture: &Fixture, name: &str, limits: PgPoolOptions) -> sqlx::PgPool {
    let options: PgConnectOptions = fixture.database.connect_options().application_name(name);
    limits.connect_lazy_with(options)
}

#[tokio::test]
async fn connections_at_hand_get_no_older_than_the_pool_says() {
    let Some(fixture) = fixture().await else { return };
    let brief = Duration::from_millis(200);
    let limits = [
        PgPoolOptions::new().idle_timeout(brief).max_lifetime(None),
        PgPoolOptions::new().idle_timeout(None).max_lifetime(brief),
    ];
    let mut conn = PgConnection::connect_with(&fixture.database.connect_options()).await.unwrap();
    for (name, limits) in ["idle", "old"].into_iter().zip(limits) {
        let store = PostgresStore::open(named(&fixture, name, limits)).await.unwrap();
        store.append(one(plain("e"))).await.unwrap();
        everything(&store).await;
        let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'");
        assert!(number(&mut conn, &sql).await > 0);
        until(&mut conn, 0, &sql).await;
        store.append(one(plain("e"))).await.unwrap();
    }
}

#[tokio::test]
async fn a_store_that_is_dropped_leaves_no_connection() {
    let Some(fixture) = fixture().await else { return };
    let store = PostgresStore::open(named(&fixture, "dropped", PgPoolOptions::new())).await.unwrap();
    store.append(one(plain("e"))).await.unwrap();
    let _ = tokio::time::timeout(Duration::from_millis(50), store.watch(Position::new(1).into())).await;
    drop(store);
    let mut conn = PgConnection::connect_with(&fixture.database.connect_options()).await.unwrap();
    until(&mut conn, 0, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dropped'").await;
}

/// As after a failover: another server, or the same one, takes writes again under the same name.
#[tokio::test]
async fn a_server_that_took_no_writes_is_asked_anew() {
    let Some(fixture) = fixture().await else { return };
    let mut conn = PgConnection::connect_with(&fixture.database.connect_options()).await.unwrap();
    let mut set = async |value: &str| {
        let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&mut conn).await.unwrap();
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    };
    set("on").await;
    let store = fixture.another().await;
    for _ in 0..2 {
        let Err(AppendError::Store(error)) = store.append(one(plain("e"))).await else { panic!("it takes no writes") };
        assert_eq!(error.kind(), StoreErrorKind::ReadOnly, "{error}");
    }
    assert!(everything(&store).await.is_empty());
    set("off").await;
    assert_eq!(store.append(one(on(stream("a"), "e"))).await.unwrap().last(), Position::new(1));
    set("on").await;
    let reader = fixture.another().await;
    assert!(reader.change_stream(&stream("a"), StreamChange::Archive).await.is_err());
    set("off").await;
    reader.change_stream(&stream("a"), StreamChange::Archive).await.unwrap();
}

/// Its thread is not there.
#[test]
#[allow(unsafe_code, reason = "only C forks")]
fn a_fork_is_refused() {
    unsafe extern "C" {
        fn fork() -> i32;
        fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
        fn _exit(status: i32) -> !;
    }
    let runtime = current_thread();
    let Some(fixture) = runtime.block_on(fixture()) else { return };
    let store = fixture.store.clone();
    runtime.block_on(async { soon(store.append(one(plain("e")))).await.unwrap() });
    // SAFETY: the child runs on the one thread that it has, and ends without running what belongs to its parent.
    let child = unsafe { fork() };
    if child == 0 {
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut context = Context::from_waker(Waker::noop());
            let mut append = Box::pin(store.append(one(plain("e"))));
            let answer = append.as_mut().poll(&mut context);
            let is_refused = format!("{answer:?}").contains("before this process was forked");
            drop(append);
            drop((store, fixture.store));
            is_refused
        }));
        // SAFETY: ends the process at once.
        unsafe { _exit(if matches!(refused, Ok(true)) { 0 } else { 1 }) }
    }
    let mut status = -1;
    let started = Instant::now();
    // SAFETY: waits for the child without blocking.
    while unsafe { waitpid(child, &mut status, 1) } == 0 {
        assert!(started.elapsed() < STUCK, "the child is stuck");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(status, 0, "the child was not refused, or panicked");
    runtime.block_on(async { soon(store.append(one(plain("e")))).await.unwrap() });
}
