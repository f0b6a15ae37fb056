//! One reader for all subscriptions of an app: it waits for new events, reads them once, and keeps the newest for a moment.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use eskit_runtime::execute::Sleep;
use eskit_runtime::log::{Direction, Page, Pages, Place, Query, ReadOptions, StoreErrorKind};
use eskit_runtime::store_kit::HeadWatch;
use eskit_runtime::{EventStore, RecordedEvent, StoreError, delegate_store};

use crate::sleep::Timer;

/// How long events are served from memory after they were read. A subscriber that comes later reads for itself, so that it does not
/// see events that were deleted meanwhile.
const FRESH: Duration = Duration::from_secs(1);
/// The most events that are kept.
const EVENTS_MAX: usize = 4096;
/// The most bytes of events that are kept.
const BYTES_MAX: usize = 16 << 20;
/// How long to wait after a failure.
const REST: Duration = Duration::from_millis(250);

/// A store around the store of an app. Calls of `watch` wait for [`Tail::follow`], and reads of the newest events are answered with
/// what it has read.
pub(crate) struct Tail<S> {
    store: Arc<S>,
    kept: Mutex<Kept>,
    moved: HeadWatch,
}

#[derive(Default)]
struct Kept {
    /// The last event of the log, as of the last look; `None` before the first one.
    head: Option<Place>,
    /// Where the kept events begin: behind this place.
    start: Place,
    events: VecDeque<(Instant, RecordedEvent)>,
    bytes: usize,
    /// The last failure, which those who wait are told, and how many there were.
    failure: Option<(StoreErrorKind, String)>,
    failures: u64,
}

impl<S: EventStore> Tail<S> {
    pub(crate) fn new(store: Arc<S>) -> Tail<S> {
        Tail { store, kept: Mutex::default(), moved: HeadWatch::default() }
    }

    /// Follows the log for as long as it is polled.
    pub(crate) async fn follow(&self) {
        loop {
            if let Err(error) = self.look().await {
                self.fail(&error);
                Timer.sleep(REST).await;
            }
        }
    }

    /// Forgets everything, and tells those who wait.
    fn fail(&self, error: &StoreError) {
        let mut kept = self.lock();
        let (failure, failures) = (Some((error.kind(), error.to_string())), kept.failures + 1);
        *kept = Kept { failure, failures, ..Kept::default() };
        drop(kept);
        self.moved.moved();
    }

    /// Waits for new events, and keeps them.
    async fn look(&self) -> Result<(), StoreError> {
        let known = self.lock().head;
        let Some(known) = known else {
            let head = self.store.head().await?;
            let mut kept = self.lock();
            (kept.head, kept.start) = (Some(head), head);
            drop(kept);
            self.moved.moved();
            return Ok(());
        };
        let head = self.store.watch(known).await?;
        if head.position <= known.position {
            return Ok(());
        }
        let mut pages =
            Pages::new(&*self.store, Query::all(), ReadOptions::default().after(known).until(head.position));
        while let Some(page) = pages.next().await? {
            self.lock().keep(page);
        }
        self.lock().head = Some(head);
        self.moved.moved();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, page: Vec<RecordedEvent>) {
        let now = Instant::now();
        for event in page {
            self.bytes += event.size_bytes();
            self.events.push_back((now, event));
        }
        let is_stale = |kept: &(Instant, RecordedEvent)| now.duration_since(kept.0) > FRESH;
        while let Some(oldest) = self.events.front()
            && (self.events.len() > EVENTS_MAX || self.bytes > BYTES_MAX || is_stale(oldest))
        {
            self.bytes = self.bytes.saturating_sub(oldest.1.size_bytes());
            self.start = oldest.1.place();
            self.events.pop_front();
        }
    }

    /// The page that a read asks for, if everything after its start is kept.
    fn page(&self, query: &Query, options: &ReadOptions) -> Option<Page> {
        let head = self.head?;
        let is_simple =
            options.direction == Direction::Forward && options.until.is_none() && options.versions().is_none();
        let from = match options.holds {
            holds if holds == self.start => 0,
            holds => 1 + self.events.binary_search_by_key(&holds.position, |(_, event)| event.position).ok()?,
        };
        let is_held = from == 0 || self.events.get(from - 1).is_some_and(|(_, event)| event.place() == options.holds);
        let is_fresh = self.events.get(from).is_none_or(|(read, _)| read.elapsed() <= FRESH);
        if !(is_simple && is_held && is_fresh && options.after == options.holds.position) {
            return None;
        }
        let mut rest =
            self.events.range(from..).map(|(_, event)| event).take_while(|event| event.position <= head.position);
        let mut events: Vec<RecordedEvent> = Vec::new();
        for event in rest.by_ref().filter(|event| query.matches(event)) {
            if events.len() == options.page_len() {
                return Some(Page::new(events, true, head));
            }
            events.push(event.clone());
        }
        Some(Page::new(events, false, head))
    }
}

impl<S: EventStore> EventStore for Tail<S> {
    delegate_store!(|tail| &*tail.store, except read, watch);

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        let kept = self.lock().page(query, &options);
        match kept {
            Some(page) => Ok(page),
            None => self.store.read(query, options).await,
        }
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        let failures = self.lock().failures;
        let look = || {
            let kept = self.lock();
            match &kept.failure {
                Some((kind, text)) if kept.failures != failures => Some(Err(StoreError::new(*kind, text.clone()))),
                _ => kept.head.filter(|head| head.position > after.position).map(Ok),
            }
        };
        self.moved.until(look).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use eskit_runtime::log::{Append, NewEvent, Position, QueryItem};

    use super::*;
    use crate::memory::MemoryStore;

    /// A store that counts its reads.
    struct Counted {
        store: MemoryStore,
        reads: AtomicU32,
    }

    impl EventStore for Counted {
        delegate_store!(|counted| &counted.store, except read);

        async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            self.store.read(query, options).await
        }
    }

    async fn append(store: &MemoryStore, names: &[&str]) -> Place {
        let events = names.iter().map(|name| NewEvent::json(format!("test.{name}"), "{}")).collect();
        store.append(Append::new(events)).await.unwrap();
        store.head().await.unwrap()
    }

    async fn names(tail: &Tail<Counted>, after: Place, only: &str) -> (Vec<u64>, u64) {
        let query = Query::from(QueryItem::types([format!("test.{only}")]));
        let page = tail.read(&query, ReadOptions::default().after(after)).await.unwrap();
        (page.events.iter().map(|event| event.position.get()).collect(), page.head.position.get())
    }

    #[tokio::test]
    async fn new_events_are_read_once_for_all() {
        let store = MemoryStore::new();
        let begun = append(&store, &["A", "B"]).await;
        let tail = Tail::new(Arc::new(Counted { store: store.clone(), reads: AtomicU32::new(0) }));
        tail.look().await.unwrap();
        let head = append(&store, &["A", "B", "A"]).await;
        tail.look().await.unwrap();
        assert_eq!(tail.watch(begun).await.unwrap(), head);
        let reads = tail.store.reads.load(Ordering::Relaxed);
        for _ in 0..10 {
            assert_eq!(names(&tail, begun, "A").await, (vec![3, 5], 5));
            assert_eq!(names(&tail, begun, "B").await, (vec![4], 5));
            assert_eq!(names(&tail, head, "A").await, (vec![], 5));
        }
        assert_eq!((reads, tail.store.reads.load(Ordering::Relaxed)), (1, 1));
        // What came before is read from the log, and so is what the log no longer holds: it says so.
        assert_eq!(names(&tail, Place::START, "A").await, (vec![1, 3, 5], 5));
        assert_eq!(tail.store.reads.load(Ordering::Relaxed), 2);
        let other = Place::new(Position::new(4), eskit_runtime::log::EventId::new());
        let read = tail.read(&Query::all(), ReadOptions::default().after(other)).await;
        assert_eq!(read.unwrap_err().kind(), StoreErrorKind::Replaced);
    }

    #[tokio::test]
    async fn a_log_that_was_replaced_wakes_those_who_wait() {
        let store = MemoryStore::new();
        append(&store, &["A"]).await;
        let backup = store.backup();
        let head = append(&store, &["A"]).await;
        let tail = Arc::new(Tail::new(Arc::new(Counted { store: store.clone(), reads: AtomicU32::new(0) })));
        let following = tokio::spawn({
            let tail = Arc::clone(&tail);
            async move { tail.follow().await }
        });
        let waiting = tokio::spawn({
            let tail = Arc::clone(&tail);
            async move { tail.watch(head).await.unwrap_err().kind() }
        });
        while tail.lock().head.is_none() {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        store.restore(&backup);
        assert_eq!(waiting.await.unwrap(), StoreErrorKind::Replaced);
        following.abort();
    }

    #[tokio::test]
    async fn what_is_kept_has_a_bound() {
        let store = MemoryStore::new();
        let tail = Tail::new(Arc::new(Counted { store: store.clone(), reads: AtomicU32::new(0) }));
        tail.look().await.unwrap();
        for _ in 0..6 {
            append(&store, &["A"; 1000]).await;
            tail.look().await.unwrap();
        }
        let kept = tail.lock();
        assert_eq!((kept.events.len(), kept.start.position), (EVENTS_MAX, Position::new(6000 - EVENTS_MAX as u64)));
        assert_eq!(kept.bytes, kept.events.iter().map(|(_, event)| event.size_bytes()).sum::<usize>());
    }
}
