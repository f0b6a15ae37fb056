use std::sync::{Mutex, MutexGuard, PoisonError};

use eskit_conformance::Model;
use eskit_runtime::log::limits::{check_append, check_read};
use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, Conflict, LimitError, ListStreams, LogId, NewEvent, Page,
    Place, Query, ReadOptions, StreamChange, StreamClosed, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus,
};
use eskit_runtime::store_kit::HeadWatch;
use eskit_runtime::{EventStore, RecordedEvent, StoreError, Timestamp};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::table::{Row, volatile};

/// What a store makes of a value on its way.
pub(crate) type Hook<T> = Box<dyn Fn(T) -> T + Send + Sync>;
type Repeat = Result<Option<Appended>, AppendError>;
type Changed = Result<StreamStatus, StreamError>;

/// A sound store over the model, with a place for a mistake at each step.
pub(crate) struct Sound {
    log: Mutex<Model>,
    head: HeadWatch,
    pub(crate) check_append: fn(&Append) -> Result<(), LimitError>,
    pub(crate) find_repeat: fn(&Model, &Append) -> Repeat,
    /// Whether a stream that is closed refuses an append.
    pub(crate) check_open: fn(&Model, &Append) -> Result<(), StreamClosed>,
    /// Whether closed streams are looked at before ids are.
    pub(crate) checks_open_first: bool,
    pub(crate) check: fn(&Model, &Append) -> Result<(), Conflict>,
    /// Whether the events of a refused append are written.
    pub(crate) writes_refused: bool,
    /// The events on their way into the log.
    pub(crate) events_in: Hook<Vec<NewEvent>>,
    /// The answer to an append.
    pub(crate) answer_out: Hook<Result<Appended, AppendError>>,
    pub(crate) check_read: fn(&Query, &ReadOptions) -> Result<(), LimitError>,
    /// Connections of which each call takes one for as long as it lasts.
    pub(crate) connections: Option<Semaphore>,
    /// A question on its way to the log.
    pub(crate) read_in: Hook<(Query, ReadOptions)>,
    /// An event on its way out of the log.
    pub(crate) event_out: Hook<RecordedEvent>,
    /// The answer to a read.
    pub(crate) page_out: Hook<Page>,
    /// Whether a read with this query finds what was deleted.
    pub(crate) finds_deleted: fn(&Query) -> bool,
    pub(crate) change: fn(&mut Model, &StreamId, &StreamChange) -> Changed,
    pub(crate) add_tags: fn(&mut Model, &[AddedTags]) -> Result<u64, AddTagsError>,
    pub(crate) list_streams: fn(&Model, &ListStreams) -> Result<StreamPage, StoreError>,
    /// What is told of a stream.
    pub(crate) info_out: Hook<StreamInfo>,
    /// The answer to a question for the head.
    pub(crate) head_out: Hook<Place>,
}

impl Default for Sound {
    fn default() -> Sound {
        Sound {
            log: Mutex::default(),
            head: HeadWatch::default(),
            check_append,
            find_repeat: |log, append| log.find_repeat(&append.events),
            check_open: |log, append| log.check_open(&append.events),
            checks_open_first: false,
            check: |log, append| log.check(&append.conditions),
            writes_refused: false,
            events_in: Box::new(|events| events),
            answer_out: Box::new(|answer| answer),
            check_read,
            connections: None,
            read_in: Box::new(|read| read),
            event_out: Box::new(|event| event),
            page_out: Box::new(|page| page),
            finds_deleted: |_| false,
            change: |log, stream, change| log.change_stream(stream, change, Timestamp::now()),
            add_tags: Model::add_tags,
            list_streams: |log, list| Ok(log.list_streams(list)?),
            info_out: Box::new(|info| info),
            head_out: Box::new(|head| head),
        }
    }
}

/// A row whose store makes one mistake.
pub(crate) fn broken(
    mistake: &'static str,
    change: impl Fn(&mut Sound) + Send + Sync + 'static,
    told: &'static str,
    cases: &'static [&'static str],
) -> Row {
    let open = move || {
        let mut store = Sound::default();
        change(&mut store);
        store
    };
    Row::new(mistake, volatile(open), told, cases)
}

impl Sound {
    pub(crate) fn log(&self) -> MutexGuard<'_, Model> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes who waits, after something was appended to the log directly.
    pub(crate) fn moved(&self) {
        self.head.moved();
    }

    fn append_now(&self, append: Append) -> Result<Appended, AppendError> {
        (self.check_append)(&append)?;
        let mut log = self.log();
        if self.checks_open_first {
            (self.check_open)(&log, &append)?;
        }
        if let Some(repeated) = (self.find_repeat)(&log, &append)? {
            return Ok(repeated);
        }
        (self.check_open)(&log, &append)?;
        let checked = (self.check)(&log, &append);
        if !self.writes_refused {
            checked.clone()?;
        }
        let appended = log.push((self.events_in)(append.events), Timestamp::now());
        self.head.moved();
        checked?;
        Ok(appended)
    }
}

impl Sound {
    async fn connect(&self) -> Option<SemaphorePermit<'_>> {
        let connection = self.connections.as_ref()?.acquire().await.ok();
        // The time of a round trip.
        tokio::task::yield_now().await;
        connection
    }
}

impl EventStore for Sound {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let _connection = self.connect().await;
        (self.answer_out)(self.append_now(append))
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        (self.check_read)(query, &options)?;
        let _connection = self.connect().await;
        let (query, options) = (self.read_in)((query.clone(), options));
        let log = self.log();
        let page = if (self.finds_deleted)(&query) {
            Model::of(log.events().to_vec()).read(&query, options)
        } else {
            log.read(&query, options)
        };
        drop(log);
        let mut page = page?;
        page.events = page.events.into_iter().map(&self.event_out).collect();
        Ok((self.page_out)(page))
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        Ok(self.log().log_id())
    }

    async fn head(&self) -> Result<Place, StoreError> {
        Ok((self.head_out)(self.log().head()))
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        self.head.until(|| self.log().beyond(after).transpose()).await
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        Ok((self.info_out)(self.log().stream_info(stream)))
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        (self.list_streams)(&self.log(), list)
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Changed {
        (self.change)(&mut self.log(), stream, &change)
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        (self.add_tags)(&mut self.log(), &added)
    }
}
