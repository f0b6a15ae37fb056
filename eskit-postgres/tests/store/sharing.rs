//! Many tasks, several stores, and several processes on one log.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::*;
use eskit_postgres::PostgresStore;
use eskit_runtime::EventStore;
use eskit_runtime::log::{Append, AppendError, Place, Position, Query, ReadOptions};

const CHILD_DSN: &str = "ESKIT_POSTGRES_TEST_CHILD";
const CHILD_ROUNDS: &str = "ESKIT_POSTGRES_TEST_ROUNDS";

/// Runs an ignored test of this file as a process of its own.
fn spawn(test: &str, dsn: &str, rounds: usize) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(CHILD_DSN, dsn)
        .env(CHILD_ROUNDS, rounds.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn child_store() -> (PostgresStore, usize) {
    let store = PostgresStore::connect(&std::env::var(CHILD_DSN).unwrap()).await.unwrap();
    (store, std::env::var(CHILD_ROUNDS).unwrap().parse().unwrap())
}

/// Appends one event if no other took this number yet. Returns whether it won.
async fn race(store: &PostgresStore, number: usize) -> bool {
    let number = number.to_string();
    let append = one(tagged("seat.Taken", &[("seat", &number)])).with(no_events(with_tag("seat", &number), 0));
    match store.append(append).await {
        Ok(_) => true,
        Err(AppendError::Conflict(conflict)) => {
            assert!(conflict.event.is_some());
            false
        }
        Err(error) => panic!("{error}"),
    }
}

/// Sixteen racers for each number, on any of these stores. Returns how many won.
async fn race_rounds(stores: &[PostgresStore], rounds: usize) -> usize {
    let mut winners = 0;
    for round in 0..rounds {
        let racers: Vec<_> = (0..16)
            .map(|racer| {
                let store = stores[racer % stores.len()].clone();
                tokio::spawn(async move { race(&store, round).await })
            })
            .collect();
        for racer in racers {
            winners += usize::from(racer.await.unwrap());
        }
    }
    winners
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as a child of `of_many_racers_in_two_processes_one_wins_each_round`"]
async fn child_races() {
    let (store, rounds) = child_store().await;
    let winners = race_rounds(&[store], rounds).await;
    println!("winners {winners}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_racers_in_two_processes_one_wins_each_round() {
    let Some(fixture) = fixture().await else { return };
    let child = spawn("sharing::child_races", fixture.database.dsn(), 100);
    // Not before the other process is at it.
    fixture.store.watch(Place::START).await.unwrap();
    let own = race_rounds(std::slice::from_ref(&fixture.store), 100).await;
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let others: usize = text.split("winners ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert_eq!(own + others, 100);
    assert_eq!(everything(&fixture.store).await.len(), 100);
}

/// Each reads the stream's version and appends behind it: every event lands on a version of its own.
async fn count_up(store: &PostgresStore, events: usize) {
    let query = Query::stream(stream("counter"));
    for _ in 0..events {
        loop {
            let page = store.read(&query, ReadOptions::default().backward().limit(1)).await.unwrap();
            let version = page.events.first().map_or(0, |event| event.stream.as_ref().unwrap().version);
            let append = one(on(stream("counter"), "up")).with(at_version(stream("counter"), version));
            match store.append(append).await {
                Ok(appended) => {
                    assert_eq!(appended.versions, [Some(version + 1)]);
                    break;
                }
                Err(AppendError::Conflict(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

async fn assert_counted(store: &PostgresStore, events: u64) {
    let log = everything(store).await;
    assert_eq!(numbers(&log), (1..=events).collect::<Vec<_>>());
    let versions: Vec<u64> = log.iter().map(|event| event.stream.as_ref().unwrap().version).collect();
    assert_eq!(versions, (1..=events).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as a child of `two_processes_share_a_log`"]
async fn child_counts_up() {
    let (store, events) = child_store().await;
    count_up(&store, events).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_log() {
    let Some(fixture) = fixture().await else { return };
    let mut child = spawn("sharing::child_counts_up", fixture.database.dsn(), 100);
    // Nobody appends here yet: the first event must be the child's.
    let watching = fixture.store.watch(Place::START);
    assert!(tokio::time::timeout(Duration::from_secs(20), watching).await.unwrap().unwrap() != Place::START);
    count_up(&fixture.store, 100).await;
    assert!(child.wait().unwrap().success());
    assert_counted(&fixture.store, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_pools_share_a_log() {
    let Some(fixture) = fixture().await else { return };
    let (left, right) = (fixture.store.clone(), fixture.another().await);
    let tasks = [&left, &right, &left, &right].map(|store| {
        let store = store.clone();
        tokio::spawn(async move { count_up(&store, 25).await })
    });
    for task in tasks {
        task.await.unwrap();
    }
    assert_counted(&left, 100).await;
    assert_eq!(right.head().await.unwrap().position, Position::new(100));
}

#[tokio::test]
async fn appends_of_this_store_are_seen_without_looking() {
    let rarely = PostgresStore::options().poll_interval(Duration::from_secs(3600)).listen(false);
    let Some(Fixture { store, database: _database }) = fixture_with(rarely).await else { return };
    for round in 1..=20 {
        let watching = store.watch(Position::new(round - 1).into());
        let (head, _) = tokio::join!(tokio::time::timeout(Duration::from_secs(20), watching), async {
            // The follower has looked, found nothing, and sleeps.
            tokio::time::sleep(Duration::from_millis(5)).await;
            store.append(one(plain("e"))).await.unwrap()
        });
        assert_eq!(head.unwrap().unwrap().position, Position::new(round));
    }
}

/// With an hour between two looks, only an announcement can wake the watcher.
#[tokio::test]
async fn appends_of_others_are_announced() {
    let rarely = PostgresStore::options().poll_interval(Duration::from_secs(3600));
    let Some(fixture) = fixture_with(rarely).await else { return };
    let other = fixture.another().await;
    for round in 1..=5 {
        let watching =
            tokio::time::timeout(Duration::from_secs(20), fixture.store.watch(Position::new(round - 1).into()));
        let (head, _) = tokio::join!(watching, async {
            // Time to begin to listen.
            tokio::time::sleep(Duration::from_millis(200)).await;
            other.append(one(plain("e"))).await.unwrap()
        });
        assert_eq!(head.unwrap().unwrap().position, Position::new(round));
    }
}

/// Without announcements, only looking can.
#[tokio::test]
async fn appends_of_others_are_found_without_listening() {
    let deaf = PostgresStore::options().listen(false).poll_interval(Duration::from_millis(10));
    let Some(fixture) = fixture_with(deaf).await else { return };
    let other = fixture.another().await;
    let watching = tokio::time::timeout(Duration::from_secs(20), fixture.store.watch(Place::START));
    let (head, _) = tokio::join!(watching, other.append(one(plain("e"))));
    assert_eq!(head.unwrap().unwrap().position, Position::new(1));
}

/// A reader that follows the log meets every position once and in order, while two stores write and some appends fail.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_follower_misses_and_repeats_nothing() {
    const WRITERS: u64 = 16;
    const EVENTS: u64 = 1600;
    let Some(fixture) = fixture().await else { return };
    let stores = [fixture.store.clone(), fixture.another().await];
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = stores[writer as usize % 2].clone();
            tokio::spawn(async move {
                for number in 0..EVENTS / WRITERS {
                    let tag = ((writer + number) % WRITERS).to_string();
                    store.append(one(tagged("e", &[("writer", &tag), ("all", "1")]))).await.unwrap();
                    let refused = one(plain("never")).with(no_events(Query::all(), 0));
                    store.append(refused).await.unwrap_err();
                }
            })
        })
        .collect();
    // Items of several forms, some of which need a statement before the page is read.
    let by_tag = (0..WRITERS / 2)
        .fold(Query::default(), |query, tag| query.or(with_tag("writer", &tag.to_string()).with_types(["e"])));
    let query = (WRITERS / 2..WRITERS).fold(by_tag, |query, tag| {
        query.or(with_tag("writer", &tag.to_string()).with_tag(eskit_runtime::log::Tag::new("all", "1")))
    });
    let mut next = 1;
    while next <= EVENTS {
        let options = ReadOptions::default().after(Position::new(next - 1)).limit(50);
        for event in stores[0].read(&query, options).await.unwrap().events {
            assert_eq!(event.position.get(), next);
            next += 1;
        }
        if next <= EVENTS {
            stores[0].watch(Position::new(next - 1).into()).await.unwrap();
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

/// More callers than places in the queue: they wait, and none is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_makes_callers_wait() {
    let short = PostgresStore::options().queue_len(3).max_connections(2);
    let Some(Fixture { store, database: _database }) = fixture_with(short).await else { return };
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store.append(one(plain("e"))).await.unwrap();
                store.read(&Query::all(), ReadOptions::default()).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.head().await.unwrap().position, Position::new(100));
}

/// So many callers that two tasks write in turn: each is answered, in the order of its own appends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_are_answered_in_order() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    let tasks: Vec<_> = (0..250)
        .map(|caller| {
            let store = store.clone();
            tokio::spawn(async move {
                let own = stream(&format!("own {caller}"));
                let mut last = Position::START;
                for version in 0..8 {
                    let append = vec![on(own.clone(), "own"), on(stream("of all"), "all")];
                    let appended =
                        store.append(Append::new(append).with(at_version(own.clone(), version))).await.unwrap();
                    assert!(appended.positions[0] > last && appended.positions[1] == appended.positions[0].next());
                    assert_eq!(appended.versions[0], Some(version + 1));
                    last = appended.positions[1];
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let log = everything(&store).await;
    assert_eq!(numbers(&log), (1..=4000).collect::<Vec<_>>());
    let of_all = log.iter().filter_map(|event| event.stream.as_ref()).filter(|at| at.stream == stream("of all"));
    assert_eq!(of_all.map(|at| at.version).collect::<Vec<_>>(), (1..=2000).collect::<Vec<_>>());
}

/// Two events in streams that the store has written to before; their versions.
async fn versions_of_two(store: &PostgresStore) -> [u64; 2] {
    let append = Append::new(vec![on(stream("a"), "e"), on(stream("b"), "e")]);
    let versions = store.append(append).await.unwrap().versions;
    [versions[0].unwrap(), versions[1].unwrap()]
}

/// A store remembers the versions that its last batch left.
#[tokio::test]
async fn versions_are_right_whoever_else_writes() {
    let Some(fixture) = fixture().await else { return };
    let (store, other) = (&fixture.store, fixture.another().await);
    assert_eq!(versions_of_two(store).await, [1, 1]);
    assert_eq!(versions_of_two(store).await, [2, 2]);
    other.append(one(on(stream("b"), "e"))).await.unwrap();
    store.append(Append::new(vec![on(stream("a"), "e"), on(stream("c"), "e")])).await.unwrap();
    assert_eq!(versions_of_two(store).await, [4, 4]);
    assert_eq!(versions_of_two(&other).await, [5, 5]);
    let refused = Append::new(vec![on(stream("a"), "e"), on(stream("b"), "e")]).with(at_version(stream("b"), 4));
    assert!(matches!(store.append(refused).await, Err(AppendError::Conflict(_))));
    assert_eq!(versions_of_two(store).await, [6, 6]);
    let mut transaction = store.pool().begin().await.unwrap();
    store.in_transaction(&mut transaction).append(one(on(stream("a"), "e"))).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(versions_of_two(store).await, [7, 7]);
}

/// A log that was restored may have come to the same position with other events.
#[tokio::test]
async fn versions_are_right_behind_a_log_that_was_restored() {
    let Some(fixture) = fixture().await else { return };
    let (store, other) = (&fixture.store, fixture.another().await);
    assert_eq!(versions_of_two(store).await, [1, 1]);
    let restored = "DELETE FROM eskit.events";
    sqlx::raw_sql(restored).execute(store.pool()).await.unwrap();
    other.append(Append::new(vec![on(stream("b"), "e"), on(stream("b"), "e")])).await.unwrap();
    assert_eq!(store.head().await.unwrap().position, Position::new(2));
    assert_eq!(versions_of_two(store).await, [1, 3]);
}

/// Callers that give up midway hold nobody up, and what they appended is there whole or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_may_give_up() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    let mut tasks = Vec::new();
    for number in 0..200_u64 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let append = Append::new(vec![plain("a"), plain("b")]);
            let patience = Duration::from_micros(number * 20 % 1500);
            let _ = tokio::time::timeout(patience, store.append(append)).await;
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    store.append(one(plain("last"))).await.unwrap();
    let log = everything(&store).await;
    assert_eq!(numbers(&log), (1..=log.len() as u64).collect::<Vec<_>>());
    assert!(log[..log.len() - 1].chunks(2).all(|pair| pair[0].name == "a" && pair[1].name == "b"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_finishes_what_was_taken_in_and_refuses_the_rest() {
    let Some(fixture) = fixture().await else { return };
    let store = &fixture.store;
    let appends: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.append(one(plain("e"))).await })
        })
        .collect();
    let watching = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut head = Place::START;
            loop {
                match store.watch(head).await {
                    Ok(beyond) => head = beyond,
                    Err(error) => return error,
                }
            }
        })
    };
    tokio::time::sleep(Duration::from_millis(1)).await;
    store.close().await;
    let mut written = 0;
    for append in appends {
        match append.await.unwrap() {
            Ok(_) => written += 1,
            Err(AppendError::Store(error)) => assert_eq!(error.kind(), eskit_runtime::log::StoreErrorKind::Closed),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(watching.await.unwrap().kind(), eskit_runtime::log::StoreErrorKind::Closed);
    let error = store.read(&Query::all(), ReadOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), eskit_runtime::log::StoreErrorKind::Closed);
    assert_eq!(everything(&fixture.another().await).await.len(), written);
}

/// The pool is the caller's: closing it does not wait for the store.
#[tokio::test]
async fn closing_the_callers_pool_closes_the_store() {
    let Some(fixture) = fixture().await else { return };
    let pool = fixture.database.pool();
    let store = PostgresStore::open(pool.clone()).await.unwrap();
    store.append(one(plain("e"))).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), pool.close()).await.unwrap();
    let watching = tokio::time::timeout(Duration::from_secs(10), store.watch(Position::new(1).into()));
    assert_eq!(watching.await.unwrap().unwrap_err().kind(), eskit_runtime::log::StoreErrorKind::Closed);
    match store.append(one(plain("e"))).await {
        Err(AppendError::Store(error)) => assert_eq!(error.kind(), eskit_runtime::log::StoreErrorKind::Closed),
        other => panic!("{other:?}"),
    }
}

/// A `static` of tests is opened in the runtime of one, and used in those of the others.
#[test]
fn a_store_goes_on_when_the_runtime_that_opened_it_has_ended() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let opening = runtime();
    let Some(fixture) = opening.block_on(async {
        let fixture = fixture().await?;
        fixture.store.append(one(plain("e"))).await.unwrap();
        // Leaves a follower behind.
        let _ = tokio::time::timeout(Duration::from_millis(50), fixture.store.watch(Position::new(1).into())).await;
        Some(fixture)
    }) else {
        return;
    };
    drop(opening);
    let store = &fixture.store;
    for round in 1..=3 {
        runtime().block_on(async {
            let other = fixture.another().await;
            let calls = async {
                assert_eq!(store.head().await.unwrap().position, Position::new(2 * round - 1));
                store.append(one(plain("e"))).await.unwrap();
                assert_eq!(everything(store).await.len() as u64, 2 * round);
                store.stream_info(&stream("a")).await.unwrap();
                let (head, _) = tokio::join!(store.watch(Position::new(2 * round).into()), async {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    other.append(one(plain("e"))).await.unwrap()
                });
                assert_eq!(head.unwrap().position, Position::new(2 * round + 1));
            };
            tokio::time::timeout(Duration::from_secs(30), calls)
                .await
                .expect("somebody waits for a runtime that has ended");
        });
    }
}

/// Nobody listens then: that would take the one connection from everybody else.
#[tokio::test]
async fn one_connection_is_enough() {
    let Some(fixture) = fixture().await else { return };
    let limits = sqlx::postgres::PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(20));
    let pool = limits.connect_with(fixture.database.connect_options()).await.unwrap();
    let store = PostgresStore::open(pool).await.unwrap();
    for round in 1..=3 {
        let watching = tokio::time::timeout(Duration::from_secs(10), store.watch(Position::new(2 * round - 2).into()));
        let (head, ()) = tokio::join!(watching, async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            fixture.store.append(one(plain("e"))).await.unwrap();
        });
        assert_eq!(head.unwrap().unwrap().position, Position::new(2 * round - 1));
        store.append(one(plain("e"))).await.unwrap();
        assert_eq!(everything(&store).await.len() as u64, 2 * round);
    }
}

/// A store may outlive the runtime in which it was used.
#[test]
fn a_store_may_be_dropped_outside_of_a_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let fixture = runtime.block_on(async {
        let fixture = fixture().await?;
        fixture.store.append(one(plain("e"))).await.unwrap();
        Some(fixture)
    });
    drop(runtime);
    drop(fixture);
}
