use crate::log::id::EventId;
use crate::log::name::WireName;
use crate::log::position::{Place, Position};
use crate::log::recorded::RecordedEvent;
use crate::log::stream::StreamId;
use crate::log::tag::{Tag, Tags};

/// Selects events, for a read or for an append condition. An event matches if at least one item matches (OR).
///
/// [`Query::all`] matches every event; a query without items matches none. This is the query of the DCB specification
/// (<https://dcb.events/specification/>), extended by streams and event ids.
///
/// ```
/// # use eskit_runtime as eskit;
/// # use eskit::log::{Query, QueryItem, Tag};
/// let query = Query::from(QueryItem::types(["campus.CourseDefined"]).with_tag(Tag::new("course", "c1")));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    items: Vec<QueryItem>,
}

/// One item of a [`Query`]. An event matches if every part that is set matches (AND).
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::log::{Query, QueryItem, Tag};
///
/// // Events of either type that carry both tags ..
/// let enrolment = QueryItem::types(["campus.StudentEnrolled", "campus.StudentLeft"])
///     .with_tag(Tag::new("course", "maths"))
///     .with_tag(Tag::new("student", "ada"));
/// // .. and all events of every account.
/// let query = Query::any_of([enrolment, QueryItem::stream_type("account")]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct QueryItem {
    /// Wire names in OR; empty for every name.
    pub types: Vec<WireName>,
    /// Tags in AND.
    pub tags: Vec<Tag>,
    /// The stream that holds the event.
    pub stream: Option<StreamId>,
    /// The type of the stream that holds the event.
    pub stream_type: Option<WireName>,
    /// Event ids in OR; empty for every id.
    pub ids: Vec<EventId>,
}

impl Query {
    /// Every event of the log.
    pub fn all() -> Query {
        Query { items: vec![QueryItem::default()] }
    }

    /// Every event of one stream.
    pub fn stream(stream: StreamId) -> Query {
        Query::from(QueryItem::stream(stream))
    }

    /// The query with these items in OR.
    pub fn any_of(items: impl IntoIterator<Item = QueryItem>) -> Query {
        Query { items: items.into_iter().collect() }
    }

    /// Adds an item in OR.
    #[must_use]
    pub fn or(mut self, item: QueryItem) -> Query {
        self.items.push(item);
        self
    }

    /// The only stream that this query can match, if all of its items name the same one.
    pub fn only_stream(&self) -> Option<&StreamId> {
        let (first, rest) = self.items.split_first()?;
        let stream = first.stream.as_ref()?;
        rest.iter().all(|item| item.stream.as_ref() == Some(stream)).then_some(stream)
    }

    /// The items.
    pub fn items(&self) -> &[QueryItem] {
        &self.items
    }

    /// Whether an event matches at least one item.
    pub fn matches(&self, event: &RecordedEvent) -> bool {
        let stream = event.stream.as_ref().map(|at| &at.stream);
        self.items.iter().any(|item| item.matches(&event.name, &event.tags, stream, event.id))
    }
}

impl From<QueryItem> for Query {
    fn from(item: QueryItem) -> Query {
        Query { items: vec![item] }
    }
}

impl QueryItem {
    /// Events with one of these wire names. They are compared as they were recorded, so former names must be given too:
    /// [`EventTypes::names`](crate::model::EventTypes::names) has them, as in `QueryItem::types(OrderPlaced::TYPES.names())`.
    pub fn types<T: Into<WireName>>(types: impl IntoIterator<Item = T>) -> QueryItem {
        QueryItem { types: types.into_iter().map(Into::into).collect(), ..QueryItem::default() }
    }

    /// Events that carry all of these tags.
    pub fn tags(tags: impl IntoIterator<Item = Tag>) -> QueryItem {
        QueryItem { tags: tags.into_iter().collect(), ..QueryItem::default() }
    }

    /// Events of this stream.
    pub fn stream(stream: StreamId) -> QueryItem {
        QueryItem { stream: Some(stream), ..QueryItem::default() }
    }

    /// Events of every stream of this type.
    pub fn stream_type(stream_type: impl Into<WireName>) -> QueryItem {
        QueryItem { stream_type: Some(stream_type.into()), ..QueryItem::default() }
    }

    /// Events with one of these ids.
    pub fn ids(ids: impl IntoIterator<Item = EventId>) -> QueryItem {
        QueryItem { ids: ids.into_iter().collect(), ..QueryItem::default() }
    }

    /// Also requires this tag.
    #[must_use]
    pub fn with_tag(mut self, tag: Tag) -> QueryItem {
        self.tags.push(tag);
        self
    }

    /// Also allows these wire names; an event matches with any one of them.
    #[must_use]
    pub fn with_types<T: Into<WireName>>(mut self, types: impl IntoIterator<Item = T>) -> QueryItem {
        self.types.extend(types.into_iter().map(Into::into));
        self
    }

    /// Whether every part that is set matches.
    pub fn matches(&self, name: &str, tags: &Tags, stream: Option<&StreamId>, id: EventId) -> bool {
        (self.types.is_empty() || self.types.iter().any(|own| own == name))
            && (self.ids.is_empty() || self.ids.contains(&id))
            && self.stream.as_ref().is_none_or(|own| stream == Some(own))
            && self.stream_type.as_ref().is_none_or(|own| stream.is_some_and(|stream| stream.stream_type() == &**own))
            && self.tags.iter().all(|tag| tags.contains(tag.as_ref()))
    }
}

/// The order in which a read returns events.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Direction {
    /// Ascending positions.
    #[default]
    Forward,
    /// Descending positions.
    Backward,
}

/// Where a read starts and stops, in which order, and how much one page holds.
///
/// The default reads forward from the start of the log, 1,000 events a page. A page ends early once its events reach
/// [`PAGE_BYTES`](crate::log::limits::PAGE_BYTES).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ReadOptions {
    /// Only events at positions greater than this one.
    pub after: Position,
    /// The place at which an earlier read ended. If the log does not hold it, the read fails as
    /// [`Replaced`](crate::log::StoreErrorKind::Replaced).
    pub holds: Place,
    /// Only events at positions up to and including this one.
    pub until: Option<Position>,
    /// Only events from this version of their stream on; the first event has version 1. For queries of one stream.
    pub from_version: Option<u64>,
    /// Only events up to and including this version of their stream. For queries of one stream.
    pub to_version: Option<u64>,
    /// Ascending or descending.
    pub direction: Direction,
    /// The most events in one page: 1 to 10,000. Other values are clamped.
    pub limit: usize,
    /// Whether the events of the page must be as safe as those of a confirmed append.
    pub confirmed: bool,
}

impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions {
            after: Position::START,
            holds: Place::START,
            until: None,
            from_version: None,
            to_version: None,
            direction: Direction::Forward,
            limit: 1000,
            confirmed: false,
        }
    }
}

impl ReadOptions {
    /// Only events after this place, which the log must hold. Otherwise, after a backup was restored, reading on would skip or
    /// repeat events unnoticed. For a position alone, the log must only reach it.
    #[must_use]
    pub fn after(mut self, place: impl Into<Place>) -> ReadOptions {
        self.holds = place.into();
        self.after = self.holds.position;
        self
    }

    /// Only events at positions up to and including `position`.
    #[must_use]
    pub fn until(mut self, position: Position) -> ReadOptions {
        self.until = Some(position);
        self
    }

    /// Only events from this version of their stream on: `from_version(1)` leaves nothing out. The query must be of one stream,
    /// such as [`Query::stream`].
    #[must_use]
    pub fn from_version(mut self, version: u64) -> ReadOptions {
        self.from_version = Some(version);
        self
    }

    /// Only events up to and including this version of their stream. The query must be of one stream, such as
    /// [`Query::stream`].
    #[must_use]
    pub fn to_version(mut self, version: u64) -> ReadOptions {
        self.to_version = Some(version);
        self
    }

    /// Descending positions: the newest event first.
    #[must_use]
    pub fn backward(mut self) -> ReadOptions {
        self.direction = Direction::Backward;
        self
    }

    /// At most this many events in a page.
    #[must_use]
    pub fn limit(mut self, events: usize) -> ReadOptions {
        self.limit = events;
        self
    }

    /// Only returns once what was read is as safe as what an append confirmed: for answers that something is already done. Readers of
    /// PostgreSQL may see an event that its synchronous standbys do not have, if the wait of its commit was cut off; this read waits for
    /// them, and fails on a standby as [`ReadOnly`](crate::log::StoreErrorKind::ReadOnly). In the other stores, readers only see what is safe.
    #[must_use]
    pub fn confirmed(mut self) -> ReadOptions {
        self.confirmed = true;
        self
    }

    /// The first and the last version that this read asks for, if it bounds them. For stores.
    pub fn versions(&self) -> Option<(u64, u64)> {
        let is_bounded = self.from_version.is_some() || self.to_version.is_some();
        is_bounded.then(|| (self.from_version.unwrap_or_default(), self.to_version.unwrap_or(u64::MAX)))
    }

    /// Whether an event lies between the positions and the versions that this read asks for.
    pub fn covers(&self, event: &RecordedEvent) -> bool {
        let version = event.stream.as_ref().map(|at| at.version);
        event.position > self.after
            && self.until.is_none_or(|until| event.position <= until)
            && self.versions().is_none_or(|(first, last)| version.is_some_and(|at| first <= at && at <= last))
    }

    /// The limit, clamped to 1 to 10,000. For stores.
    pub fn page_len(&self) -> usize {
        self.limit.clamp(1, crate::log::bounds::PAGE_EVENTS_MAX)
    }

    /// The options that continue after the last event of a page, in a log that still holds that event.
    #[must_use]
    pub fn following(mut self, last: impl Into<Place>) -> ReadOptions {
        self.holds = last.into();
        match self.direction {
            Direction::Forward => self.after = self.holds.position,
            Direction::Backward => self.until = Some(self.holds.position.previous()),
        }
        self
    }
}
