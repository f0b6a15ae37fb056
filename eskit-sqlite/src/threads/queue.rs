use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use eskit_runtime::store_kit::{BatchSize, contain};
use tokio::sync::Semaphore;

use crate::threads::request::Request;

/// Why the queue takes in nothing more.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    Closed,
    /// The writer failed closed, with this text.
    Failed(String),
}

/// The requests of one transaction.
#[derive(Default)]
pub(crate) struct Taken {
    pub(crate) requests: Vec<Request>,
    size: BatchSize,
}

impl Taken {
    /// These requests, to be tried apart.
    pub(crate) fn of(requests: Vec<Request>) -> Taken {
        Taken { requests, size: BatchSize::default() }
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.size = BatchSize::default();
    }
}

/// The bounded queue between callers and the writer thread.
pub(crate) struct WriteQueue {
    state: Mutex<State>,
    ready: Condvar,
    places: Semaphore,
}

#[derive(Default)]
struct State {
    requests: VecDeque<Request>,
    /// Whether the writer sleeps until a request comes.
    is_awaited: bool,
    refusal: Option<Refusal>,
}

impl WriteQueue {
    pub(crate) fn new(len_max: usize) -> WriteQueue {
        WriteQueue { state: Mutex::default(), ready: Condvar::new(), places: Semaphore::new(len_max) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request; waits for a place while the queue is full.
    pub(crate) async fn push(&self, request: Request) -> Result<(), Refusal> {
        if let Ok(place) = self.places.acquire().await {
            place.forget();
        }
        let mut state = self.state();
        if let Some(refusal) = &state.refusal {
            return Err(refusal.clone());
        }
        state.requests.push_back(request);
        if std::mem::take(&mut state.is_awaited) {
            drop(state);
            self.ready.notify_one();
        }
        Ok(())
    }

    /// How many requests wait.
    pub(crate) fn len(&self) -> usize {
        self.state().requests.len()
    }

    /// Takes in nothing more. What waits already stays for the writer.
    pub(crate) fn refuse(&self, refusal: Refusal) {
        self.state().refusal.get_or_insert(refusal);
        close(&self.places);
        self.ready.notify_one();
    }

    /// What the writer failed with, if it failed closed.
    pub(crate) fn failure(&self) -> Option<String> {
        match &self.state().refusal {
            Some(Refusal::Failed(cause)) => Some(cause.clone()),
            _ => None,
        }
    }

    /// Waits for requests and takes them. Returns `false` when there is nothing left and nothing more will come.
    pub(crate) fn take(&self, taken: &mut Taken) -> bool {
        let mut state = self.state();
        while state.requests.is_empty() {
            if state.refusal.is_some() {
                return false;
            }
            state.is_awaited = true;
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        self.move_to(taken, state);
        true
    }

    /// Takes what came since, unless enough is taken; waits for it until the deadline while fewer than `expected` requests
    /// are taken. Returns whether anything was.
    pub(crate) fn take_more(&self, taken: &mut Taken, expected: usize, deadline: Instant) -> bool {
        if taken.size.is_full() {
            return false;
        }
        let mut state = self.state();
        while state.requests.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if taken.requests.len() >= expected || left.is_zero() || state.refusal.is_some() {
                state.is_awaited = false;
                return false;
            }
            state.is_awaited = true;
            state = self.ready.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        self.move_to(taken, state);
        true
    }

    fn move_to(&self, taken: &mut Taken, mut state: MutexGuard<'_, State>) {
        state.is_awaited = false;
        let before = taken.requests.len();
        while !taken.size.is_full() {
            let Some(request) = state.requests.pop_front() else { break };
            taken.size.add(request.events(), request.bytes());
            taken.requests.push(request);
        }
        drop(state);
        free(&self.places, taken.requests.len() - before);
    }
}

/// Frees places. A waker that panics must cost no other caller its own, so each is freed alone.
pub(crate) fn free(places: &Semaphore, count: usize) {
    for _ in 0..count {
        let _ = contain(|| places.add_permits(1));
    }
}

/// Wakes all callers that wait for a place: from now on there is none.
pub(crate) fn close(places: &Semaphore) {
    // A panic leaves those in the queue that come after the caller whose waker panicked.
    while contain(|| places.close()).is_err() {}
}
