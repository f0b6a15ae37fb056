//! The projections and processors of a program.

use serde_json::{Value, json};

use super::{place, source_json};
use crate::model::event::EventTypes;
use crate::model::subscriber::SubscriberType;
use crate::personal::KeptPersonal;

/// What a macro registered of a projection or a processor.
#[derive(Clone, Copy, Debug)]
pub struct SubscriberEntry {
    /// Its description.
    pub subscriber: &'static SubscriberType,
    /// The events that its methods take.
    pub events: EventTypes,
    /// Whether it also takes every other event.
    pub takes_all: bool,
    /// Whether it is a processor.
    pub acts: bool,
    /// What its read model keeps of the personal data in its events, if that is said.
    pub personal: Option<KeptPersonal>,
}

pub(super) fn to_json(entry: &SubscriberEntry) -> Value {
    let SubscriberEntry { subscriber, events, takes_all, acts, .. } = entry;
    let mut json = json!({
        "name": subscriber.name,
        "type": subscriber.rust_name,
        "events": events.names(),
        "takes_all": takes_all,
        "source": source_json(&subscriber.location),
    });
    if !acts {
        json["version"] = subscriber.version.into();
    }
    json
}

/// The subscribers that have one name, of which each would go on from the checkpoint of the other. They are sorted by name.
pub(super) fn clashes(subscribers: &[SubscriberEntry]) -> Vec<String> {
    let pairs = subscribers.windows(2).filter_map(|pair| match pair {
        [first, second] if first.subscriber.name == second.subscriber.name => Some((first, second)),
        _ => None,
    });
    let clashing = pairs.filter(|(first, second)| !is_written_once(first.subscriber, second.subscriber));
    clashing
        .map(|(first, second)| {
            format!("`{}` is the name of {} and of {}", first.subscriber.name, told(first), told(second))
        })
        .collect()
}

/// Whether two descriptions are of one subscriber in the source: a file may be a module of two crates.
fn is_written_once(a: &SubscriberType, b: &SubscriberType) -> bool {
    a.rust_name == b.rust_name && (a.location.file, a.location.line) == (b.location.file, b.location.line)
}

fn told(entry: &SubscriberEntry) -> String {
    let SubscriberEntry { subscriber: SubscriberType { location, rust_name, .. }, acts, .. } = entry;
    let kind = if *acts { "processor" } else { "projection" };
    format!("the {kind} `{}::{rust_name}` ({})", location.module, place(location))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::SourceLocation;
    use crate::model::registry::{Registry, RegistryError};
    use crate::model::subscriber::{OnError, Order};

    const fn named(rust_name: &'static str, module: &'static str, file: &'static str) -> SubscriberType {
        let location = SourceLocation { module, file, line: 7 };
        let (order, on_error) = (Order::All, OnError::Stop);
        SubscriberType { name: "course-list", version: 1, order, on_error, tables: "", rust_name, location }
    }

    static CAMPUS: SubscriberType = named("CourseList", "campus::lists", "campus/src/lists.rs");
    static ELSEWHERE: SubscriberType = named("CourseList", "program::lists", "campus/src/lists.rs");
    static SHOP: SubscriberType = named("Courses", "shop", "shop/src/lib.rs");
    static OTHER: SubscriberType = SubscriberType { name: "course-lists", ..named("Courses", "shop", "a.rs") };

    fn check(subscribers: &[(&'static SubscriberType, bool)]) -> Result<(), RegistryError> {
        let entry = |&(subscriber, acts): &(&'static SubscriberType, bool)| SubscriberEntry {
            subscriber,
            events: EventTypes::NONE,
            takes_all: false,
            acts,
            personal: None,
        };
        let subscribers = subscribers.iter().map(entry).collect();
        Registry { subscribers, ..Registry::default() }.check()
    }

    #[test]
    fn two_subscribers_of_one_name_are_refused() {
        let error = check(&[(&CAMPUS, false), (&SHOP, true), (&OTHER, true)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "names of subscriptions clash:\n  `course-list` is the name of the projection `campus::lists::CourseList` \
             (campus/src/lists.rs:7) and of the processor `shop::Courses` (shop/src/lib.rs:7)\nhelp: give one of each pair \
             another `name`: each keeps its checkpoint under its own"
        );
        assert_eq!(error.subscription_clashes().len(), 1);
    }

    #[test]
    fn a_file_that_is_compiled_twice_holds_one_projection() {
        assert_eq!(check(&[(&CAMPUS, false), (&ELSEWHERE, false), (&OTHER, false)]), Ok(()));
    }
}
