use std::borrow::Cow;
use std::collections::BTreeSet;

use eskit_runtime::log::limits::{PAGE_BYTES, check_add_tags, check_append, check_change, check_list};
use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, Condition, Conflict, ConflictEvent, ConflictKind,
    Direction, EventId, LimitError, ListStreams, ListedStream, LogId, NewEvent, Page, Part, Place, Position, Query,
    ReadOptions, StreamChange, StreamClosed, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus,
};
use eskit_runtime::{RecordedEvent, StoreError, Timestamp};

/// The contract as the simplest code that does it: a list of events, and loops over it.
///
/// What the suite's generated cases compare a store with. To read, when a sentence of the contract leaves a doubt; slow,
/// and not a store: [`MemoryStore`](https://docs.rs/eskit/latest/eskit/struct.MemoryStore.html) is one.
#[derive(Clone, Debug)]
pub struct Model {
    id: LogId,
    events: Vec<RecordedEvent>,
    /// How many events the log held after each append.
    ends: Vec<usize>,
    /// The streams that are not open.
    closed: Vec<(StreamId, StreamStatus)>,
}

impl Default for Model {
    fn default() -> Model {
        Model::of(Vec::new())
    }
}

impl Model {
    /// An empty log.
    pub fn new() -> Model {
        Model::default()
    }

    /// An empty log with this id.
    pub fn with_id(id: LogId) -> Model {
        Model { id, ..Model::default() }
    }

    /// A log that holds these events, each as an append of its own.
    pub fn of(events: Vec<RecordedEvent>) -> Model {
        let ends = (1..=events.len()).collect();
        Model { id: LogId::new(), events, ends, closed: Vec::new() }
    }

    /// Appends events atomically if every condition holds.
    ///
    /// # Errors
    /// As [`EventStore::append`](eskit_runtime::EventStore::append): a limit, a reused id, a closed stream or a conflict.
    pub fn append(&mut self, append: Append, now: Timestamp) -> Result<Appended, AppendError> {
        check_append(&append)?;
        if let Some(repeated) = self.find_repeat(&append.events)? {
            return Ok(repeated);
        }
        self.check_open(&append.events)?;
        self.check(&append.conditions)?;
        Ok(self.push(append.events, now))
    }

    /// Checks conditions against the log as it is.
    ///
    /// # Errors
    /// The conflict of the first condition that does not hold.
    pub fn check(&self, conditions: &[Condition]) -> Result<(), Conflict> {
        let log = self.remaining();
        let conflicts = conditions.iter().find_map(|condition| match condition {
            Condition::Stream { stream, expected } if self.status(stream).is_deleted() => {
                let found = version(&self.events, stream);
                let kind = ConflictKind::Stream { stream: stream.clone(), expected: *expected, found };
                (!expected.accepts(found)).then(|| Conflict::new(kind, None))
            }
            Condition::Holds(place) => {
                let replaced = || Conflict::new(ConflictKind::Replaced { place: *place }, None);
                (!self.holds(*place)).then(replaced)
            }
            condition => conflict(&log, condition),
        });
        conflicts.map_or(Ok(()), Err)
    }

    /// Checks that the streams of these events take events.
    ///
    /// # Errors
    /// The first stream that is not open.
    pub fn check_open(&self, events: &[NewEvent]) -> Result<(), StreamClosed> {
        let mut streams = events.iter().filter_map(|event| event.stream.as_ref());
        match streams.find(|stream| !self.status(stream).is_open()) {
            Some(stream) => Err(StreamClosed::new(stream.clone(), self.status(stream))),
            None => Ok(()),
        }
    }

    fn status(&self, stream: &StreamId) -> StreamStatus {
        let closed = self.closed.iter().find(|(of, _)| of == stream);
        closed.map_or(StreamStatus::Open, |(_, status)| status.clone())
    }

    /// The version and the status of a stream.
    pub fn stream_info(&self, stream: &StreamId) -> StreamInfo {
        StreamInfo::new(version(&self.events, stream), self.status(stream))
    }

    /// Lists the streams of a type.
    ///
    /// # Errors
    /// As [`EventStore::list_streams`](eskit_runtime::EventStore::list_streams).
    pub fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, LimitError> {
        check_list(list)?;
        let after = list.after.as_deref().unwrap_or_default();
        let streams = self.events.iter().filter_map(|event| event.stream.as_ref().map(|at| &at.stream));
        let of_type = streams.filter(|stream| stream.stream_type() == &*list.stream_type && stream.id() > after);
        let all: BTreeSet<&StreamId> = of_type.collect();
        let listed = |stream: &&StreamId| ListedStream::new((*stream).clone(), self.stream_info(stream));
        let streams: Vec<_> = all.iter().take(list.page_limit()).map(listed).collect();
        Ok(StreamPage::new(streams, all.len() > list.page_limit()))
    }

    /// Changes the status of a stream.
    ///
    /// # Errors
    /// As [`EventStore::change_stream`](eskit_runtime::EventStore::change_stream).
    pub fn change_stream(
        &mut self,
        stream: &StreamId,
        change: &StreamChange,
        now: Timestamp,
    ) -> Result<StreamStatus, StreamError> {
        check_change(stream, change)?;
        if version(&self.events, stream) == 0 {
            return Err(StreamError::NotFound { stream: stream.clone() });
        }
        let status = self.status(stream);
        let Some(next) = status.after(change, now) else {
            return Err(StreamError::Refused { stream: stream.clone(), status, change: change.name() });
        };
        self.closed.retain(|(of, _)| of != stream);
        self.closed.push((stream.clone(), next.clone()));
        Ok(next)
    }

    /// Adds tags to stored events.
    ///
    /// # Errors
    /// As [`EventStore::add_tags`](eskit_runtime::EventStore::add_tags).
    pub fn add_tags(&mut self, added: &[AddedTags]) -> Result<u64, AddTagsError> {
        check_add_tags(added)?;
        let mut events = self.events.clone();
        let mut changed = BTreeSet::new();
        for added in added {
            let AddedTags { position, id, .. } = *added;
            let event = events.iter_mut().find(|event| event.position == position && event.id == id);
            let event = event.ok_or(AddTagsError::NotThere { position, id })?;
            let is_deleted = event.stream.as_ref().is_some_and(|at| self.status(&at.stream).is_deleted());
            if is_deleted {
                continue;
            }
            let tags = added.onto(&event.tags);
            if let Some(tags) = tags.map_err(|error| AddTagsError::Limit { position: Some(position), error })? {
                event.tags = tags;
                changed.insert(position);
            }
        }
        self.events = events;
        Ok(changed.len() as u64)
    }

    /// Writes events without asking whether they may be written.
    pub fn push(&mut self, events: Vec<NewEvent>, now: Timestamp) -> Appended {
        let mut appended = Appended::new(Vec::new(), Vec::new(), now);
        let parts = Part::all(events.len());
        for (event, part) in events.into_iter().zip(parts) {
            let position = Position::new(self.events.len() as u64 + 1);
            let version = event.stream.as_ref().map(|stream| version(&self.events, stream) + 1);
            appended.positions.push(position);
            appended.versions.push(version);
            self.events.push(event.into_recorded(position, version, part, now));
        }
        self.ends.push(self.events.len());
        appended
    }

    /// Reads one page of the events that match a query.
    ///
    /// # Errors
    /// `Replaced` when the log does not hold the place that the options name.
    pub fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        if !self.holds(options.holds) {
            return Err(StoreError::replaced(options.holds));
        }
        let log = self.remaining();
        let mut found = matching(&log, query, options);
        let mut bytes = 0;
        let fits = |event: &&&RecordedEvent| {
            let fits = bytes < PAGE_BYTES;
            bytes += event.size_bytes();
            fits
        };
        let page_len = found.iter().take(options.page_len()).take_while(fits).count();
        let more = found.len() > page_len;
        found.truncate(page_len);
        Ok(Page::new(found.into_iter().cloned().collect(), more, self.head()))
    }

    /// Whether the log holds a place; an event that was deleted is still there.
    pub fn holds(&self, place: Place) -> bool {
        let found = self.events.iter().find(|event| event.position == place.position);
        place.is_held(self.head().position, found.map(|event| event.id))
    }

    /// The head of the log, if it is beyond a place.
    ///
    /// # Errors
    /// `Replaced` when the log does not hold the place.
    pub fn beyond(&self, after: Place) -> Result<Option<Place>, StoreError> {
        if !self.holds(after) {
            return Err(StoreError::replaced(after));
        }
        Ok(Some(self.head()).filter(|head| head.position > after.position))
    }

    /// Every event that was appended, in order, those that were deleted since among them.
    pub fn events(&self) -> &[RecordedEvent] {
        &self.events
    }

    /// The events that were not deleted.
    fn remaining(&self) -> Cow<'_, [RecordedEvent]> {
        if !self.closed.iter().any(|(_, status)| status.is_deleted()) {
            return Cow::Borrowed(&self.events);
        }
        let is_there =
            |event: &&RecordedEvent| event.stream.as_ref().is_none_or(|at| !self.status(&at.stream).is_deleted());
        Cow::Owned(self.events.iter().filter(is_there).cloned().collect())
    }

    /// The id of the log.
    pub fn log_id(&self) -> LogId {
        self.id
    }

    /// The place of the last event.
    pub fn head(&self) -> Place {
        self.events.last().map_or(Place::START, RecordedEvent::place)
    }

    /// The answer to an append whose ids are those of one earlier append, in its order, none more and none less.
    ///
    /// # Errors
    /// `IdReused` when some id is in the log otherwise.
    pub fn find_repeat(&self, events: &[NewEvent]) -> Result<Option<Appended>, AppendError> {
        let position_of = |id: EventId| self.events.iter().position(|event| event.id == id);
        let Some((id, at)) = events.iter().find_map(|event| position_of(event.id).map(|at| (event.id, at))) else {
            return Ok(None);
        };
        let end = self.ends.iter().position(|end| at < *end).unwrap_or_default();
        let start = if end == 0 { 0 } else { self.ends[end - 1] };
        let earlier = &self.events[start..self.ends[end]];
        if !earlier.iter().map(|event| event.id).eq(events.iter().map(|event| event.id)) {
            return Err(AppendError::IdReused { id, position: self.events[at].position });
        }
        let now = earlier.iter().zip(events).find(|(_, event)| event.recorded_at.is_none());
        Ok(Some(Appended::repeated(
            earlier.iter().map(|event| event.position).collect(),
            earlier.iter().map(|event| event.stream.as_ref().map(|at| at.version)).collect(),
            now.map_or(earlier[0].recorded_at, |(earlier, _)| earlier.recorded_at),
        )))
    }
}

/// Every event of a log that a read is about, in the direction of the read; the limit is not applied.
pub(crate) fn matching<'l>(log: &'l [RecordedEvent], query: &Query, options: ReadOptions) -> Vec<&'l RecordedEvent> {
    let mut found: Vec<_> = log.iter().filter(|event| options.covers(event) && query.matches(event)).collect();
    if options.direction == Direction::Backward {
        found.reverse();
    }
    found
}

/// The version of a stream in a log: 0 when it holds no event.
pub(crate) fn version(log: &[RecordedEvent], stream: &StreamId) -> u64 {
    log.iter().filter(|event| event.stream.as_ref().is_some_and(|at| at.stream == *stream)).count() as u64
}

/// The conflict of a condition with a log; `None` when the condition holds.
pub(crate) fn conflict(log: &[RecordedEvent], condition: &Condition) -> Option<Conflict> {
    let named = |event: &RecordedEvent| ConflictEvent { position: event.position, name: event.name.clone() };
    match condition {
        Condition::Holds(place) => {
            let head = log.last().map_or(Position::START, |event| event.position);
            let found = log.iter().find(|event| event.position == place.position).map(|event| event.id);
            (!place.is_held(head, found)).then(|| Conflict::new(ConflictKind::Replaced { place: *place }, None))
        }
        Condition::Stream { stream, expected } => {
            let found = version(log, stream);
            let kind = ConflictKind::Stream { stream: stream.clone(), expected: *expected, found };
            let last = log.iter().rfind(|event| event.stream.as_ref().is_some_and(|at| at.stream == *stream));
            (!expected.accepts(found)).then(|| Conflict::new(kind, last.map(named)))
        }
        Condition::NoEvents { query, after } => {
            let found = log.iter().find(|event| event.position > *after && query.matches(event))?;
            Some(Conflict::new(ConflictKind::Query { after: *after }, Some(named(found))))
        }
    }
}
