use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound::{Excluded, Unbounded};

use eskit_runtime::log::limits::PAGE_BYTES;
use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, Condition, Conflict, ConflictEvent, ConflictKind,
    Direction, EventId, ListStreams, ListedStream, LogId, NewEvent, Page, Part, Place, Position, Query, QueryItem,
    ReadOptions, StreamChange, StreamClosed, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus, Tags,
    WireName,
};
use eskit_runtime::{Metadata, RecordedEvent, StoreError, Timestamp};

/// The events in order, and where to find those of a stream, a tag or an id. The event at position `p` has index
/// `p - 1`, and every list of positions ascends. A deleted event stays in its place with an empty name, which no other
/// event has: [`Log::delete`] says what is left of it.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) id: LogId,
    pub(super) events: Vec<RecordedEvent>,
    /// The position of the last event of each append.
    ends: Vec<u64>,
    streams: HashMap<StreamId, Vec<u64>>,
    /// The same streams, in the order of their names.
    pub(super) names: BTreeSet<StreamId>,
    /// The streams that are not open.
    pub(super) closed: HashMap<StreamId, StreamStatus>,
    tags: HashMap<String, Vec<u64>>,
    ids: HashMap<EventId, u64>,
}

impl Default for Log {
    fn default() -> Log {
        Log {
            id: LogId::new(),
            events: Vec::new(),
            ends: Vec::new(),
            streams: HashMap::new(),
            names: BTreeSet::new(),
            closed: HashMap::new(),
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
        self.check_open(&append.events)?;
        append.conditions.iter().try_for_each(|condition| self.check(condition))?;
        let now = Timestamp::now();
        let parts = Part::all(append.events.len());
        let (positions, versions) =
            append.events.into_iter().zip(parts).map(|(event, part)| self.push(event, part, now)).unzip();
        self.ends.push(self.events.len() as u64);
        Ok(Appended::new(positions, versions, now))
    }

    /// The place of the last event.
    pub(super) fn head(&self) -> Place {
        self.events.last().map_or(Place::START, RecordedEvent::place)
    }

    fn holds(&self, place: Place) -> bool {
        let index = place.position.get().checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let found = index.and_then(|index| self.events.get(index)).map(|event| event.id);
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
        if !earlier.iter().map(|event| event.id).eq(events.iter().map(|event| event.id)) {
            return Err(AppendError::IdReused { id, position: Position::new(position) });
        }
        let positions = earlier.iter().map(|event| event.position).collect();
        let versions = earlier.iter().map(|event| event.stream.as_ref().map(|at| at.version)).collect();
        // Events that brought a time of their own do not tell when the append was recorded.
        let timed = earlier.iter().zip(events).find(|(_, event)| event.recorded_at.is_none());
        let recorded_at = timed.map_or(earlier[0].recorded_at, |(event, _)| event.recorded_at);
        Ok(Some(Appended::repeated(positions, versions, recorded_at)))
    }

    /// The events of the append that wrote the event at a position.
    fn append_at(&self, position: u64) -> &[RecordedEvent] {
        let index = self.ends.partition_point(|end| *end < position);
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.events[start as usize..self.ends[index] as usize]
    }

    /// Refuses events for streams that are not open.
    fn check_open(&self, events: &[NewEvent]) -> Result<(), StreamClosed> {
        if self.closed.is_empty() {
            return Ok(());
        }
        let mut streams = events.iter().filter_map(|event| event.stream.as_ref());
        match streams.find_map(|stream| self.closed.get_key_value(stream)) {
            Some((stream, status)) => Err(StreamClosed::new(stream.clone(), status.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn stream_info(&self, stream: &StreamId) -> StreamInfo {
        let version = self.streams.get(stream).map_or(0, |positions| positions.len() as u64);
        StreamInfo::new(version, self.closed.get(stream).cloned().unwrap_or_default())
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
        let StreamInfo { version, status, .. } = self.stream_info(stream);
        if version == 0 {
            return Err(StreamError::NotFound { stream: stream.clone() });
        }
        let Some(next) = status.after(change, Timestamp::now()) else {
            return Err(StreamError::Refused { stream: stream.clone(), status, change: change.name() });
        };
        if next.is_open() {
            self.closed.remove(stream);
        } else {
            self.closed.insert(stream.clone(), next.clone());
        }
        if next.is_deleted() && !status.is_deleted() {
            self.delete(stream);
        }
        Ok(next)
    }

    /// Leaves of each event of a stream its place, its id, its version and its time.
    fn delete(&mut self, stream: &StreamId) {
        let Some(deleted) = self.streams.get(stream) else { return };
        let mut tags = HashSet::new();
        for position in deleted {
            let event = &mut self.events[*position as usize - 1];
            tags.extend(event.tags.iter().map(|tag| tag.as_str().to_owned()));
            (event.name, event.tags) = (WireName::from_static(""), Tags::new());
            (event.metadata, event.payload) = (Metadata::new(), Vec::new());
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
        let mut changed: BTreeMap<u64, Tags> = BTreeMap::new();
        for added in added {
            let AddedTags { position, id, .. } = *added;
            let not_there = AddTagsError::NotThere { position, id };
            let event =
                self.ids.get(&id).filter(|at| **at == position.get()).and_then(|at| self.events.get(*at as usize - 1));
            let event = event.ok_or(not_there)?;
            let stored = changed.get(&position.get()).unwrap_or(&event.tags);
            let tags = added.onto(stored).map_err(|error| AddTagsError::Limit { position: Some(position), error })?;
            if let Some(tags) = tags.filter(|_| !event.name.is_empty()) {
                changed.insert(position.get(), tags);
            }
        }
        for (position, tags) in &changed {
            let event = &mut self.events[*position as usize - 1];
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
                let positions = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
                let found = positions.len() as u64;
                if expected.accepts(found) {
                    return Ok(());
                }
                let kind = ConflictKind::Stream { stream: stream.clone(), expected: *expected, found };
                let last = positions.last().map(|position| self.conflict_event(*position));
                Err(Conflict::new(kind, last.filter(|event| !event.name.is_empty())))
            }
            Condition::Holds(place) if self.holds(*place) => Ok(()),
            Condition::Holds(place) => Err(Conflict::new(ConflictKind::Replaced { place: *place }, None)),
            Condition::NoEvents { query, after } => {
                let options = ReadOptions::default().after(*after).limit(1);
                match self.positions(query, options).first() {
                    None => Ok(()),
                    Some(found) => {
                        let kind = ConflictKind::Query { after: *after };
                        Err(Conflict::new(kind, Some(self.conflict_event(*found))))
                    }
                }
            }
        }
    }

    fn conflict_event(&self, position: u64) -> ConflictEvent {
        let event = &self.events[position as usize - 1];
        ConflictEvent { position: event.position, name: event.name.clone() }
    }

    fn push(&mut self, event: NewEvent, part: Part, now: Timestamp) -> (Position, Option<u64>) {
        let position = self.events.len() as u64 + 1;
        let version = event.stream.as_ref().map(|stream| {
            let positions = self.streams.entry(stream.clone()).or_default();
            positions.push(position);
            if positions.len() == 1 {
                self.names.insert(stream.clone());
            }
            positions.len() as u64
        });
        for tag in event.tags.iter() {
            match self.tags.get_mut(tag.as_str()) {
                Some(positions) => positions.push(position),
                None => {
                    self.tags.insert(tag.as_str().to_owned(), vec![position]);
                }
            }
        }
        self.ids.insert(event.id, position);
        self.events.push(event.into_recorded(Position::new(position), version, part, now));
        (Position::new(position), version)
    }

    pub(super) fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        if !self.holds(options.holds) {
            return Err(StoreError::replaced(options.holds));
        }
        let (mut events, mut bytes) = (Vec::new(), 0);
        let mut positions = self.positions(query, options).into_iter();
        for position in positions.by_ref().take(options.page_len()) {
            let event = &self.events[position as usize - 1];
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
        let event = &self.events[position as usize - 1];
        !event.name.is_empty()
            && item.matches(&event.name, &event.tags, event.stream.as_ref().map(|at| &at.stream), event.id)
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
            None => directed(from..to.min(self.events.len() as u64).saturating_add(1), options.direction),
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
