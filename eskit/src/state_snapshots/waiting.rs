use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use eskit_runtime::model::{Scope, Seen};
use eskit_runtime::store_kit::HeadWatch;

/// Instances that may wait to be written.
const WAITING_MAX: usize = 1024;

/// What is to be written, and whether somebody does. At most one snapshot of an instance waits: the newest.
#[derive(Default)]
pub(super) struct Waiting {
    state: Mutex<State>,
    moved: HeadWatch,
}

#[derive(Default)]
struct State {
    todo: Todo,
    is_served: bool,
}

pub(super) type Todo = HashMap<Scope, Op>;

/// What is to be done about one instance, in this order.
#[derive(Default)]
pub(super) struct Op {
    pub(super) remove: bool,
    pub(super) write: Option<Offer>,
}

/// Writes the state as JSON.
pub(super) type Encode = Box<dyn FnOnce() -> Result<String, String> + Send>;

pub(super) struct Offer {
    pub(super) seen: Seen,
    pub(super) encode: Encode,
}

/// What [`Waiting::add`] says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Added {
    /// Somebody will take it.
    Served,
    /// The caller must [serve](Waiting::serve).
    Unserved,
    /// There is no room.
    Full,
}

impl Waiting {
    pub(super) fn add(&self, scope: &Scope, change: impl FnOnce(&mut Op)) -> Added {
        let mut state = self.lock();
        if state.todo.len() >= WAITING_MAX && !state.todo.contains_key(scope) {
            return Added::Full;
        }
        change(state.todo.entry(scope.clone()).or_default());
        if std::mem::replace(&mut state.is_served, true) { Added::Served } else { Added::Unserved }
    }

    /// The right to take what waits, which the caller got from [`Added::Unserved`]. What waits when it is dropped is given up.
    pub(super) fn serve(&self) -> Serving<'_> {
        Serving { waiting: self, has_ended: false }
    }

    /// Waits until nothing waits and nothing is being written.
    pub(super) async fn is_empty(&self) {
        self.moved.until(|| (!self.lock().is_served).then_some(())).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Serving<'w> {
    waiting: &'w Waiting,
    has_ended: bool,
}

impl Serving<'_> {
    /// All that waits; `None` when nothing does, and then the right has ended.
    pub(super) fn take(&mut self) -> Option<Todo> {
        let mut state = self.waiting.lock();
        if state.todo.is_empty() {
            (state.is_served, self.has_ended) = (false, true);
            return None;
        }
        Some(std::mem::take(&mut state.todo))
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        // After the last `take`, another one may serve already.
        if !self.has_ended {
            *self.waiting.lock() = State::default();
        }
        self.waiting.moved.moved();
    }
}
