use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use eskit_runtime::log::{Append, Position, Query, ReadOptions};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent, StoreError};
use tokio::sync::Semaphore;

use super::check;
use super::sent::{APPEND, Sent, append, is_unknown};
use crate::failure::{Failure, Outcome, same};
use crate::rng::Rng;
use crate::sample::with_tags;

/// Callers that append at the same time.
pub(super) const CALLERS: u64 = 6;
/// Appends that are refused until a caller gives up.
const REFUSALS: u32 = 3;
/// Appends that are confirmed after the fault began until a caller waits for no refusal any more.
const LATE: u32 = 20;

/// What the tasks of one storm share.
#[derive(Debug)]
pub(super) struct Storm {
    /// One permit for each answer.
    pub(super) answers: Semaphore,
    /// The fault is about to begin: from now on a refusal may be its work.
    pub(super) is_due: AtomicBool,
    pub(super) has_begun: AtomicBool,
    /// Callers that have not given up.
    callers: AtomicU64,
    confirmed: Mutex<Vec<Vec<RecordedEvent>>>,
}

impl Storm {
    pub(super) fn new() -> Storm {
        Storm {
            answers: Semaphore::new(0),
            is_due: AtomicBool::new(false),
            has_begun: AtomicBool::new(false),
            callers: AtomicU64::new(CALLERS),
            confirmed: Mutex::default(),
        }
    }

    /// One caller: appends until it was refused often enough.
    pub(super) async fn call(&self, store: &AnyStore, mut rng: Rng, caller: u64) -> Result<Vec<Sent>, Failure> {
        let (mut all, mut refusals, mut late) = (Vec::new(), 0, 0);
        while refusals < REFUSALS && late < LATE {
            let sent = self.send(store, append(&mut rng, caller), rng.chance(50)).await?;
            match sent.confirmed() {
                Some(events) => {
                    late += u32::from(sent.is_late);
                    self.confirmed.lock().unwrap_or_else(PoisonError::into_inner).push(events);
                }
                None => refusals += 1,
            }
            all.push(sent);
            // A store that answers without waiting for anything would leave no thread to those who begin the fault.
            tokio::task::yield_now().await;
        }
        self.callers.fetch_sub(1, Ordering::SeqCst);
        Ok(all)
    }

    /// Sends an append, and perhaps once more if its outcome is unknown.
    async fn send(&self, store: &AnyStore, append: Append, is_stubborn: bool) -> Result<Sent, Failure> {
        let is_late = self.has_begun.load(Ordering::SeqCst);
        let answer = store.append(append.clone()).await;
        self.answers.add_permits(1);
        let is_due = self.is_due.load(Ordering::SeqCst);
        let answer = match answer {
            Err(error) if !is_due => return Err(Failure::from(error).during("while the disk was whole")),
            answer => answer,
        };
        let is_unknown = answer.as_ref().is_err_and(is_unknown);
        let mut sent = Sent::new(append, answer, is_late);
        if is_unknown && is_stubborn {
            sent.answers.push(store.append(sent.append.clone()).await);
        }
        Ok(sent)
    }

    /// One reader: looks at the log behind `after` until all callers have given up, and once more.
    pub(super) async fn read_on(&self, store: &AnyStore, after: Position) -> Outcome {
        loop {
            let is_last = self.callers.load(Ordering::SeqCst) == 0;
            let confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner).clone();
            // A read may fail while the disk does. It must not be wrong.
            if let Ok(found) = behind(store, after).await {
                check::holds(&found, confirmed.iter().map(Vec::as_slice))?;
                check::whole(&found)?;
            }
            if let Some(last) = confirmed.last() {
                let key = last[0].tags.values(APPEND).next().unwrap_or_default();
                let page = store.read(&with_tags(&[(APPEND, key)]).into(), ReadOptions::default()).await;
                if let Ok(page) = page {
                    same("the events of a confirmed append, found by their tag", &page.events, last)?;
                }
            }
            if is_last {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// The log behind a position.
async fn behind(store: &AnyStore, after: Position) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut options = ReadOptions::default().after(after);
    let mut all = Vec::new();
    loop {
        let page = store.read(&Query::all(), options).await?;
        let last = page.events.last().map(|event| event.position);
        all.extend(page.events);
        match last {
            Some(last) if page.more => options = options.following(last),
            _ => return Ok(all),
        }
    }
}
