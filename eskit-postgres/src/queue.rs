use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::known::Known;
use crate::request::Request;

/// Events after which a batch takes in no further append.
const BATCH_EVENTS: usize = 1000;
/// Bytes of payload after which a batch takes in no further append.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// From this many callers on, two tasks lead in turn, and each batch takes in half of the callers: while the database writes
/// one half, this process answers the other and gathers it again. Each batch has costs of its own, so fewer callers fare
/// better in one.
const SHARED_MIN: usize = 96;

/// The appends of this process that wait for their turn, and how many of its tasks lead: one writes at a time, the others
/// wait here to be taken along.
pub(crate) struct Queue {
    state: Mutex<State>,
    places: Semaphore,
    baton: tokio::sync::Mutex<Baton>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Request>,
    leads: usize,
    is_closed: bool,
}

/// The right to take a batch and to write it, which two leads pass to each other.
#[derive(Default)]
pub(crate) struct Baton {
    /// How many callers are likely to append now: those that waited when the last batch was written, and those of that batch.
    callers: usize,
    /// What the last batch left.
    pub(crate) known: Known,
}

pub(crate) type Held<'q> = tokio::sync::MutexGuard<'q, Baton>;

/// The queue takes in nothing more.
pub(crate) struct QueueClosed;

impl State {
    /// Begins a lead if nobody leads. Returns whether it did.
    fn try_lead(&mut self) -> Result<bool, QueueClosed> {
        if self.is_closed {
            return Err(QueueClosed);
        }
        let begins = self.leads == 0;
        self.leads += usize::from(begins);
        Ok(begins)
    }
}

impl Queue {
    pub(crate) fn new(len_max: usize) -> Queue {
        Queue { state: Mutex::default(), places: Semaphore::new(len_max), baton: Default::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a request into the queue, or gives it back to a caller that leads from now on because nobody else does.
    pub(crate) async fn enter(&self, request: Request) -> Result<Option<Request>, QueueClosed> {
        if self.state().try_lead()? {
            return Ok(Some(request));
        }
        let Ok(place) = self.places.acquire().await else { return Err(QueueClosed) };
        let mut state = self.state();
        if state.try_lead()? {
            return Ok(Some(request));
        }
        place.forget();
        state.waiting.push_back(request);
        Ok(None)
    }

    /// Ends a lead. Returns whether somebody waits whom nobody else leads, and another lead must begin.
    pub(crate) fn end_lead(&self) -> bool {
        let mut state = self.state();
        state.leads -= 1;
        let is_needed = state.leads == 0 && !state.waiting.is_empty();
        state.leads += usize::from(is_needed);
        is_needed
    }

    /// Begins a second lead if so many callers append that two are better. Returns whether it did.
    pub(crate) fn begins_second_lead(&self, baton: &Baton) -> bool {
        let mut state = self.state();
        let begins = state.leads == 1 && baton.callers >= SHARED_MIN;
        state.leads += usize::from(begins);
        begins
    }

    pub(crate) fn has_two_leads(&self) -> bool {
        self.state().leads > 1
    }

    /// Whether one of two leads should end, because too few callers append for both.
    pub(crate) fn has_lead_too_many(&self, callers: usize) -> bool {
        self.has_two_leads() && callers < SHARED_MIN / 2
    }

    /// How many requests wait.
    fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// The right to take a batch and to write it, first come, first served.
    pub(crate) async fn baton(&self) -> Held<'_> {
        self.baton.lock().await
    }

    /// Notes that a batch of so many appends was written. Returns how many callers are likely to append now.
    pub(crate) fn wrote(&self, baton: &mut Baton, appends: usize) -> usize {
        baton.callers = appends + self.len();
        baton.callers
    }

    /// The next batch; empty when nothing waits. Lets other tasks run until all that are likely to append wait, or half of them
    /// when there are many, for at most `linger`.
    pub(crate) async fn take(&self, baton: &mut Baton, linger: Duration) -> Vec<Request> {
        let deadline = Instant::now() + linger;
        baton.callers = baton.callers.max(self.len());
        let is_shared = baton.callers >= SHARED_MIN;
        let expected = if is_shared { baton.callers.div_ceil(2) } else { baton.callers };
        while self.len() < expected && Instant::now() < deadline {
            tokio::task::yield_now().await;
        }
        let appends = if is_shared { expected } else { usize::MAX };
        let mut state = self.state();
        let (mut batch, mut events, mut bytes) = (Vec::new(), 0, 0);
        while batch.len() < appends && events < BATCH_EVENTS && bytes < BATCH_BYTES {
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

    /// Ends a lead that cannot begin. Takes everything out that waits, if nobody else leads.
    pub(crate) fn abandon(&self) -> Vec<Request> {
        let mut state = self.state();
        state.leads -= 1;
        if state.leads > 0 { Vec::new() } else { state.waiting.drain(..).collect() }
    }

    /// Takes in nothing more. What waits already is still written.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.places.close();
    }

    /// Whether nothing waits and nobody writes.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.state();
        state.leads == 0 && state.waiting.is_empty()
    }
}
