use std::fmt;

use crate::model::aggregate::Evolve;
use crate::model::event::{EventType, EventTypes};
use crate::store_kit::fnv1a;

use super::state::SnapshotProjection;

/// Tells programs apart that fold the same events to other states.
///
/// It is a hash of:
///
/// - the name of the aggregate with its module, and the `version` in its `#[aggregate(..)]`
/// - its fields as they are written in the source, with their `#[serde(..)]` attributes; if it derives [`Shape`](crate::Shape), also
///   the shapes of the types of its fields, however deep
/// - its `#[evolve]` methods and what else stands in their impl block, except deciders
/// - the names, versions, tags and fields of the events that it evolves
///
/// Of a projection in memory, it is a hash of its name, its module and its `version`, of its [`Shape`](crate::Shape), of its impl block,
/// and of the events that it takes.
///
/// What the methods call elsewhere, and what upcasters do, is not part of it: when that changes, raise the `version`. The same source
/// has the same fingerprint in every build.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of an aggregate in this program.
    pub fn of<A: Evolve>() -> Fingerprint {
        let mut text = format!(
            "{}::{} {} {:x} {:x}",
            A::TYPE.location.module,
            A::TYPE.name,
            A::TYPE.version,
            A::TYPE.shape,
            A::LOGIC
        );
        push_events(&mut text, A::EVENTS);
        Fingerprint(fnv1a(text.as_bytes()))
    }

    /// The fingerprint of a projection in memory in this program.
    pub fn of_projection<P: SnapshotProjection>() -> Fingerprint {
        let mut text = format!(
            "projection {}::{} {} {} {:x} {:x} {}",
            P::TYPE.location.module,
            P::TYPE.rust_name,
            P::TYPE.name,
            P::TYPE.version,
            P::DEF.fingerprint,
            P::LOGIC,
            P::TAKES_ALL
        );
        push_events(&mut text, P::EVENTS);
        Fingerprint(fnv1a(text.as_bytes()))
    }

    /// The same, where something else is told apart too.
    #[must_use]
    pub fn with(self, option: &str) -> Fingerprint {
        Fingerprint(fnv1a(format!("{:x} {option}", self.0).as_bytes()))
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The fingerprint with this number.
    pub const fn new(number: u64) -> Fingerprint {
        Fingerprint(number)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Adds the descriptions of events. The order in which the methods stand says nothing.
fn push_events(text: &mut String, types: EventTypes) {
    let mut events = Vec::new();
    types.for_each(&mut |event| events.push(described(event)));
    events.sort_unstable();
    events.iter().for_each(|event| text.push_str(event));
}

fn described(event: &EventType) -> String {
    let tags: Vec<_> = event.tags.iter().map(|tag| (tag.key, tag.field)).collect();
    let fields: Vec<_> = event.fields.iter().map(|field| (field.name, field.rust_type)).collect();
    format!("\n{} {} {:?} {tags:?} {fields:?}", event.name, event.version, event.aliases)
}
