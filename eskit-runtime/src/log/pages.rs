use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use crate::log::position::Place;
use crate::log::query::{Query, ReadOptions};
use crate::log::recorded::Page;
use crate::log::store::EventStore;
use crate::log::store::error::StoreError;

type Read<'a> = Pin<Box<dyn Future<Output = Result<Page, StoreError>> + Send + 'a>>;

/// All pages of one read, one after another. It requests the next page before it returns one, so a store with threads of its own
/// reads while the caller decodes. Needs no async runtime, and holds at most two pages.
///
/// Each page continues from the place at which the previous one ended, so the pages never mix a log with one that replaced it.
///
/// ```
/// # use eskit_runtime as eskit;
/// # use eskit::log::{Pages, Query, ReadOptions};
/// # use eskit::{EventStore, StoreError};
/// # async fn count(store: &impl EventStore) -> Result<usize, StoreError> {
/// let mut events = 0;
/// let mut pages = Pages::new(store, Query::all(), ReadOptions::default());
/// while let Some(page) = pages.next().await? {
///     events += page.len();
/// }
/// # Ok(events) }
/// ```
pub struct Pages<'a, S> {
    store: &'a S,
    query: Arc<Query>,
    options: ReadOptions,
    next: Next<'a>,
    head: Place,
}

enum Next<'a> {
    /// A read that was not asked for yet.
    Unasked,
    Asked(Read<'a>),
    Answered(Result<Page, StoreError>),
    Done,
}

impl<'a, S: EventStore> Pages<'a, S> {
    /// The pages of this read; nothing is read before the first call of [`Pages::next`].
    pub fn new(store: &'a S, query: impl Into<Arc<Query>>, options: ReadOptions) -> Pages<'a, S> {
        Pages { store, query: query.into(), options, next: Next::Unasked, head: Place::START }
    }

    /// The events of the next page, in the read's direction; `None` after the last page. Dropping the future loses nothing: the
    /// next call continues.
    ///
    /// # Errors
    /// As for [`EventStore::read`]; [`Replaced`](crate::log::StoreErrorKind::Replaced) if the log no longer holds the end of the previous
    /// page. The next call tries the same page again.
    pub async fn next(&mut self) -> Result<Option<Vec<crate::log::recorded::RecordedEvent>>, StoreError> {
        if matches!(self.next, Next::Unasked) {
            self.next = Next::Asked(self.ask());
        }
        let answer = match &mut self.next {
            Next::Asked(read) => {
                let answer = read.await;
                self.next = Next::Unasked;
                answer
            }
            _ => match std::mem::replace(&mut self.next, Next::Unasked) {
                Next::Answered(answer) => answer,
                _ => {
                    self.next = Next::Done;
                    return Ok(None);
                }
            },
        };
        let page = answer?;
        self.head = page.head;
        match page.events.last() {
            Some(last) if page.more => {
                self.options = self.options.following(last);
                self.start().await;
            }
            _ => self.next = Next::Done,
        }
        Ok(if page.events.is_empty() { None } else { Some(page.events) })
    }

    /// The last event of the log at the time of the page that was returned last. After the last page, every match up to there has
    /// been returned.
    pub fn head(&self) -> Place {
        self.head
    }

    /// Whether the page that was returned last is the last one.
    pub fn is_at_end(&self) -> bool {
        matches!(self.next, Next::Done)
    }

    fn ask(&self) -> Read<'a> {
        let (store, query, options) = (self.store, Arc::clone(&self.query), self.options);
        Box::pin(async move { store.read(&query, options).await })
    }

    /// Asks for the next page without waiting for it.
    async fn start(&mut self) {
        let mut read = self.ask();
        let polled = poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await;
        self.next = match polled {
            Poll::Ready(answer) => Next::Answered(answer),
            Poll::Pending => Next::Asked(read),
        };
    }
}

impl<S> fmt::Debug for Pages<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("query", &self.query).field("options", &self.options).finish_non_exhaustive()
    }
}
