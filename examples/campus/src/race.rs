use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use eskit::log::{Append, AppendError, Appended, Conflict, Page, Query, ReadOptions};
use eskit::prelude::*;
use eskit::{StoreError, delegate_store};
use tokio::sync::Barrier;

/// The store as one runner of a race sees it: notes what the runner does, and lets it go on from its first read only when
/// every runner has read. So their decisions rest on the same state, and all but one of their appends must conflict.
pub(crate) struct Lane<S> {
    runner: &'static str,
    store: S,
    start: Arc<Barrier>,
    notes: Notes,
    attempts: AtomicU32,
}

/// What the runners did, in the order in which it happened.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S> Lane<S> {
    pub(crate) fn new(runner: &'static str, store: S, start: &Arc<Barrier>, notes: &Notes) -> Lane<S> {
        Lane { runner, store, start: Arc::clone(start), notes: notes.clone(), attempts: AtomicU32::new(0) }
    }

    fn note(&self, attempt: u32, text: &str) {
        self.notes.add(format!("{:<4} attempt {attempt}  {text}", self.runner));
    }
}

impl<S: EventStore> EventStore for Lane<S> {
    delegate_store!(|layer| &layer.store, except append, read);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let result = self.store.append(append).await;
        let attempt = self.attempts.load(Ordering::Relaxed);
        match &result {
            Ok(appended) => self.note(attempt, &format!("appends → #{}", appended.last())),
            Err(AppendError::Conflict(Conflict { event: Some(event), .. })) => {
                self.note(attempt, &format!("conflict: #{} {} came first", event.position, event.name));
            }
            Err(error) => self.note(attempt, &error.to_string()),
        }
        result
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        let result = self.store.read(query, options).await;
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed) + 1;
        if let Ok(page) = &result {
            let (events, more) = (page.events.len(), if attempt == 1 { "" } else { " more" });
            let noun = if events == 1 { "event" } else { "events" };
            self.note(attempt, &format!("reads {events}{more} {noun}, decides"));
        }
        if attempt == 1 {
            self.start.wait().await;
        }
        result
    }
}
