use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::decode_error::{DecodeError, DecodeReason};
use crate::codec::encode::EncodeError;
use crate::codec::encoded::Encoded;
use crate::codec::json::ToJson;
use crate::codec::kind::PayloadKind;
use crate::log::name::WireName;
use crate::log::query::{Query, QueryItem};
use crate::log::recorded::RecordedEvent;
use crate::log::tag::{Arity, IdType, Tags};
use crate::message::{contains, same};
use crate::model::aggregate::Evolve;
use crate::model::decider::Emitter;
use crate::model::decode::{decode_single, newer};
use crate::model::format::Format;
use crate::shape::ShapeDef;

/// A tag field of an event or a command: its key, its field, and how many tags it yields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TagField {
    /// The key.
    pub key: &'static str,
    /// The field that holds the value.
    pub field: &'static str,
    /// How many tags the field yields.
    pub arity: Arity,
    /// The type of the ids that it yields.
    pub id_type: IdType,
}

/// A place in a program's source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceLocation {
    /// The module.
    pub module: &'static str,
    /// The file, as the compiler was given it.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: u32,
}

/// A field of an event or a command, by name and by the text of its Rust type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// The name of the field in Rust, or its number in a tuple struct.
    pub name: &'static str,
    /// The text of its Rust type.
    pub rust_type: &'static str,
}

/// The description of one event type at one schema version. A stored command is described in the same way.
#[derive(Clone, Copy, Debug)]
pub struct EventType {
    /// Whether it is an event or a command.
    pub kind: PayloadKind,
    /// The wire name.
    pub name: &'static str,
    /// The schema version, from 1.
    pub version: u32,
    /// Former wire names.
    pub aliases: &'static [&'static str],
    /// The name of the Rust type.
    pub rust_name: &'static str,
    /// The tags, in the order of the fields.
    pub tags: &'static [TagField],
    /// The fields.
    pub fields: &'static [Field],
    /// The type of the version before, where a typed upcaster reads it.
    pub previous: Option<&'static EventType>,
    /// Whether it is `pub`, without a restriction.
    pub public: bool,
    /// The media type of the format that its payloads are written in.
    pub content_type: &'static str,
    /// The shape of its payloads, if they hold personal data.
    pub personal: Option<&'static ShapeDef>,
    /// The place of the type in the source.
    pub location: SourceLocation,
}

impl EventType {
    /// Whether this wire name is that of the type, now or formerly.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// A set of event types: one, or the members of an enum, of a tuple or of an impl block.
#[derive(Clone, Copy, Debug)]
pub enum EventTypes {
    /// One event type.
    One(&'static EventType),
    /// The members of several sets.
    Many(&'static [EventTypes]),
}

impl EventTypes {
    /// No event types.
    pub const NONE: EventTypes = EventTypes::Many(&[]);

    /// Calls `each` for every event type of the set.
    pub fn for_each(self, each: &mut dyn FnMut(&'static EventType)) {
        match self {
            EventTypes::One(event) => each(event),
            EventTypes::Many(sets) => sets.iter().for_each(|set| set.for_each(each)),
        }
    }

    /// Whether an event of this wire name, which may be a former one, is in the set.
    pub(crate) fn has(self, name: &str) -> bool {
        self.named(name).is_some()
    }

    /// The type that has this wire name, now or formerly.
    pub(crate) fn named(self, name: &str) -> Option<&'static EventType> {
        match self {
            EventTypes::One(event) => event.is_named(name).then_some(event),
            EventTypes::Many(sets) => sets.iter().find_map(|set| set.named(name)),
        }
    }

    /// Whether an event of the set has this wire name, now or formerly.
    pub(crate) const fn claim(self, name: &str) -> bool {
        match self {
            EventTypes::One(event) => same(event.name, name) || contains(event.aliases, name),
            EventTypes::Many(sets) => {
                let mut i = 0;
                while i < sets.len() {
                    if sets[i].claim(name) {
                        return true;
                    }
                    i += 1;
                }
                false
            }
        }
    }

    /// Whether there are no event types in the set.
    const fn is_empty(self) -> bool {
        match self {
            EventTypes::One(_) => false,
            EventTypes::Many(sets) => {
                let mut i = 0;
                while i < sets.len() {
                    if !sets[i].is_empty() {
                        return false;
                    }
                    i += 1;
                }
                true
            }
        }
    }

    /// Whether an event of this wire name is in the set; former names do not count.
    pub(crate) const fn hold(self, name: &str) -> bool {
        match self {
            EventTypes::One(event) => same(event.name, name),
            EventTypes::Many(sets) => {
                let mut i = 0;
                while i < sets.len() {
                    if sets[i].hold(name) {
                        return true;
                    }
                    i += 1;
                }
                false
            }
        }
    }

    /// The wire names of the set, former ones included: what a query asks for.
    pub fn names(self) -> Vec<&'static str> {
        let mut names = Vec::new();
        self.for_each(&mut |event| {
            names.push(event.name);
            names.extend(event.aliases);
        });
        names
    }

    /// The same, as a query takes them.
    pub(crate) fn wire_names(self) -> impl Iterator<Item = WireName> {
        self.names().into_iter().map(WireName::from_static)
    }
}

/// An event, or an enum of events. Implemented by `#[derive(Event)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event\nhelp: put `#[derive(Event, Serialize, Deserialize)]` on `{Self}`",
    label = "not an event"
)]
pub trait Event: Sized + Send + Sync + 'static {
    /// The event types that a value of this type may hold.
    const TYPES: EventTypes;

    /// Decodes a recorded event; runs the upcasters of an old version. The wire name of an event that is one type has been
    /// compared already; an enum finds its variant by it.
    ///
    /// # Errors
    /// [`DecodeReason::UnknownName`] for an enum that has no variant of this name; [`DecodeReason::NewerVersion`],
    /// [`DecodeReason::Malformed`] and the other reasons for a payload that this program cannot read.
    #[doc(hidden)]
    fn decode_named(event: &RecordedEvent) -> Result<Self, DecodeError>;

    /// Encodes this event for an append.
    #[doc(hidden)]
    fn encode(&self, emitter: &mut Emitter) -> Result<(), EncodeError>;
}

/// What `Query::of` takes: an event, or an enum of events.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event\nhelp: name an event or an enum of events; for those that an aggregate evolves, write `evolved_by::<{Self}>()`",
    label = "not an event, nor an enum of events"
)]
pub trait EventSet {
    /// The event types.
    const EVENTS: EventTypes;
}

#[diagnostic::do_not_recommend]
impl<E: Event> EventSet for E {
    const EVENTS: EventTypes = E::TYPES;
}

impl QueryItem {
    /// Events of a type, or of the types of an enum, also under their former names. The parts that are added to it narrow it down.
    ///
    /// ```
    /// # use eskit_runtime::log::{Query, QueryItem, Tag};
    /// # use eskit_runtime::model::EventSet;
    /// # fn of<CourseEvent: EventSet>() -> Query {
    /// QueryItem::of::<CourseEvent>().with_tag(Tag::new("course", "c1")).into()
    /// # }
    /// ```
    pub fn of<T: EventSet>() -> QueryItem {
        const { refuse_none(T::EVENTS) };
        QueryItem::types(T::EVENTS.wire_names())
    }

    /// The events that an aggregate evolves, of all its instances, also under their former names.
    pub fn evolved_by<A: Evolve>() -> QueryItem {
        const { refuse_none(A::EVENTS) };
        QueryItem::types(A::EVENTS.wire_names())
    }
}

#[allow(clippy::panic, reason = "in a const block: an error of the compiler, not of the program")]
const fn refuse_none(events: EventTypes) {
    if events.is_empty() {
        panic!(
            "it holds no event types, and a query without types asks for all\nhelp: write `QueryItem::default()` for all events"
        );
    }
}

impl Query {
    /// Every event of a type, or of the types of an enum, also under their former names: `Query::of::<CourseEvent>()`.
    /// See [`QueryItem::of`].
    pub fn of<T: EventSet>() -> Query {
        Query::from(QueryItem::of::<T>())
    }

    /// The events that an aggregate evolves, of all its instances, also under their former names: `Query::evolved_by::<Course>()`.
    pub fn evolved_by<A: Evolve>() -> Query {
        Query::from(QueryItem::evolved_by::<A>())
    }
}

/// What can be written as JSON and read back: whatever is `Serialize` and `DeserializeOwned`. A trait of its own, and
/// not those two as bounds of [`SingleEvent`], so that an event or a stored command without either is one error that says what to derive.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored, since it cannot be written and read as JSON\nhelp: add `Serialize, Deserialize` to its derives; if they are there, mend serde's error first",
    label = "not `Serialize` and `Deserialize`"
)]
pub trait Payload: Sized {
    /// Reads a payload.
    #[doc(hidden)]
    fn read_json(text: &str) -> serde_json::Result<Self>;

    /// What writes the payload.
    #[doc(hidden)]
    fn as_json(&self) -> &dyn ToJson;

    /// Reads a payload from CBOR, if it can be read without JSON text in between.
    #[cfg(feature = "cbor")]
    #[doc(hidden)]
    fn read_cbor(bytes: &[u8]) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Payload for T {
    #[inline]
    fn read_json(text: &str) -> serde_json::Result<T> {
        crate::codec::json::read(text)
    }

    #[inline]
    fn as_json(&self) -> &dyn ToJson {
        self
    }

    #[cfg(feature = "cbor")]
    fn read_cbor(bytes: &[u8]) -> Option<T> {
        crate::codec::read_cbor(bytes)
    }
}

/// One event type: what every struct that derives `Event` is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not one event\nhelp: name a struct that has `#[derive(Event, Serialize, Deserialize)]`",
    label = "not a struct that derives `Event`"
)]
pub trait SingleEvent: Event + Payload {
    /// The wire name.
    const NAME: &'static str = Self::TYPE.name;
    /// The schema version, from 1.
    const VERSION: u32 = Self::TYPE.version;
    /// All that the program knows of this type.
    const TYPE: &'static EventType;

    /// Adds the tags of this event.
    fn tags(&self, _tags: &mut Tags) {}

    /// Decodes an older version of this event: one below [`SingleEvent::VERSION`].
    #[doc(hidden)]
    fn upcast(encoded: &Encoded<'_>) -> Result<Self, DecodeError> {
        Err(newer(encoded, Self::VERSION))
    }

    /// How its payloads are written and read where they are no JSON.
    #[doc(hidden)]
    const FORMAT: Option<Format<Self>> = None;
}

/// The one impl for all that is one event, so that a derive writes it for enums only.
#[diagnostic::do_not_recommend]
impl<E: SingleEvent> Event for E {
    const TYPES: EventTypes = EventTypes::One(E::TYPE);

    #[inline]
    fn decode_named(event: &RecordedEvent) -> Result<E, DecodeError> {
        decode_single(event)
    }

    fn encode(&self, emitter: &mut Emitter) -> Result<(), EncodeError> {
        match E::FORMAT {
            Some(format) => (format.push)(self, emitter),
            None => emitter.push(self),
        }
    }
}

impl RecordedEvent {
    /// Decodes the payload as an event, or as the matching variant of an enum of events. Old versions are upcast.
    ///
    /// ```
    /// # use eskit_runtime as eskit;
    /// use eskit::log::RecordedEvent;
    /// use eskit::{Event, codec::DecodeError};
    ///
    /// /// All events of a page as one type, which may be an enum of events.
    /// fn decode_all<E: Event>(page: &[RecordedEvent]) -> Result<Vec<E>, DecodeError> {
    ///     page.iter().map(|recorded| recorded.decode()).collect()
    /// }
    /// ```
    ///
    /// # Errors
    /// [`DecodeReason::UnknownName`] if `E` has no event of this wire name or alias; the other reasons if the payload cannot be
    /// read.
    #[inline]
    pub fn decode<E: Event>(&self) -> Result<E, DecodeError> {
        match E::TYPES {
            EventTypes::One(event) if !event.is_named(&self.name) => Err(self.unknown_to::<E>()),
            // An enum looks the name up to find the variant.
            _ => E::decode_named(self),
        }
    }

    /// Like [`RecordedEvent::decode`], but returns `None` for events that this program does not know: events of a name that `E`
    /// does not have, or of a newer version. Use it where such events do not matter, never to make a decision.
    ///
    /// # Errors
    /// The program knows the event, but cannot read it.
    pub fn decode_known<E: Event>(&self) -> Result<Option<E>, DecodeError> {
        match self.decode() {
            Ok(event) => Ok(Some(event)),
            Err(DecodeError {
                reason: DecodeReason::UnknownName { .. } | DecodeReason::NewerVersion { .. }, ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    #[cold]
    pub(crate) fn undecodable(&self, reason: DecodeReason) -> DecodeError {
        Encoded::of_event(self).undecodable(reason)
    }

    /// The type that was asked for holds no event of this name.
    #[cold]
    pub(crate) fn unknown_to<E>(&self) -> DecodeError {
        self.undecodable(DecodeReason::UnknownName { asked: std::any::type_name::<E>() })
    }
}
