use std::sync::mpsc;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::error::Fault;

/// A thread of the store's own with a runtime of its own. Everything that talks to the server runs there, so nothing depends on whether a
/// caller's future is polled, which runtime it belongs to, or how time passes in it. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Thread {
    runtime: Handle,
    /// Ends the thread when it is dropped.
    _end: oneshot::Sender<()>,
}

impl Thread {
    /// Starts the thread.
    pub(crate) fn start() -> Result<Thread, StoreError> {
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
        let spawned = std::thread::Builder::new().name("eskit-nats".to_owned()).spawn(run);
        let built = spawned.and_then(|_| start.recv().unwrap_or_else(|_| Err(std::io::ErrorKind::BrokenPipe.into())));
        let runtime = built.map_err(|error| {
            let text = format!("cannot start the thread of a store: {error}");
            StoreError::new(StoreErrorKind::Other, text).with_source(error)
        })?;
        Ok(Thread { runtime, _end: end })
    }

    /// Starts a task that ends with the thread at the latest.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    /// Runs work on the thread, and waits for its result.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.spawn(async move {
            // The caller may have gone away.
            let _ = reply.send(work.await);
        });
        answer.await.unwrap_or_else(|_| Err(Fault::closed().into()))
    }
}
