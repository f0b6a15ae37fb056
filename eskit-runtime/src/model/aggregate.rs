mod load_key;

use std::fmt;
use std::fmt::Write as _;

use crate::codec::decode_error::DecodeError;
use crate::codec::error::CodecError;
use crate::log::name::WireName;
use crate::log::query::QueryItem;
use crate::log::recorded::RecordedEvent;
use crate::log::stream::StreamId;
use crate::log::tag::{IdType, Tag};
use crate::model::check::check_key;
use crate::model::event::{EventTypes, SourceLocation};
use crate::personal::KeptPersonal;

pub use load_key::{KeyType, KeyValue, Keys, LoadKey, Stated};

/// What selects the events of one instance of an aggregate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// They live in the stream of this type whose id is the key's value.
    Stream(&'static str),
    /// They carry a tag with each of these keys.
    Tags(&'static [&'static str]),
    /// Nothing: there is one instance, of all events that it evolves.
    All,
}

impl Key {
    /// The tag keys: one for a stream, none for all events.
    pub const fn names(&self) -> &[&'static str] {
        match self {
            Key::Stream(name) => std::slice::from_ref(name),
            Key::Tags(names) => names,
            Key::All => &[],
        }
    }
}

/// The description of one aggregate.
#[derive(Clone, Copy, Debug)]
pub struct AggregateType {
    /// What its states keep of the personal data in its events, if that is said.
    pub personal: Option<KeptPersonal>,
    /// The name of the Rust type.
    pub name: &'static str,
    /// What selects the events of one instance.
    pub key: Key,
    /// The type of each value of the key, as `#[aggregate(.., key = Sku)]` states it; none where it does not.
    pub id_types: &'static [IdType],
    /// Whether events of its streams that it does not evolve are passed over (`#[aggregate(stream = "..", partial)]`).
    pub partial: bool,
    /// The fields by which its rows are found and sorted (`#[aggregate(.., index("taken"))]`).
    pub index: &'static [&'static str],
    /// The version of its logic, from 1: with another version, its rows are built anew, and its snapshots are not used.
    pub version: u32,
    /// A hash of the fields of its state as they are written in the source and, if it derives [`Shape`](crate::Shape), of their shapes;
    /// 0 if it is not known.
    pub shape: u64,
    /// Its name as a subscription: `course-seats` for `CourseSeats`.
    pub slug: &'static str,
    /// Whether it is `pub`, without a restriction.
    pub public: bool,
    /// The place of the type in the source.
    pub location: SourceLocation,
}

impl AggregateType {
    /// What is said of one of its states that cannot be written or read: the error, which may quote the state, unless that holds personal
    /// data.
    pub(crate) fn told(&self, error: impl fmt::Display) -> String {
        match self.personal {
            Some(KeptPersonal::Revealed) => CodecError::hidden().to_string(),
            _ => error.to_string(),
        }
    }

    /// How a part of one of its states is called, by the path to it, which may have keys of maps in it.
    pub(crate) fn told_path(&self, path: &str) -> String {
        let is_shown = self.personal != Some(KeptPersonal::Revealed) && !path.is_empty();
        if is_shown { format!("`{path}`") } else { "a part of it".to_owned() }
    }
}

/// State that is folded from events. Implemented by `#[aggregate(..)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate\nhelp: put `#[aggregate(tag = \"..\")]` or `#[aggregate(stream = \"..\")]` on `{Self}`",
    label = "not an aggregate"
)]
pub trait Aggregate: Sized + 'static {
    /// All that the program knows of this type.
    const TYPE: &'static AggregateType;
    /// The keys of one instance: `Keys<1>`, `Keys<2>`, and so on, for that many values; `Keys<0>` if there is only one instance. Where
    /// `#[aggregate(.., key = Sku)]` states the type of the key, a [`Stated`] or a tuple of them.
    type Keys;

    /// The state before the first event: its `Default`.
    fn initial() -> Self;
}

/// How an aggregate folds its events. Implemented by `#[decider]` on its impl block.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate that evolves events\nhelp: an aggregate has `#[aggregate(tag = \"..\")]` on it, and `#[decider] impl {Self} {{ #[evolve] fn happened(&mut self, event: &SomethingHappened) {{ .. }} }}`; what else a decider needs, such as the time, is a field of its command, which comes first",
    label = "not an aggregate with a `#[decider]` impl block"
)]
// `Send` and `Sync` are asked here, and not of `Aggregate`: rustc would ask them again for each trait that follows from it.
pub trait Evolve: Aggregate + Send + Sync {
    /// The event types that the `#[evolve]` methods take.
    const EVENTS: EventTypes;
    /// A hash of the source of the `#[evolve]` methods, and of what else stands in their impl block except deciders; 0 if it is not known.
    const LOGIC: u64 = 0;

    /// Folds one recorded event into the state. Returns `false` for an event that no method takes.
    ///
    /// # Errors
    /// The event is one of [`Evolve::EVENTS`], but its payload cannot be read.
    fn evolve(&mut self, event: &RecordedEvent) -> Result<bool, DecodeError>;
}

/// The events of one instance of a model: one stream, those that carry certain tags, or all.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// The events of this stream.
    Stream(StreamId),
    /// The events that carry all of these tags.
    Tags(Vec<Tag>),
    /// All events.
    All,
}

impl Scope {
    /// The scope that these values select, in the order of the key's names.
    pub(crate) fn new(key: &Key, values: &[String]) -> Scope {
        match key {
            Key::Stream(name) => Scope::Stream(StreamId::new(WireName::from_static(name), &*values.concat())),
            Key::Tags(names) => {
                Scope::Tags(names.iter().zip(values).map(|(name, value)| Tag::new(name, value)).collect())
            }
            Key::All => Scope::All,
        }
    }

    /// The query item that reads this scope. A stream is read whole, since its version counts every event.
    pub(crate) fn query_item(&self, events: EventTypes) -> QueryItem {
        let tags = match self {
            Scope::Stream(stream) => return QueryItem::stream(stream.clone()),
            Scope::Tags(tags) => tags.as_slice(),
            Scope::All => &[],
        };
        QueryItem::tags(tags.iter().cloned()).with_types(events.wire_names())
    }

    /// Whether an event is in this scope.
    pub(crate) fn holds(&self, event: &RecordedEvent) -> bool {
        match self {
            Scope::Stream(stream) => event.stream.as_ref().is_some_and(|at| at.stream == *stream),
            Scope::Tags(tags) => tags.iter().all(|tag| event.tags.contains(tag.as_ref())),
            Scope::All => true,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Stream(stream) => write!(f, "stream `{stream}`"),
            Scope::Tags(tags) => {
                f.write_str("tag")?;
                tags.iter().try_for_each(|tag| write!(f, " `{tag}`"))
            }
            Scope::All => f.write_str("all events"),
        }
    }
}

impl StreamId {
    /// The stream of one instance of a stream aggregate, from a key as in [`load`](fn@crate::execute::load):
    /// `StreamId::of::<Account>(&account)`. Other aggregates have none, and do not compile here.
    #[allow(clippy::panic, reason = "in a const block: an error of the compiler, not of the program")]
    pub fn of<A: Evolve>(id: impl LoadKey<A::Keys>) -> StreamId {
        let name = const {
            match A::TYPE.key {
                Key::Stream(name) => name,
                Key::Tags(_) | Key::All => panic!("only an aggregate with `stream = \"..\"` has streams"),
            }
        };
        const { check_key::<A, _>() }.of(&id);
        let mut text = String::new();
        id.each_value(&mut |value| {
            let _ = write!(text, "{value}");
        });
        StreamId::new(WireName::from_static(name), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_quotes_no_state_with_personal_data() {
        let location = SourceLocation { module: "tests", file: "tests", line: 1 };
        let student = |personal| AggregateType {
            personal,
            name: "Student",
            key: Key::All,
            id_types: &[],
            partial: false,
            index: &[],
            version: 1,
            shape: 0,
            slug: "student",
            public: false,
            location,
        };
        let told = |personal| student(personal).told("invalid value: string \"Ada\"");
        assert!(!told(Some(KeptPersonal::Revealed)).contains("Ada"));
        assert!(told(Some(KeptPersonal::None)).contains("Ada") && told(None).contains("Ada"));
        let path = |personal| student(personal).told_path("marks.Ada");
        assert_eq!((&*path(Some(KeptPersonal::Revealed)), &*path(None)), ("a part of it", "`marks.Ada`"));
    }
}
