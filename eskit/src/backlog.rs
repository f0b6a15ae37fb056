//! What is done beside the callers who ask for it, by a task that ends when nothing is left.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eskit_runtime::__private::{First, first};
use eskit_runtime::StoreError;
use eskit_runtime::execute::Sleep;
use eskit_runtime::store_kit::{HeadWatch, contain_polls};

use crate::block_on::block_on;
use crate::sleep::Timer;

/// What waits to be done, and whether a task does it. Clones share everything.
pub(crate) struct Backlog<T>(Arc<Inner<T>>);

struct Inner<T> {
    state: Mutex<State<T>>,
    moved: HeadWatch,
}

#[derive(Default)]
struct State<T> {
    todo: T,
    has_some: bool,
    is_served: bool,
}

/// What [`Backlog::add`] says.
pub(crate) enum Added<T: Default> {
    /// A task will take it.
    Served,
    /// The caller must start a task that takes it.
    Unserved(Serving<T>),
    /// There is no room.
    Full,
}

impl<T: Default> Backlog<T> {
    pub(crate) fn new() -> Backlog<T> {
        Backlog(Arc::new(Inner { state: Mutex::default(), moved: HeadWatch::default() }))
    }

    /// Adds to what waits. `change` says whether there was room.
    pub(crate) fn add(&self, change: impl FnOnce(&mut T) -> bool) -> Added<T> {
        let mut state = self.0.lock();
        if !change(&mut state.todo) {
            return Added::Full;
        }
        state.has_some = true;
        if std::mem::replace(&mut state.is_served, true) {
            Added::Served
        } else {
            Added::Unserved(Serving { backlog: Backlog(Arc::clone(&self.0)), has_ended: false })
        }
    }

    /// Looks at what waits.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0.lock().todo)
    }

    /// Waits until nothing waits and nothing is being done.
    pub(crate) async fn is_done(&self) {
        self.0.moved.until(|| (!self.0.lock().is_served).then_some(())).await;
    }
}

impl<T> Inner<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to take what waits. What waits when it is dropped is given up.
pub(crate) struct Serving<T: Default> {
    backlog: Backlog<T>,
    has_ended: bool,
}

impl<T: Default> Serving<T> {
    /// All that waits; `None` when nothing does, and then the right has ended.
    pub(crate) fn take(&mut self) -> Option<T> {
        let mut state = self.backlog.0.lock();
        if !std::mem::take(&mut state.has_some) {
            (state.is_served, self.has_ended) = (false, true);
            return None;
        }
        Some(std::mem::take(&mut state.todo))
    }
}

impl<T: Default> Drop for Serving<T> {
    fn drop(&mut self) {
        // After the last `take`, another one may serve already.
        if !self.has_ended {
            let given_up = std::mem::take(&mut *self.backlog.0.lock());
            drop(given_up);
        }
        self.backlog.0.moved.moved();
    }
}

/// Runs a task beside its caller: in the tokio runtime of the caller, or else on a thread of this name.
pub(crate) fn spawn(name: &str, task: impl Future<Output = ()> + Send + 'static) {
    #[cfg(any(feature = "tokio", feature = "postgres"))]
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        drop(runtime.spawn(task));
        return;
    }
    // Without a thread the task is dropped, and with it the right to serve.
    let _ = std::thread::Builder::new().name(name.to_owned()).spawn(move || block_on(task));
}

/// The answer of a place that may fail, panic, or take too long; otherwise why there is none.
pub(crate) async fn within<T>(
    limit: Duration,
    asked: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, String> {
    match first(contain_polls(asked), Timer.sleep(limit)).await {
        First::A(Ok(Ok(answer))) => Ok(answer),
        First::A(Ok(Err(error))) => Err(error.to_string()),
        First::A(Err(panic)) => Err(format!("it panicked: {panic}")),
        First::B(()) => Err(format!("it did not answer within {limit:?}")),
    }
}
