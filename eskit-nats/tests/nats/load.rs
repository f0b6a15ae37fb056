//! Callers that append while servers and connections fail.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use eskit_nats::{NatsOptions, NatsStore};
use eskit_runtime::EventStore;
use eskit_runtime::log::{AppendError, Condition, EventId, ExpectedVersion, StreamId};
use tokio::task::JoinHandle;

use crate::{all, one};

/// Options of a store that soon gives up waiting for an answer.
pub(crate) fn hasty() -> NatsOptions {
    NatsStore::options().request_timeout(Duration::from_millis(200))
}

/// The rounds of a test, whose numbers say what happens in them.
pub(crate) fn rounds() -> Range<u64> {
    let number = |name| std::env::var(name).ok().and_then(|number| number.parse().ok());
    let (seed, rounds) = (number("ESKIT_NATS_SEED").unwrap_or(1), number("ESKIT_NATS_ROUNDS").unwrap_or(2));
    eprintln!("run it again with ESKIT_NATS_SEED={seed} ESKIT_NATS_ROUNDS={rounds}");
    seed..seed + rounds
}

/// Callers that append until they are stopped, each to a stream of its own, one event after another.
pub(crate) struct Load {
    is_over: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    callers: Vec<JoinHandle<Vec<EventId>>>,
}

impl Load {
    pub(crate) fn start(store: &NatsStore, callers: usize) -> Load {
        let (is_over, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let caller = |_| tokio::spawn(append_until(store.clone(), Arc::clone(&is_over), Arc::clone(&count)));
        let callers = (0..callers).map(caller).collect();
        Load { is_over, count, callers }
    }

    /// How many appends were confirmed.
    pub(crate) fn confirmed(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Waits until so many more appends were confirmed.
    pub(crate) async fn until_more(&self, more: usize) {
        let wanted = self.confirmed() + more;
        let counted = async {
            while self.confirmed() < wanted {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), counted).await.expect("appends are confirmed again");
    }

    /// The ids of all events that were confirmed.
    pub(crate) async fn stop(self) -> Vec<EventId> {
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
pub(crate) async fn check(store: &NatsStore, confirmed: &[EventId]) {
    let events = all(store).await;
    let found: HashSet<EventId> = events.iter().map(|event| event.id).collect();
    let lost = confirmed.iter().filter(|id| !found.contains(id)).count();
    assert_eq!(lost, 0, "of {} events that were confirmed", confirmed.len());
    assert_eq!(events.len(), confirmed.len(), "an event is there twice, or was never confirmed");
}
