//! A store that does, at an append, what a script says: another writer comes first, or an answer gets lost.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use eskit::log::{Append, AppendError, Appended, NewEvent, Page, Pages, Query, ReadOptions, StoreErrorKind};
use eskit::model::Emit;
use eskit::{EventStore, MemoryStore, RecordedEvent, StoreError, delegate_store};

/// What happens at one append.
#[derive(Debug)]
pub enum Step {
    /// Another writer appends these events first.
    Rival(Append),
    /// The append goes through, but its answer is lost.
    LoseAnswer,
    /// The append is lost on its way, and so is the answer.
    LoseRequest,
    /// The store fails.
    Fail(StoreErrorKind),
}

/// A store in memory with a script: one step for each append, and after the last step nothing special.
#[derive(Debug, Default)]
pub struct Scripted {
    inner: MemoryStore,
    steps: Mutex<VecDeque<Step>>,
    reads: Mutex<VecDeque<Option<Append>>>,
    appends: Mutex<Vec<Append>>,
    asked: Mutex<Vec<ReadOptions>>,
}

impl Scripted {
    /// An empty store without a script.
    pub fn new() -> Scripted {
        Scripted::default()
    }

    /// Sets what happens at the next appends.
    pub fn script(&self, steps: impl IntoIterator<Item = Step>) {
        *lock(&self.steps) = steps.into_iter().collect();
    }

    /// Sets what another writer appends before the next reads, if anything.
    pub fn script_reads(&self, rivals: impl IntoIterator<Item = Option<Append>>) {
        *lock(&self.reads) = rivals.into_iter().collect();
    }

    /// How many steps did not happen yet.
    pub fn steps_left(&self) -> usize {
        lock(&self.steps).len() + lock(&self.reads).len()
    }

    /// The reads that were asked for since the last call, in order.
    pub fn take_reads(&self) -> Vec<ReadOptions> {
        std::mem::take(&mut *lock(&self.asked))
    }

    /// The appends that were asked for since the last call, in order.
    pub fn take_appends(&self) -> Vec<Append> {
        std::mem::take(&mut *lock(&self.appends))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lost() -> AppendError {
    AppendError::UnknownOutcome(StoreError::new(StoreErrorKind::Unavailable, "the connection broke"))
}

impl EventStore for Scripted {
    delegate_store!(|layer| &layer.inner, except append, read);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        lock(&self.appends).push(append.clone());
        let step = lock(&self.steps).pop_front();
        match step {
            None => self.inner.append(append).await,
            Some(Step::Rival(rival)) => {
                self.inner.append(rival).await?;
                self.inner.append(append).await
            }
            Some(Step::LoseAnswer) => {
                self.inner.append(append).await?;
                Err(lost())
            }
            Some(Step::LoseRequest) => Err(lost()),
            Some(Step::Fail(kind)) => Err(AppendError::Store(StoreError::new(kind, "the store failed by script"))),
        }
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        lock(&self.asked).push(options);
        let rival = lock(&self.reads).pop_front().flatten();
        if let Some(rival) = rival {
            let broken =
                |error: AppendError| StoreError::new(StoreErrorKind::Other, "the rival failed").with_source(error);
            self.inner.append(rival).await.map_err(broken)?;
        }
        self.inner.read(query, options).await
    }
}

/// The encoded form of events.
///
/// # Panics
/// An event cannot be encoded.
pub fn encode(events: impl Emit) -> Vec<NewEvent> {
    match NewEvent::encode(&events) {
        Ok(events) => events,
        Err(error) => panic!("{error}"),
    }
}

/// Appends events without conditions.
pub fn rival(events: impl Emit) -> Step {
    Step::Rival(Append::new(encode(events)))
}

/// Every event of a store.
///
/// # Errors
/// The store fails.
pub async fn log<S: EventStore>(store: &S) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut pages = Pages::new(store, Query::all(), ReadOptions::default());
    let mut events = Vec::new();
    while let Some(page) = pages.next().await? {
        events.extend(page);
    }
    Ok(events)
}

/// The wire names of events, without their first part.
pub fn names(events: &[RecordedEvent]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str().rsplit('.').next().unwrap_or_default()).collect()
}
