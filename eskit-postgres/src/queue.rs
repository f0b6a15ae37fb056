use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::request::Request;

/// Events after which a batch takes in no further append.
const BATCH_EVENTS: usize = 1000;
/// Bytes of payload after which a batch takes in no further append.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The appends of this process that wait for their turn, and whether one of its tasks leads: one writes at a time, the
/// others wait here to be taken along.
pub(crate) struct Queue {
    state: Mutex<State>,
    places: Semaphore,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Request>,
    is_led: bool,
    is_closed: bool,
}

/// The queue takes in nothing more.
pub(crate) struct QueueClosed;

impl Queue {
    pub(crate) fn new(len_max: usize) -> Queue {
        Queue { state: Mutex::default(), places: Semaphore::new(len_max) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a request into the queue, or gives it back to a caller that leads from now on because nobody else does.
    pub(crate) async fn enter(&self, request: Request) -> Result<Option<Request>, QueueClosed> {
        if self.try_lead()? {
            return Ok(Some(request));
        }
        let Ok(place) = self.places.acquire().await else { return Err(QueueClosed) };
        let mut state = self.state();
        if state.is_closed {
            return Err(QueueClosed);
        }
        if !state.is_led {
            state.is_led = true;
            return Ok(Some(request));
        }
        place.forget();
        state.waiting.push_back(request);
        Ok(None)
    }

    fn try_lead(&self) -> Result<bool, QueueClosed> {
        let mut state = self.state();
        if state.is_closed {
            return Err(QueueClosed);
        }
        Ok(!std::mem::replace(&mut state.is_led, true))
    }

    /// Ends a lead. Returns whether somebody waits, and another lead must begin.
    pub(crate) fn end_lead(&self) -> bool {
        let mut state = self.state();
        state.is_led = !state.waiting.is_empty();
        state.is_led
    }

    /// How many requests wait.
    pub(crate) fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// The next batch; empty when nothing waits. Lets other tasks run until `expected` requests wait, for at most `linger`:
    /// those that were just answered are likely to append again.
    pub(crate) async fn take(&self, expected: usize, linger: Duration) -> Vec<Request> {
        let deadline = Instant::now() + linger;
        while self.len() < expected && Instant::now() < deadline {
            tokio::task::yield_now().await;
        }
        let mut state = self.state();
        let (mut batch, mut events, mut bytes) = (Vec::new(), 0, 0);
        while events < BATCH_EVENTS && bytes < BATCH_BYTES {
            let Some(request) = state.waiting.pop_front() else { break };
            events += request.prepared.append.events.len();
            bytes += request.prepared.bytes;
            batch.push(request);
        }
        drop(state);
        self.places.add_permits(batch.len());
        batch
    }

    /// Puts requests that must be tried again before all others.
    pub(crate) fn put_back(&self, requests: Vec<Request>) {
        let mut state = self.state();
        for request in requests.into_iter().rev() {
            // Without a place: they had one, and the queue was shorter by them.
            if let Ok(place) = self.places.try_acquire() {
                place.forget();
            }
            state.waiting.push_front(request);
        }
    }

    /// Takes everything out that waits, for the case that nobody can lead.
    pub(crate) fn abandon(&self) -> Vec<Request> {
        let mut state = self.state();
        state.is_led = false;
        state.waiting.drain(..).collect()
    }

    /// Takes in nothing more. What waits already is still written.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.places.close();
    }

    /// Whether nothing waits and nobody writes.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.state();
        !state.is_led && state.waiting.is_empty()
    }
}
