//! Answers that are lost, and servers that are killed: what was confirmed is there, and nothing is there twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use eskit_nats::NatsStore;
use eskit_nats::testing::{Cluster, Frame, Proxy};
use eskit_runtime::EventStore;
use eskit_runtime::log::EventId;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use crate::load::{Load, check, hasty, rounds};
use crate::{all, new_log, one, server};

/// Whether it is the server's answer to a message that it has stored.
fn is_acknowledgement(frame: &Frame) -> bool {
    let body = String::from_utf8_lossy(&frame.body);
    !frame.is_from_client
        && body.starts_with("{\"stream\":")
        && body.contains("\"seq\":")
        && !body.contains("\"error\"")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_land_once_though_no_answer_arrives() {
    let Some(server) = server() else { return };
    let dropped = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&dropped);
    let proxy = Proxy::start(&server.address(), move |frame| {
        let is_dropped = is_acknowledgement(&frame);
        counted.fetch_add(usize::from(is_dropped), Ordering::SeqCst);
        (!is_dropped).then_some(frame)
    });
    let proxy = proxy.unwrap();
    let direct = server.dsn(&new_log("unanswered"));
    let store = hasty().connect(&direct.replace(&server.address(), &proxy.address())).await.unwrap();
    let mut expected = Vec::new();
    for _ in 0..5 {
        let append = one("test.Noted");
        expected.push(append.events[0].id);
        let appended = store.append(append).await.unwrap();
        assert!(!appended.repeated, "it was known that the group is this store's own");
    }
    assert!(dropped.load(Ordering::SeqCst) >= 5);
    let other = NatsStore::connect(&direct).await.unwrap();
    let found: Vec<EventId> = all(&other).await.iter().map(|event| event.id).collect();
    assert_eq!(found, expected);
}

/// The other process wins the sequence that an unanswered message was to have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_lost_on_its_way_gives_way_to_another() {
    let Some(server) = server() else { return };
    let (is_deaf, dropped) = (Arc::new(AtomicBool::new(true)), Arc::new(Notify::new()));
    let (is_dropping, tell) = (Arc::clone(&is_deaf), Arc::clone(&dropped));
    let proxy = Proxy::start(&server.address(), move |frame| {
        let is_dropped = frame.line.starts_with("HPUB eskit.") && is_dropping.load(Ordering::SeqCst);
        if is_dropped {
            tell.notify_one();
        }
        (!is_dropped).then_some(frame)
    });
    let proxy = proxy.unwrap();
    let direct = server.dsn(&new_log("overtaken"));
    let store = hasty().connect(&direct.replace(&server.address(), &proxy.address())).await.unwrap();
    let other = NatsStore::connect(&direct).await.unwrap();
    let delayed = tokio::spawn({
        let store = store.clone();
        async move { store.append(one("test.Delayed")).await }
    });
    dropped.notified().await;
    other.append(one("test.First")).await.unwrap();
    is_deaf.store(false, Ordering::SeqCst);
    assert_eq!(delayed.await.unwrap().unwrap().positions[0].get(), 2);
    let names: Vec<String> = all(&other).await.iter().map(|event| event.name.to_string()).collect();
    assert_eq!(names, ["test.First", "test.Delayed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_under_load_lose_and_repeat_nothing() {
    let Some(server) = server() else { return };
    let proxy = Proxy::start(&server.address(), Some).unwrap();
    let direct = server.dsn(&new_log("cut"));
    let store = hasty().connect(&direct.replace(&server.address(), &proxy.address())).await.unwrap();
    let load = Load::start(&store, 8);
    for _ in 0..5 {
        load.until_more(20).await;
        proxy.cut();
    }
    load.until_more(20).await;
    let confirmed = load.stop().await;
    check(&NatsStore::connect(&direct).await.unwrap(), &confirmed).await;
}

/// In each round, the leader first steps down, and the next one is killed. The seed says when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_killed_under_load_loses_and_repeats_nothing() {
    let Some(cluster) = spawn_blocking(|| Cluster::start().unwrap()).await.unwrap() else { return };
    let cluster = Arc::new(cluster);
    let log = new_log("killed");
    let dsn = cluster.dsn(&log);
    let stores = [hasty().connect(&dsn).await.unwrap(), hasty().connect(&dsn).await.unwrap()];
    let loads = stores.each_ref().map(|store| Load::start(store, 4));
    for round in rounds() {
        loads[0].until_more(20 + (round * 7919 % 60) as usize).await;
        let (servers, log) = (Arc::clone(&cluster), log.clone());
        let killing = move || {
            servers.step_down(&log);
            let leader = std::iter::repeat_with(|| servers.leader(&log)).flatten().next().unwrap();
            servers.kill(leader);
        };
        spawn_blocking(killing).await.unwrap();
        loads[0].until_more(20).await;
        loads[1].until_more(20).await;
        let cluster = Arc::clone(&cluster);
        spawn_blocking(move || cluster.resume().unwrap()).await.unwrap();
    }
    let mut confirmed = Vec::new();
    for load in loads {
        confirmed.extend(load.stop().await);
    }
    check(&NatsStore::connect(&dsn).await.unwrap(), &confirmed).await;
}

/// In each round, one server is parted from the two others, and all have clients: the leader first, then the one that the seed says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_are_parted_under_load_lose_and_repeat_nothing() {
    let Some(cluster) = spawn_blocking(|| Cluster::start_partable().unwrap()).await.unwrap() else { return };
    let cluster = Arc::new(cluster);
    let log = new_log("parted");
    let mut loads = Vec::new();
    for server in 0..3 {
        let dsn = cluster.dsn_of(server, &log).unwrap();
        loads.push(Load::start(&hasty().connect(&dsn).await.unwrap(), 3));
    }
    for (number, round) in rounds().enumerate() {
        let (servers, name) = (Arc::clone(&cluster), log.clone());
        let parting = move || {
            let leader = std::iter::repeat_with(|| servers.leader(&name)).flatten().next().unwrap();
            let alone = if number == 0 { leader } else { (round * 7919 % 3) as usize };
            servers.isolate(alone);
            alone
        };
        let alone = spawn_blocking(parting).await.unwrap();
        // A minority confirms nothing, and the majority goes on.
        let before = loads[alone].confirmed();
        loads[(alone + 1) % 3].until_more(50).await;
        loads[(alone + 2) % 3].until_more(50).await;
        let between = loads[alone].confirmed();
        assert!(between <= before + 3, "{} were confirmed by one server of three", between - before);
        let cluster = Arc::clone(&cluster);
        spawn_blocking(move || cluster.heal().unwrap()).await.unwrap();
        loads[alone].until_more(20).await;
    }
    let mut confirmed = Vec::new();
    for load in loads {
        confirmed.extend(load.stop().await);
    }
    check(&NatsStore::connect(&cluster.dsn(&log)).await.unwrap(), &confirmed).await;
}
