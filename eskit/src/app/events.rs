use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use eskit_runtime::execute::Sleep;
use eskit_runtime::log::{Place, Query, ReadOptions};
use eskit_runtime::model::EventSet;
use eskit_runtime::subscription::Start;
use eskit_runtime::{EventStore, RecordedEvent, RetryPolicy, StoreError};
use futures_core::Stream;

use super::App;
use crate::sleep::Timer;

impl<S: EventStore + 'static> App<S> {
    /// The events of a type, or of an enum of events, from a place on and then as they come: for a page that shows what happens, or for
    /// a connection to another program. Nothing is remembered of how far it came: what must not miss an event over a restart is a
    /// [processor](mod@crate::processor).
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// use eskit::subscription::Start;
    ///
    /// #[derive(Event, Serialize, Deserialize)]
    /// pub struct OrderPaid { #[tag] pub order: u64 }
    /// # #[derive(Command)] pub struct Pay { #[tag] pub order: u64 }
    /// # #[aggregate(tag = "order")] #[derive(Default)] pub struct Order { payments: u32 }
    /// # #[decider] impl Order {
    /// #     #[evolve] fn paid(&mut self, _: &OrderPaid) { self.payments += 1 }
    /// #     #[decide] fn pay(&self, c: &Pay) -> OrderPaid { OrderPaid { order: c.order } }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::new(MemoryStore::new());
    /// let mut events = app.events::<OrderPaid>(Start::Beginning);
    /// app.execute(Pay { order: 17 }).await?;
    /// let event = events.next().await?;
    /// assert_eq!(event.decode::<OrderPaid>()?.order, 17);
    /// # Ok(()) }
    /// ```
    ///
    /// `Start::Now` is the moment of the first call of [`Events::next`]. A slow reader loses nothing and costs no memory: it holds one
    /// page, and its place in the log.
    pub fn events<E: EventSet>(&self, start: Start) -> Events {
        let cursor =
            Cursor { store: Arc::clone(&self.bus.store), query: Arc::new(Query::of::<E>()), start, failures: 0 };
        Events { page: Vec::new().into_iter(), reading: cursor.read() }
    }
}

/// The events of a log as they come, as a [`Stream`] that does not end. Returned by [`App::events`].
pub struct Events {
    page: std::vec::IntoIter<RecordedEvent>,
    reading: Reading,
}

/// The next page, and what reads the one after it.
type Reading = Pin<Box<dyn Future<Output = (Result<Vec<RecordedEvent>, StoreError>, Next)> + Send>>;

/// Begins to read the next page.
struct Next(Box<dyn FnOnce() -> Reading + Send>);

impl Events {
    /// Waits for the next event. A call that is dropped before it completes loses nothing.
    ///
    /// # Errors
    /// The log cannot be read. The next call tries again, after a wait that grows to 30 s; for an error of the kind
    /// [`Replaced`](crate::log::StoreErrorKind::Replaced) that does not help.
    pub async fn next(&mut self) -> Result<RecordedEvent, StoreError> {
        poll_fn(|context| self.poll_event(context)).await
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Result<RecordedEvent, StoreError>> {
        loop {
            if let Some(event) = self.page.next() {
                return Poll::Ready(Ok(event));
            }
            let (page, next) = ready!(self.reading.as_mut().poll(context));
            self.reading = next.0();
            self.page = page?.into_iter();
        }
    }
}

impl Stream for Events {
    type Item = Result<RecordedEvent, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_event(context).map(Some)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("at_hand", &self.page.len()).finish_non_exhaustive()
    }
}

/// A place in a log, from which it is read on.
struct Cursor<S> {
    store: Arc<S>,
    query: Arc<Query>,
    start: Start,
    /// How often in a row the log could not be read.
    failures: u32,
}

impl<S: EventStore + 'static> Cursor<S> {
    fn read(mut self) -> Reading {
        Box::pin(async move {
            if self.failures > 0 {
                let waits = RetryPolicy::never().with_delays(Duration::from_millis(50), Duration::from_secs(30));
                Timer.sleep(waits.delay(self.failures)).await;
            }
            let page = self.page().await;
            self.failures = if page.is_ok() { 0 } else { self.failures + 1 };
            (page, Next(Box::new(|| self.read())))
        })
    }

    /// The next events, as soon as there are some.
    async fn page(&mut self) -> Result<Vec<RecordedEvent>, StoreError> {
        loop {
            let place = match self.start {
                Start::Beginning => Place::START,
                Start::Now => self.store.head().await?,
                Start::After(place) => place,
            };
            self.start = Start::After(place);
            let page = self.store.read(&self.query, ReadOptions::default().after(place)).await?;
            if let Some(last) = page.events.last() {
                self.start = Start::After(last.place());
                return Ok(page.events);
            }
            self.start = Start::After(page.head);
            self.store.watch(page.head).await?;
        }
    }
}
