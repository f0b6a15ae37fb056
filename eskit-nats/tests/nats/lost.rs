//! Answers that are lost, and servers that are killed: what was confirmed is there, and nothing is there twice.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use eskit_nats::testing::{Cluster, Frame, Proxy};
use eskit_nats::{NatsOptions, NatsStore};
use eskit_runtime::EventStore;
use eskit_runtime::log::{AppendError, Condition, EventId, ExpectedVersion, StreamId};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::{all, new_log, one, server};

/// Whether it is the server's answer to a message that it has stored.
fn is_acknowledgement(frame: &Frame) -> bool {
    let body = String::from_utf8_lossy(&frame.body);
    !frame.is_from_client
        && body.starts_with("{\"stream\":")
        && body.contains("\"seq\":")
        && !body.contains("\"error\"")
}

fn hasty() -> NatsOptions {
    NatsStore::options().request_timeout(Duration::from_millis(200))
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
    let Some(cluster) = tokio::task::spawn_blocking(|| Cluster::start().unwrap()).await.unwrap() else { return };
    let cluster = Arc::new(cluster);
    let seed = std::env::var("ESKIT_NATS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let rounds: u64 = std::env::var("ESKIT_NATS_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(2);
    eprintln!("run it again with ESKIT_NATS_SEED={seed} ESKIT_NATS_ROUNDS={rounds}");
    let log = new_log("killed");
    let dsn = cluster.dsn(&log);
    let stores = [hasty().connect(&dsn).await.unwrap(), hasty().connect(&dsn).await.unwrap()];
    let loads = stores.each_ref().map(|store| Load::start(store, 4));
    for round in seed..seed + rounds {
        loads[0].until_more(20 + (round * 7919 % 60) as usize).await;
        let (servers, log) = (Arc::clone(&cluster), log.clone());
        let killing = move || {
            servers.step_down(&log);
            let leader = std::iter::repeat_with(|| servers.leader(&log)).flatten().next().unwrap();
            servers.kill(leader);
        };
        tokio::task::spawn_blocking(killing).await.unwrap();
        loads[0].until_more(20).await;
        loads[1].until_more(20).await;
        let cluster = Arc::clone(&cluster);
        tokio::task::spawn_blocking(move || cluster.resume().unwrap()).await.unwrap();
    }
    let mut confirmed = Vec::new();
    for load in loads {
        confirmed.extend(load.stop().await);
    }
    check(&NatsStore::connect(&dsn).await.unwrap(), &confirmed).await;
}

/// Callers that append until they are stopped, each to a stream of its own, one event after another.
struct Load {
    is_over: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    callers: Vec<JoinHandle<Vec<EventId>>>,
}

impl Load {
    fn start(store: &NatsStore, callers: usize) -> Load {
        let (is_over, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let caller = |_| tokio::spawn(append_until(store.clone(), Arc::clone(&is_over), Arc::clone(&count)));
        let callers = (0..callers).map(caller).collect();
        Load { is_over, count, callers }
    }

    /// Waits until so many more appends were confirmed.
    async fn until_more(&self, more: usize) {
        let wanted = self.count.load(Ordering::SeqCst) + more;
        let counted = async {
            while self.count.load(Ordering::SeqCst) < wanted {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), counted).await.expect("appends are confirmed again");
    }

    /// The ids of all events that were confirmed.
    async fn stop(self) -> Vec<EventId> {
        self.is_over.store(true, Ordering::SeqCst);
        let mut confirmed = Vec::new();
        for caller in self.callers {
            confirmed.extend(caller.await.unwrap());
        }
        confirmed
    }
}

async fn append_until(store: NatsStore, is_over: Arc<AtomicBool>, count: Arc<AtomicUsize>) -> Vec<EventId> {
    let stream = StreamId::new("caller", EventId::new().to_string());
    let mut confirmed = Vec::new();
    while !is_over.load(Ordering::SeqCst) {
        let expected = ExpectedVersion::Exact(confirmed.len() as u64);
        let mut append = one("test.Noted").with(Condition::Stream { stream: stream.clone(), expected });
        append.events[0].stream = Some(stream.clone());
        loop {
            match store.append(append.clone()).await {
                Ok(_) => break,
                Err(AppendError::UnknownOutcome(_)) => {}
                Err(AppendError::Store(error)) if error.is_transient() => {}
                Err(error) => panic!("only this caller appends to its stream: {error}"),
            }
        }
        confirmed.push(append.events[0].id);
        count.fetch_add(1, Ordering::SeqCst);
    }
    confirmed
}

/// Exactly what was confirmed is there.
async fn check(store: &NatsStore, confirmed: &[EventId]) {
    let events = all(store).await;
    let found: HashSet<EventId> = events.iter().map(|event| event.id).collect();
    let lost = confirmed.iter().filter(|id| !found.contains(id)).count();
    assert_eq!(lost, 0, "of {} events that were confirmed", confirmed.len());
    assert_eq!(events.len(), confirmed.len(), "an event is there twice, or was never confirmed");
}
