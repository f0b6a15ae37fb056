use std::sync::Arc;

use crate::log::bounds::PAGE_EVENTS_MAX;
use crate::log::lifecycle::StreamInfo;
use crate::log::name::WireName;
use crate::log::stream::StreamId;

/// Which streams to list: those of one type, in the order of their ids, a page at a time.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::log::ListStreams;
/// use eskit::{EventStore, StoreError};
///
/// /// Prints every account that takes events.
/// async fn print_open(store: &impl EventStore) -> Result<(), StoreError> {
///     let mut next = Some(ListStreams::of_type("account"));
///     while let Some(list) = next {
///         let page = store.list_streams(&list).await?;
///         for listed in page.streams.iter().filter(|listed| listed.info.status.is_open()) {
///             println!("{} at version {}", listed.stream.id(), listed.info.version);
///         }
///         next = list.following(&page);
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ListStreams {
    /// The type of the streams.
    pub stream_type: WireName,
    /// Streams up to this id are left out, whether there is one with this id or not.
    pub after: Option<Arc<str>>,
    /// How many streams a page holds at most: 1,000 by default.
    pub limit: usize,
}

impl ListStreams {
    /// The streams of this type, from the first one on.
    pub fn of_type(stream_type: impl Into<WireName>) -> ListStreams {
        ListStreams { stream_type: stream_type.into(), after: None, limit: 1000 }
    }

    /// Begins after this id.
    #[must_use]
    pub fn after(mut self, id: impl Into<Arc<str>>) -> ListStreams {
        self.after = Some(id.into());
        self
    }

    /// At most this many streams in a page: 1 to 10,000. A number outside of these counts as the nearer one.
    #[must_use]
    pub fn limit(mut self, streams: usize) -> ListStreams {
        self.limit = streams;
        self
    }

    /// What asks for the page after this one; `None` when it is the last.
    pub fn following(self, page: &StreamPage) -> Option<ListStreams> {
        let last = page.streams.last().filter(|_| page.more)?;
        Some(self.after(last.stream.id()))
    }

    /// How many streams a page holds at most, within what is allowed: what a store goes by.
    pub fn page_limit(&self) -> usize {
        self.limit.clamp(1, PAGE_EVENTS_MAX)
    }
}

/// One stream of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ListedStream {
    /// The stream.
    pub stream: StreamId,
    /// Its version and its status.
    pub info: StreamInfo,
}

impl ListedStream {
    /// A stream with this version and status.
    pub fn new(stream: StreamId, info: StreamInfo) -> ListedStream {
        ListedStream { stream, info }
    }
}

/// One page of the streams of a type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct StreamPage {
    /// The streams, in the order of their ids.
    pub streams: Vec<ListedStream>,
    /// Whether further streams follow; list them with [`ListStreams::following`].
    pub more: bool,
}

impl StreamPage {
    /// A page of these streams; `more` says whether further ones follow.
    pub fn new(streams: Vec<ListedStream>, more: bool) -> StreamPage {
        StreamPage { streams, more }
    }
}
