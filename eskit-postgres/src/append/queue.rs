use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use eskit_runtime::log::AppendError;
use eskit_runtime::store_kit::{BatchSize, EncodedAppend, contain};
use futures_util::future::{Either, select};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, TryAcquireError, oneshot};

use crate::append::request::{Answer, Request};
use crate::error::Fault;
use crate::sql::names::Names;

/// The appends of this process that wait for their turn.
pub(crate) struct Queue {
    names: Names,
    state: Mutex<State>,
    /// For the appends that were taken in: those that wait and those that are being written.
    places: Arc<Semaphore>,
    arrival: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Request>,
    is_closed: bool,
}

impl Queue {
    pub(crate) fn new(len_max: usize, names: Names) -> Queue {
        let places = Arc::new(Semaphore::new(len_max));
        Queue { names, state: Mutex::default(), places, arrival: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an append in, which is answered once it was written. When the queue is full, the append waits for a place in a
    /// task of this runtime: a caller that is not polled must not hold one.
    pub(crate) fn enter(self: &Arc<Queue>, runtime: &Handle, encoded: EncodedAppend, reply: oneshot::Sender<Answer>) {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => self.push(Request { encoded, reply, place }),
            Err(TryAcquireError::Closed) => self.refuse(reply),
            Err(TryAcquireError::NoPermits) => drop(runtime.spawn(Arc::clone(self).enter_later(encoded, reply))),
        }
    }

    async fn enter_later(self: Arc<Queue>, encoded: EncodedAppend, mut reply: oneshot::Sender<Answer>) {
        let place = Arc::clone(&self.places).acquire_owned();
        let place = match select(pin!(place), pin!(reply.closed())).await {
            Either::Left((place, _)) => place,
            // The caller gave up.
            Either::Right(_) => return,
        };
        match place {
            Ok(place) => self.push(Request { encoded, reply, place }),
            Err(_) => self.refuse(reply),
        }
    }

    fn push(&self, request: Request) {
        let mut state = self.state();
        if state.is_closed {
            drop(state);
            self.refuse(request.reply);
        } else {
            state.waiting.push_back(request);
            drop(state);
            self.arrival.notify_one();
        }
    }

    fn refuse(&self, reply: oneshot::Sender<Answer>) {
        let error = Fault::Closed.into_error("append to", &self.names);
        // The caller may have gone away, or panic as it is woken.
        let _ = contain(|| reply.send(Err(AppendError::Store(error))));
    }

    /// How many requests wait.
    pub(crate) fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// Waits until something waits. Returns whether it does: not when the queue is closed and empty.
    pub(crate) async fn wait(&self) -> bool {
        loop {
            let arrival = self.arrival.notified();
            {
                let state = self.state();
                if state.is_closed || !state.waiting.is_empty() {
                    return !state.waiting.is_empty();
                }
            }
            arrival.await;
        }
    }

    /// Waits until so many requests wait, but at most for so long.
    pub(crate) async fn gather(&self, requests: usize, linger: Duration) {
        let deadline = Instant::now() + linger;
        while self.len() < requests && Instant::now() < deadline {
            // Callers run on other threads.
            std::thread::yield_now();
            tokio::task::yield_now().await;
        }
    }

    /// The next batch of up to so many requests. Those that nobody waits for any more are left out.
    pub(crate) fn take(&self, requests: usize) -> Vec<Request> {
        let mut state = self.state();
        let (mut batch, mut size) = (Vec::new(), BatchSize::default());
        while batch.len() < requests && !size.is_full() {
            let Some(request) = state.waiting.pop_front() else { break };
            if request.reply.is_closed() {
                continue;
            }
            size.add(request.encoded.append.events.len(), request.encoded.size_bytes());
            batch.push(request);
        }
        batch
    }

    /// Puts requests that must be tried again before all others.
    pub(crate) fn put_back(&self, requests: Vec<Request>) {
        let mut state = self.state();
        for request in requests.into_iter().rev() {
            state.waiting.push_front(request);
        }
    }

    /// Takes in nothing more. What was taken in already is still written.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.places.close();
        self.arrival.notify_one();
    }

    /// Takes out everything that waits, without an answer.
    pub(crate) fn abandon(&self) {
        self.close();
        let waiting = std::mem::take(&mut self.state().waiting);
        drop(waiting);
    }
}
