use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound::{Excluded, Unbounded};

use crate::log::added_tags::{AddTagsError, AddedTags};
use crate::log::append::{Append, AppendError, Appended};
use crate::log::id::{EventId, LogId};
use crate::log::lifecycle::{StreamInfo, StreamStatus};
use crate::log::position::{Place, Position};
use crate::log::recorded::{Part, RecordedEvent};
use crate::log::store::error::{StoreError, StoreErrorKind};
use crate::log::stream::StreamId;
use crate::log::stream_list::{ListStreams, ListedStream, StreamPage};
use crate::log::tag::Tags;
use crate::log::time::Timestamp;
use crate::transfer::{DeletedEvent, Entry, RecordedAppend, StreamRecord};

/// A whole log in memory: it checks appends as a store must, gives them positions and versions, and answers every read. What it answers
/// is the contract of [`EventStore`](crate::EventStore), but it is no store: it has no lock, and nothing that waits.
///
/// `MemoryStore` keeps its log in it. A store whose log is kept elsewhere, in order but without an index, keeps a copy in it: it
/// [checks](MemoryLog::check) an append, [records](MemoryLog::record) it, writes the record, and [adds](MemoryLog::add) it.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::log::{Append, NewEvent};
/// use eskit::memory_log::{MemoryLog, Numbers};
/// use eskit::Timestamp;
///
/// let mut log = MemoryLog::new();
/// let append = Append::new(vec![NewEvent::json("shop.Sold", "{}")]);
/// assert!(log.check(&append)?.is_none(), "it is no repeat");
/// let (record, appended) = log.record(append, &mut Numbers::default(), Timestamp::now())?;
/// log.add(record);
/// assert_eq!(log.head().position, appended.positions[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// The entry at position `p` has index `p - 1`, and every list of positions ascends. Of a deleted event its place stays.
#[derive(Clone, Debug)]
pub struct MemoryLog {
    pub(super) id: LogId,
    pub(super) sealed_at: Option<Timestamp>,
    pub(super) entries: Vec<Entry>,
    /// The position of the last event of each append.
    pub(super) ends: Vec<u64>,
    /// The streams that hold events.
    pub(super) streams: HashMap<StreamId, Vec<u64>>,
    /// The streams that ever held an event, in the order of their names.
    pub(super) names: BTreeSet<StreamId>,
    /// The streams that are not open, in the order of their names.
    pub(super) closed: BTreeMap<StreamId, StreamInfo>,
    pub(super) tags: HashMap<String, Vec<u64>>,
    pub(super) ids: HashMap<EventId, u64>,
}

/// The positions and versions that appends have taken that were [recorded](MemoryLog::record) but not added yet: those of one group, which
/// is written as a whole.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    events: u64,
    versions: HashMap<StreamId, u64>,
}

impl Default for MemoryLog {
    fn default() -> MemoryLog {
        MemoryLog::new()
    }
}

impl MemoryLog {
    /// An empty log with a new id.
    pub fn new() -> MemoryLog {
        MemoryLog::with_id(LogId::new())
    }

    /// An empty log with this id.
    pub fn with_id(id: LogId) -> MemoryLog {
        MemoryLog {
            id,
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

    /// The id of the log.
    pub fn id(&self) -> LogId {
        self.id
    }

    /// Since when the log is sealed, if it is.
    pub fn sealed_at(&self) -> Option<Timestamp> {
        self.sealed_at
    }

    /// Seals the log, or lets it take writes again.
    pub fn set_sealed(&mut self, since: Option<Timestamp>) {
        self.sealed_at = since;
    }

    /// Gives the events of an append their positions and versions: those after the head and after `numbers`, to which they are added. `now`
    /// is the time of events without one. The append must have passed the [check](MemoryLog::check); nothing is added to the log.
    ///
    /// # Errors
    /// The append has no events, or more than the limit.
    pub fn record(
        &self,
        append: Append,
        numbers: &mut Numbers,
        now: Timestamp,
    ) -> Result<(RecordedAppend, Appended), AppendError> {
        let parts = Part::all(append.events.len());
        let (mut positions, mut versions, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        for (event, part) in append.events.into_iter().zip(parts) {
            numbers.events += 1;
            let position = Position::new(self.entries.len() as u64 + numbers.events);
            let version = event.stream.as_ref().map(|stream| self.next_version(stream, &mut numbers.versions));
            positions.push(position);
            versions.push(version);
            entries.push(Entry::Event(event.into_recorded(position, version, part, now)));
        }
        let invalid = |error: crate::transfer::RecordError| StoreError::new(StoreErrorKind::Invalid, error.to_string());
        Ok((RecordedAppend::new(entries).map_err(invalid)?, Appended::new(positions, versions, now)))
    }

    fn next_version(&self, stream: &StreamId, taken: &mut HashMap<StreamId, u64>) -> u64 {
        match taken.get_mut(stream) {
            Some(version) => {
                *version += 1;
                *version
            }
            None => {
                let version = self.held(stream) + 1;
                taken.insert(stream.clone(), version);
                version
            }
        }
    }

    /// Adds an append to the end of the log, where its positions must be.
    pub fn add(&mut self, append: RecordedAppend) {
        append.into_entries().into_iter().for_each(|entry| self.push(entry));
        self.ends.push(self.entries.len() as u64);
    }

    /// Sets the version and the status of a stream, and deletes what it holds if it is deleted.
    pub fn set_stream(&mut self, record: StreamRecord) {
        let StreamRecord { stream, version, status } = record;
        self.set_status(&stream, StreamInfo::new(version, status));
    }

    /// Adds tags to stored events, and returns how many events changed.
    ///
    /// # Errors
    /// As [`MemoryLog::check_tags`]; then nothing has changed.
    pub fn add_tags(&mut self, added: &[AddedTags]) -> Result<u64, AddTagsError> {
        let changed = self.changed_tags(added)?;
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

    /// Checks tags for stored events, and returns how many events they would change.
    ///
    /// # Errors
    /// As [`EventStore::add_tags`](crate::EventStore::add_tags).
    pub fn check_tags(&self, added: &[AddedTags]) -> Result<u64, AddTagsError> {
        self.check_unsealed()?;
        self.changed_tags(added).map(|changed| changed.len() as u64)
    }

    /// All tags, by position, of the events that change.
    fn changed_tags(&self, added: &[AddedTags]) -> Result<BTreeMap<u64, Tags>, AddTagsError> {
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
        Ok(changed)
    }

    /// The place of the last event.
    pub fn head(&self) -> Place {
        self.entries.last().map_or(Place::START, Entry::place)
    }

    /// The event at a position, unless it was deleted.
    pub(super) fn event(&self, position: u64) -> Option<&RecordedEvent> {
        let index = usize::try_from(position.checked_sub(1)?).ok()?;
        self.entries.get(index).and_then(Entry::event)
    }

    /// Whether the log holds a place.
    pub fn holds(&self, place: Place) -> bool {
        let index = place.position.get().checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let found = index.and_then(|index| self.entries.get(index)).map(Entry::id);
        place.is_held(self.head().position, found)
    }

    /// The head, if it is beyond a place.
    ///
    /// # Errors
    /// [`Replaced`](StoreErrorKind::Replaced) if the log does not hold the place.
    pub fn beyond(&self, after: Place) -> Result<Option<Place>, StoreError> {
        if !self.holds(after) {
            return Err(StoreError::replaced(after));
        }
        Ok(Some(self.head()).filter(|head| head.position > after.position))
    }

    /// The version and the status of a stream.
    pub fn stream_info(&self, stream: &StreamId) -> StreamInfo {
        let open = || StreamInfo::new(self.held(stream), StreamStatus::Open);
        self.closed.get(stream).cloned().unwrap_or_else(open)
    }

    /// How many events a stream holds.
    pub fn held(&self, stream: &StreamId) -> u64 {
        self.streams.get(stream).map_or(0, |positions| positions.len() as u64)
    }

    /// The streams of a type after an id.
    pub fn list_streams(&self, list: &ListStreams) -> StreamPage {
        // No stream has an empty id.
        let after = StreamId::new(list.stream_type.clone(), list.after.clone().unwrap_or_default());
        let of_type = |stream: &&StreamId| stream.stream_type() == &*list.stream_type;
        let mut streams = self.names.range((Excluded(after), Unbounded)).take_while(of_type);
        let listed = |stream: &StreamId| ListedStream::new(stream.clone(), self.stream_info(stream));
        let page = streams.by_ref().take(list.page_limit()).map(listed).collect();
        StreamPage::new(page, streams.next().is_some())
    }

    fn set_status(&mut self, stream: &StreamId, info: StreamInfo) {
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

    /// Adds an entry, which stands at the next position.
    fn push(&mut self, entry: Entry) {
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
}
