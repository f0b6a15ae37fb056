use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::store_kit::contain;
use futures_util::future::{Either, select};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::error::Fault;

/// How long work goes on after its caller gave up. Most statements end within it, which spares their connection.
const GIVEN_UP_GRACE: Duration = Duration::from_millis(100);

/// A thread of the store's own with a runtime of its own. Everything that talks to the database runs there, so no connection
/// and no lock depends on whether a caller's future is polled, which runtime it belongs to, or how time passes in it.
pub(crate) struct Background {
    runtime: Handle,
    /// Ends the thread when it is sent or dropped.
    end: Option<oneshot::Sender<()>>,
    /// The process that has the thread: a fork has none.
    process: u32,
}

impl Background {
    /// Starts the thread.
    pub(crate) fn start() -> Result<Background, StoreError> {
        let (started, start) = mpsc::sync_channel(1);
        let (end, ended) = oneshot::channel::<()>();
        // The runtime is built where it ends: it must not be dropped in the runtime of a caller.
        let run = move || match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                // Received below; sent or dropped, the end is the same.
                let _ = started.send(Ok(runtime.handle().clone()));
                let _ = runtime.block_on(ended);
                // Does not wait for the look-up of a host name, which cannot be interrupted.
                runtime.shutdown_background();
            }
            Err(error) => drop(started.send(Err(error))),
        };
        let spawned = std::thread::Builder::new().name("eskit-postgres".to_owned()).spawn(run);
        let built = spawned.and_then(|_| start.recv().unwrap_or_else(|_| Err(std::io::ErrorKind::BrokenPipe.into())));
        let runtime = built.map_err(|error| {
            let text = format!("cannot start the thread of a store: {error}");
            StoreError::new(StoreErrorKind::Other, text).with_source(error)
        })?;
        Ok(Background { runtime, end: Some(end), process: std::process::id() })
    }

    /// Whether this process has the thread.
    pub(crate) fn is_here(&self) -> bool {
        self.process == std::process::id()
    }

    /// Refuses a call in a process that was forked from the one that has the thread.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.is_here() { Ok(()) } else { Err(Fault::Forked) }
    }

    /// Where tasks are spawned.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Runs work on the thread, and waits for its result. When this future is dropped, the work is dropped a little later.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Fault>> + Send + 'static,
    {
        self.check()?;
        let (mut reply, answer) = oneshot::channel();
        self.runtime.spawn(async move {
            let done = {
                let given_up = async {
                    reply.closed().await;
                    tokio::time::sleep(GIVEN_UP_GRACE).await;
                };
                match select(pin!(work), pin!(given_up)).await {
                    Either::Left((result, _)) => Some(result),
                    Either::Right(_) => None,
                }
            };
            if let Some(result) = done {
                // The caller may have gone away, or panic as it is woken.
                let _ = contain(|| reply.send(result));
            }
        });
        answer.await.unwrap_or(Err(Fault::Closed))
    }

    /// Ends the thread after some last work.
    pub(crate) fn end_after(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        let Some(end) = self.end.take() else { return };
        self.runtime.spawn(async move {
            work.await;
            // The thread waits for it, so it hears.
            let _ = end.send(());
        });
    }

    /// Leaves the thread alone: a fork has a copy of its locks, which nobody will ever open.
    pub(crate) fn forget(&mut self) {
        std::mem::forget(self.end.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_dropped_after_its_caller_has_gone() {
        let background = Background::start().unwrap();
        let (alive, mut dropped) = oneshot::channel::<()>();
        let work = async move {
            let _alive = alive;
            std::future::pending::<Result<(), Fault>>().await
        };
        assert!(tokio::time::timeout(Duration::from_millis(20), background.run(work)).await.is_err());
        assert!(dropped.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Empty));
        assert!(tokio::time::timeout(Duration::from_secs(10), dropped).await.unwrap().is_err());
    }

    #[tokio::test]
    async fn another_process_is_refused() {
        let mut background = Background::start().unwrap();
        background.process = 0;
        assert!(matches!(background.run(async { Ok(()) }).await, Err(Fault::Forked)));
        background.forget();
    }
}
