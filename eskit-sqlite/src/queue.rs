use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::request::Request;

/// Events after which a batch takes in no further request.
pub(crate) const BATCH_EVENTS: usize = 1000;

/// Why the queue takes in nothing more.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    Closed,
    /// The writer failed closed, with this text.
    Failed(String),
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
    events: usize,
    /// The number of requests for which the writer waits; 0 while it does not.
    wake_at: usize,
    refusal: Option<Refusal>,
}

impl State {
    fn is_enough(&self, requests: usize) -> bool {
        self.requests.len() >= requests || self.events >= BATCH_EVENTS || self.refusal.is_some()
    }
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
        state.events += request.events();
        state.requests.push_back(request);
        if state.wake_at > 0 && state.is_enough(state.wake_at) {
            state.wake_at = 0;
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
        self.places.close();
        self.ready.notify_one();
    }

    /// What the writer failed with, if it failed closed.
    pub(crate) fn failure(&self) -> Option<String> {
        match &self.state().refusal {
            Some(Refusal::Failed(cause)) => Some(cause.clone()),
            _ => None,
        }
    }

    /// Moves the next batch into `batch`: waits for a first request, then lingers until `expected` requests wait.
    /// Returns `false` when there is nothing left and nothing more will come.
    pub(crate) fn take(&self, batch: &mut Vec<Request>, expected: usize, linger: Duration) -> bool {
        let mut state = self.state();
        while state.requests.is_empty() {
            if state.refusal.is_some() {
                return false;
            }
            state.wake_at = 1;
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if !linger.is_zero() && !state.is_enough(expected) {
            state = self.linger(state, expected, linger);
        }
        state.wake_at = 0;
        let mut events = 0;
        while events < BATCH_EVENTS {
            let Some(request) = state.requests.pop_front() else { break };
            events += request.events();
            batch.push(request);
        }
        state.events -= events;
        drop(state);
        self.places.add_permits(batch.len());
        true
    }

    fn linger<'q>(
        &'q self,
        mut state: MutexGuard<'q, State>,
        expected: usize,
        linger: Duration,
    ) -> MutexGuard<'q, State> {
        let deadline = Instant::now() + linger;
        while !state.is_enough(expected) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state.wake_at = expected;
            state = self.ready.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }
}
