use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eskit_runtime::log::{Append, AppendError, NewEvent, StoreErrorKind};
use eskit_runtime::{EventStore, StoreError};

use crate::backlog::{Added, Backlog, Serving, spawn, within};

/// Entries that may wait to be written.
const WAITING_MAX: usize = 4_096;
/// Entries that are written at once.
const BATCH_MAX: usize = 500;
/// How long the audit log may take.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// How often an append of unknown outcome is repeated.
const TRIES_MAX: u32 = 3;

/// What becomes of a call that cannot be noted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IfAuditFails {
    /// It is refused: nothing goes unnoted. Each read waits until the audit log has it, and hands out nothing otherwise. What changes the
    /// log is noted before it is done, as `attempted`: whether it was done is told by the log, by the ids of its events. A failure is one of
    /// the kind [`Refused`](StoreErrorKind::Refused), after 10 s at the latest.
    Refuse,
    /// It goes on. Entries are written after the call, beside it: up to 4,096 wait, what does not fit or cannot be written within 10 s is
    /// dropped and counted in [`AuditHealth::dropped`], and a kill loses those that wait.
    GoOn,
}

/// How an audit log is doing. Returned by [`Audited::health`](super::Audited::health).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct AuditHealth {
    /// Entries that were written.
    pub written: u64,
    /// Entries that wait to be written.
    pub waiting: u64,
    /// Entries that are missing: of calls that went on.
    pub dropped: u64,
    /// Calls that were refused, since they could not be noted.
    pub refused: u64,
    /// Why the audit log last failed, until something is written again.
    pub error: Option<String>,
}

/// The audit log, and what waits for it.
pub(super) struct Trail<A> {
    audit: A,
    if_it_fails: IfAuditFails,
    waiting: Backlog<Waiting>,
    health: Arc<Mutex<AuditHealth>>,
}

/// Entries that wait. They are counted as dropped, unless they are taken.
#[derive(Default)]
struct Waiting {
    events: Vec<NewEvent>,
    health: Option<Arc<Mutex<AuditHealth>>>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(health) = self.health.as_ref().filter(|_| !self.events.is_empty()) {
            dropped(&mut lock(health), self.events.len(), "the task that writes them has ended");
        }
    }
}

fn lock(health: &Mutex<AuditHealth>) -> MutexGuard<'_, AuditHealth> {
    health.lock().unwrap_or_else(PoisonError::into_inner)
}

fn dropped(health: &mut AuditHealth, count: usize, why: &str) {
    health.dropped += count as u64;
    if health.error.replace(why.to_owned()).is_none() {
        #[cfg(feature = "tracing")]
        tracing::warn!(target: "eskit", "the audit log lacks entries: {why}");
    }
}

impl<A: EventStore + 'static> Trail<A> {
    pub(super) fn new(audit: A, if_it_fails: IfAuditFails) -> Trail<A> {
        Trail { audit, if_it_fails, waiting: Backlog::new(), health: Arc::default() }
    }

    pub(super) fn refuses(&self) -> bool {
        self.if_it_fails == IfAuditFails::Refuse
    }

    pub(super) fn health(&self) -> AuditHealth {
        let waiting = self.waiting.look(|waiting| waiting.events.len()) as u64;
        AuditHealth { waiting, ..lock(&self.health).clone() }
    }

    pub(super) async fn written(&self) {
        self.waiting.is_done().await;
    }

    /// Has an entry written: now, or beside the caller.
    pub(super) async fn note(self: &Arc<Self>, event: NewEvent) -> Result<(), StoreError> {
        if !self.refuses() {
            self.add(event);
            return Ok(());
        }
        match within(WRITE_WITHIN, self.write(vec![event])).await {
            Ok(()) => Ok(()),
            Err(why) => {
                let mut health = lock(&self.health);
                (health.refused, health.error) = (health.refused + 1, Some(why.clone()));
                let text = format!("the audit log did not take an entry, and without one the call is refused: {why}");
                Err(StoreError::new(StoreErrorKind::Refused, text))
            }
        }
    }

    fn add(self: &Arc<Self>, event: NewEvent) {
        let added = self.waiting.add(|waiting| {
            let has_room = waiting.events.len() < WAITING_MAX;
            if has_room {
                waiting.events.push(event);
                waiting.health.get_or_insert_with(|| Arc::clone(&self.health));
            }
            has_room
        });
        match added {
            Added::Served => {}
            Added::Full => dropped(&mut lock(&self.health), 1, "too many entries wait to be written"),
            Added::Unserved(serving) => {
                let own = Arc::clone(self);
                spawn("eskit-audit", async move { own.serve(serving).await });
            }
        }
    }

    /// Writes what waits, until nothing does.
    async fn serve(&self, mut serving: Serving<Waiting>) {
        while let Some(mut waiting) = serving.take() {
            while !waiting.events.is_empty() {
                let count = waiting.events.len().min(BATCH_MAX);
                let events = waiting.events.drain(..count).collect();
                // Counted as dropped if this task is dropped.
                let mut batch = Waiting { events, health: waiting.health.clone() };
                let written = within(WRITE_WITHIN, self.write(batch.events.clone())).await;
                batch.events.clear();
                if let Err(why) = written {
                    dropped(&mut lock(&self.health), count, &why);
                }
            }
        }
    }

    /// Writes entries, each once.
    async fn write(&self, events: Vec<NewEvent>) -> Result<(), StoreError> {
        let (count, append) = (events.len() as u64, Append::new(events));
        let mut tries = 0;
        loop {
            tries += 1;
            match self.audit.append(append.clone()).await {
                Ok(_) => break,
                Err(AppendError::UnknownOutcome(_)) if tries < TRIES_MAX => {}
                Err(AppendError::UnknownOutcome(error) | AppendError::Store(error)) => return Err(error),
                Err(error) => return Err(StoreError::new(StoreErrorKind::Invalid, error.to_string())),
            }
        }
        let mut health = lock(&self.health);
        (health.written, health.error) = (health.written + count, None);
        Ok(())
    }
}
