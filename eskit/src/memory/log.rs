use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound::{Excluded, Unbounded};

use eskit_runtime::log::limits::PAGE_BYTES;
use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, Condition, Conflict, ConflictEvent, ConflictKind,
    Direction, EventId, ListStreams, ListedStream, LogId, NewEvent, Page, Part, Place, Position, Query, QueryItem,
    ReadOptions, StreamChange, StreamClosed, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus, Tags,
};
use eskit_runtime::transfer::{DeletedEvent, Entry};
use eskit_runtime::{RecordedEvent, StoreError, Timestamp};

/// The entries in order, and where to find those of a stream, a tag or an id. The entry at position `p` has index
/// `p - 1`, and every list of positions ascends. Of a deleted event its place stays.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) id: LogId,
    pub(super) sealed_at: Option<Timestamp>,
    pub(super) entries: Vec<Entry>,
    /// The position of the last event of each append.
    pub(super) ends: Vec<u64>,
    /// The streams that hold events.
    streams: HashMap<StreamId, Vec<u64>>,
    /// The streams that ever held an event, in the order of their names.
    pub(super) names: BTreeSet<StreamId>,
    /// The streams that are not open, in the order of their names.
    pub(super) closed: BTreeMap<StreamId, StreamInfo>,
    tags: HashMap<String, Vec<u64>>,
    pub(super) ids: HashMap<EventId, u64>,
}

impl Default for Log {
    fn default() -> Log {
        Log {
            id: LogId::new(),
            sealed_at: None,
            entries: Vec::new(),
            ends: Vec::new(),
            streams: HashMap::new(),
            names: BTreeSet::new(),
            closed: BTreeMap::new(),
            tags: HashMap::new(),
            ids: HashMap::new(),
        }
    }
}

impl Log {
    pub(super) fn append(&mut self, append: Append) -> Result<Appended, AppendError> {
        if let Some(repeated) = self.find_repeat(&append.events)? {
            return Ok(repeated);
        }
        self.check_unsealed()?;
        self.check_open(&append.events)?;
        append.conditions.iter().try_for_each(|condition| self.check(condition))?;
        let now = Timestamp::now();
        let parts = Part::all(append.events.len());
        let (positions, versions) =
            append.events.into_iter().zip(parts).map(|(event, part)| self.push_new(event, part, now)).unzip();
        self.ends.push(self.entries.len() as u64);
        Ok(Appended::new(positions, versions, now))
    }

    pub(super) fn check_unsealed(&self) -> Result<(), StoreError> {
        self.sealed_at.map_or(Ok(()), |since| Err(StoreError::sealed(since)))
    }

    /// The place of the last event.
    pub(super) fn head(&self) -> Place {
        self.entries.last().map_or(Place::START, Entry::place)
    }

    /// The event at a position, unless it was deleted.
    fn event(&self, position: u64) -> Option<&RecordedEvent> {
        let index = usize::try_from(position.checked_sub(1)?).ok()?;
        self.entries.get(index).and_then(Entry::event)
    }

    pub(super) fn holds(&self, place: Place) -> bool {
        let index = place.position.get().checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let found = index.and_then(|index| self.entries.get(index)).map(Entry::id);
        place.is_held(self.head().position, found)
    }

    /// The head, if it is beyond a place.
    pub(super) fn beyond(&self, after: Place) -> Result<Option<Place>, StoreError> {
        if !self.holds(after) {
            return Err(StoreError::replaced(after));
        }
        Ok(Some(self.head()).filter(|head| head.position > after.position))
    }

    /// The answer to an append whose ids are those of one earlier append, in its order, none more and none less.
    fn find_repeat(&self, events: &[NewEvent]) -> Result<Option<Appended>, AppendError> {
        let known = events.iter().find_map(|event| self.ids.get(&event.id).map(|position| (event.id, *position)));
        let Some((id, position)) = known else { return Ok(None) };
        let earlier = self.append_at(position);
        if !earlier.iter().map(Entry::id).eq(events.iter().map(|event| event.id)) {
            return Err(AppendError::IdReused { id, position: Position::new(position) });
        }
        let positions = earlier.iter().map(Entry::position).collect();
        let versions = earlier.iter().map(Entry::version).collect();
        // Events that brought a time of their own do not tell when the append was recorded.
        let timed = earlier.iter().zip(events).find(|(_, event)| event.recorded_at.is_none());
        let recorded_at = timed.map_or(earlier[0].recorded_at(), |(entry, _)| entry.recorded_at());
        Ok(Some(Appended::repeated(positions, versions, recorded_at)))
    }

    /// The entries of the append that wrote the one at a position.
    fn append_at(&self, position: u64) -> &[Entry] {
        let index = self.ends.partition_point(|end| *end < position);
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.entries[start as usize..self.ends[index] as usize]
    }

    /// Refuses events for streams that are not open.
    fn check_open(&self, events: &[NewEvent]) -> Result<(), StreamClosed> {
        if self.closed.is_empty() {
            return Ok(());
        }
        let mut streams = events.iter().filter_map(|event| event.stream.as_ref());
        match streams.find_map(|stream| self.closed.get_key_value(stream)) {
            Some((stream, info)) => Err(StreamClosed::new(stream.clone(), info.status.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn stream_info(&self, stream: &StreamId) -> StreamInfo {
        let open = || StreamInfo::new(self.held(stream), StreamStatus::Open);
        self.closed.get(stream).cloned().unwrap_or_else(open)
    }

    /// How many events a stream holds.
    pub(super) fn held(&self, stream: &StreamId) -> u64 {
        self.streams.get(stream).map_or(0, |positions| positions.len() as u64)
    }

    /// The streams of a type after an id.
    pub(super) fn list_streams(&self, list: &ListStreams) -> StreamPage {
        // No stream has an empty id.
        let after = StreamId::new(list.stream_type.clone(), list.after.clone().unwrap_or_default());
        let of_type = |stream: &&StreamId| stream.stream_type() == &*list.stream_type;
        let mut streams = self.names.range((Excluded(after), Unbounded)).take_while(of_type);
        let listed = |stream: &StreamId| ListedStream::new(stream.clone(), self.stream_info(stream));
        let page = streams.by_ref().take(list.page_limit()).map(listed).collect();
        StreamPage::new(page, streams.next().is_some())
    }

    pub(super) fn change_stream(
        &mut self,
        stream: &StreamId,
        change: &StreamChange,
    ) -> Result<StreamStatus, StreamError> {
        self.check_unsealed()?;
        let StreamInfo { version, status, .. } = self.stream_info(stream);
        if version == 0 {
            return Err(StreamError::NotFound { stream: stream.clone() });
        }
        let Some(next) = status.after(change, Timestamp::now()) else {
            return Err(StreamError::Refused { stream: stream.clone(), status, change: change.name() });
        };
        self.set_status(stream, StreamInfo::new(version, next.clone()));
        Ok(next)
    }

    /// Sets the version and the status of a stream, and deletes what it holds if it is deleted.
    pub(super) fn set_status(&mut self, stream: &StreamId, info: StreamInfo) {
        let (is_open, is_deleted) = (info.status.is_open(), info.status.is_deleted());
        if is_open {
            self.closed.remove(stream);
        } else {
            self.names.insert(stream.clone());
            self.closed.insert(stream.clone(), info);
        }
        if is_deleted {
            self.delete(stream);
        }
    }

    /// Leaves of each event of a stream its place, its id, its version and its time.
    fn delete(&mut self, stream: &StreamId) {
        let Some(deleted) = self.streams.remove(stream) else { return };
        let mut tags = HashSet::new();
        for position in &deleted {
            let entry = &mut self.entries[*position as usize - 1];
            tags.extend(
                entry.event().into_iter().flat_map(|event| event.tags.iter()).map(|tag| tag.as_str().to_owned()),
            );
            let version = entry.version().unwrap_or_default();
            let left = DeletedEvent::new(entry.position(), entry.id(), version, entry.recorded_at());
            *entry = Entry::Deleted(left);
        }
        for tag in tags {
            let Some(positions) = self.tags.get_mut(&tag) else { continue };
            positions.retain(|position| deleted.binary_search(position).is_err());
            if positions.is_empty() {
                self.tags.remove(&tag);
            }
        }
    }

    pub(super) fn add_tags(&mut self, added: &[AddedTags]) -> Result<u64, AddTagsError> {
        self.check_unsealed()?;
        let mut changed: BTreeMap<u64, Tags> = BTreeMap::new();
        for added in added {
            let AddedTags { position, id, .. } = *added;
            if self.ids.get(&id) != Some(&position.get()) {
                return Err(AddTagsError::NotThere { position, id });
            }
            let Some(event) = self.event(position.get()) else { continue };
            let stored = changed.get(&position.get()).unwrap_or(&event.tags);
            let tags = added.onto(stored).map_err(|error| AddTagsError::Limit { position: Some(position), error })?;
            if let Some(tags) = tags {
                changed.insert(position.get(), tags);
            }
        }
        for (position, tags) in &changed {
            let Some(Entry::Event(event)) = self.entries.get_mut(*position as usize - 1) else { continue };
            for tag in tags.iter().filter(|tag| !event.tags.contains(*tag)) {
                let positions = self.tags.entry(tag.as_str().to_owned()).or_default();
                positions.insert(positions.partition_point(|other| other < position), *position);
            }
            event.tags = tags.clone();
        }
        Ok(changed.len() as u64)
    }

    fn check(&self, condition: &Condition) -> Result<(), Conflict> {
        match condition {
            Condition::Stream { stream, expected } => {
                let found = self.stream_info(stream).version;
                if expected.accepts(found) {
                    return Ok(());
                }
                let kind = ConflictKind::Stream { stream: stream.clone(), expected: *expected, found };
                let last = self.streams.get(stream).and_then(|positions| positions.last());
                Err(Conflict::new(kind, last.and_then(|position| self.conflict_event(*position))))
            }
            Condition::Holds(place) if self.holds(*place) => Ok(()),
            Condition::Holds(place) => Err(Conflict::new(ConflictKind::Replaced { place: *place }, None)),
            Condition::NoEvents { query, after } => {
                let options = ReadOptions::default().after(*after).limit(1);
                match self.positions(query, options).first() {
                    None => Ok(()),
                    Some(found) => {
                        let kind = ConflictKind::Query { after: *after };
                        Err(Conflict::new(kind, self.conflict_event(*found)))
                    }
                }
            }
        }
    }

    fn conflict_event(&self, position: u64) -> Option<ConflictEvent> {
        let event = self.event(position)?;
        Some(ConflictEvent { position: event.position, name: event.name.clone() })
    }

    fn push_new(&mut self, event: NewEvent, part: Part, now: Timestamp) -> (Position, Option<u64>) {
        let position = Position::new(self.entries.len() as u64 + 1);
        let version = event.stream.as_ref().map(|stream| self.held(stream) + 1);
        self.push(Entry::Event(event.into_recorded(position, version, part, now)));
        (position, version)
    }

    /// Adds an entry, which stands at the next position.
    pub(super) fn push(&mut self, entry: Entry) {
        let position = self.entries.len() as u64 + 1;
        self.ids.insert(entry.id(), position);
        if let Entry::Event(event) = &entry {
            self.index(event, position);
        }
        self.entries.push(entry);
    }

    /// Notes where an event is found.
    fn index(&mut self, event: &RecordedEvent, position: u64) {
        if let Some(at) = &event.stream {
            let positions = self.streams.entry(at.stream.clone()).or_default();
            positions.push(position);
            if positions.len() == 1 {
                self.names.insert(at.stream.clone());
            }
        }
        for tag in event.tags.iter() {
            match self.tags.get_mut(tag.as_str()) {
                Some(positions) => positions.push(position),
                None => {
                    self.tags.insert(tag.as_str().to_owned(), vec![position]);
                }
            }
        }
    }

    pub(super) fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        if !self.holds(options.holds) {
            return Err(StoreError::replaced(options.holds));
        }
        let (mut events, mut bytes) = (Vec::new(), 0);
        let mut positions = self.positions(query, options).into_iter();
        for position in positions.by_ref().take(options.page_len()) {
            let Some(event) = self.event(position) else { continue };
            bytes += event.size_bytes();
            events.push(event.clone());
            if bytes >= PAGE_BYTES {
                break;
            }
        }
        Ok(Page::new(events, positions.next().is_some(), self.head()))
    }

    /// The positions of the first matches in the read's direction: one more than the page holds, where there are more.
    fn positions(&self, query: &Query, options: ReadOptions) -> Vec<u64> {
        let options = self.without_versions(query, options);
        let wanted = options.page_len() + 1;
        let mut all: Vec<u64> = Vec::new();
        for item in query.items() {
            all.extend(self.candidates(item, options).filter(|position| self.matches(item, *position)).take(wanted));
        }
        if query.items().len() > 1 {
            all.sort_unstable();
            all.dedup();
            if options.direction == Direction::Backward {
                all.reverse();
            }
            all.truncate(wanted);
        }
        all
    }

    /// The same read, with positions for versions: in a stream both grow together.
    fn without_versions(&self, query: &Query, mut options: ReadOptions) -> ReadOptions {
        let (Some((first, last)), Some(stream)) = (options.versions(), query.only_stream()) else { return options };
        let positions = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let position_of = |version: u64| {
            let at = usize::try_from(version).unwrap_or(usize::MAX).min(positions.len());
            at.checked_sub(1).map_or(Position::START, |index| Position::new(positions[index]))
        };
        options.after = options.after.max(position_of(first.saturating_sub(1)));
        let until = position_of(last);
        options.until = Some(options.until.map_or(until, |own| own.min(until)));
        options
    }

    fn matches(&self, item: &QueryItem, position: u64) -> bool {
        self.event(position).is_some_and(|event| {
            item.matches(&event.name, &event.tags, event.stream.as_ref().map(|at| &at.stream), event.id)
        })
    }

    /// The positions among which an item's matches lie, from the shortest list that is at hand.
    fn candidates(&self, item: &QueryItem, options: ReadOptions) -> Box<dyn Iterator<Item = u64> + '_> {
        let (from, to) = (options.after.next().get(), options.until.map_or(u64::MAX, Position::get));
        let by_tag = item.tags.iter().map(|tag| self.tags.get(tag.as_str()).map_or(&[][..], Vec::as_slice));
        let by_stream = item.stream.iter().map(|stream| self.streams.get(stream).map_or(&[][..], Vec::as_slice));
        if !item.ids.is_empty() {
            let mut found: Vec<u64> = item.ids.iter().filter_map(|id| self.ids.get(id).copied()).collect();
            found.retain(|position| (from..=to).contains(position));
            found.sort_unstable();
            found.dedup();
            return directed(found.into_iter(), options.direction);
        }
        match by_tag.chain(by_stream).min_by_key(|positions| positions.len()) {
            Some(positions) => {
                let start = positions.partition_point(|position| *position < from);
                let end = positions.partition_point(|position| *position <= to).max(start);
                directed(positions[start..end].iter().copied(), options.direction)
            }
            None => directed(from..to.min(self.entries.len() as u64).saturating_add(1), options.direction),
        }
    }
}

fn directed<'a>(
    positions: impl DoubleEndedIterator<Item = u64> + 'a,
    direction: Direction,
) -> Box<dyn Iterator<Item = u64> + 'a> {
    match direction {
        Direction::Forward => Box::new(positions),
        Direction::Backward => Box::new(positions.rev()),
    }
}
