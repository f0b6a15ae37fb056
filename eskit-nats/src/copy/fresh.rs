use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, oneshot};

use crate::api::jetstream::JetStream;
use crate::copy::log_copy::LogCopy;
use crate::error::Fault;

/// The pause before the leader is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// Brings the copy up to the end of the stream, for readers: whatever was acknowledged before they asked is in what they read then.
pub(crate) struct Freshener {
    pub(crate) jetstream: JetStream,
    pub(crate) stream: String,
    pub(crate) copy: Arc<LogCopy>,
    /// Makes the feed look at the stream anew.
    pub(crate) again: Arc<Notify>,
    /// How long a reader waits.
    pub(crate) limit: Duration,
}

/// A reader that waits until the copy is fresh.
pub(crate) type Waiting = oneshot::Sender<Result<(), Fault>>;

impl Freshener {
    /// Serves readers until there can be no more. All that wait share one question to the leader.
    pub(crate) async fn serve(self, mut readers: mpsc::Receiver<Waiting>) {
        while let Some(first) = readers.recv().await {
            let mut waiting = vec![first];
            while let Ok(next) = readers.try_recv() {
                waiting.push(next);
            }
            let answer = self.freshen().await.map(drop);
            for reader in waiting {
                // It may have gone away.
                let _ = reader.send(answer.clone());
            }
        }
    }

    /// Brings the copy up to the end of the stream as the leader knows it, and returns that.
    pub(crate) async fn freshen(&self) -> Result<u64, Fault> {
        let started = Instant::now();
        loop {
            let fault = match self.try_freshen().await {
                Ok(last) => return Ok(last),
                Err(fault) if !fault.is_transient() || started.elapsed() >= self.limit => return Err(fault),
                Err(fault) => fault,
            };
            drop(fault);
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn try_freshen(&self) -> Result<u64, Fault> {
        let state = self.jetstream.stream_state(&self.stream).await;
        let state = state.map_err(|refusal| refusal.fault("find the end of the log"))?;
        let read = self.copy.state().sequence;
        if state.last < read {
            // It was replaced by a shorter one.
            self.again.notify_one();
            return Err(Fault::unavailable(format!(
                "the stream ends at message {}, but {read} were read; it is read anew",
                state.last
            )));
        }
        let reached = tokio::time::timeout(self.limit, self.copy.reach(state.last)).await;
        reached.map_err(|_| {
            let read = self.copy.state().sequence;
            let seconds = self.limit.as_secs_f32();
            Fault::unavailable(format!(
                "after {seconds} s, {read} of {} messages of the stream were read\nhelp: check the connection, or raise `read_timeout`",
                state.last
            ))
        })??;
        Ok(state.last)
    }
}
