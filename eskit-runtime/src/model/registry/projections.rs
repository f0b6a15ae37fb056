//! The projections of a program.

use serde_json::{Value, json};

use super::{place, source_json};
use crate::model::event::EventTypes;
use crate::model::subscriber::SubscriberType;

/// A projection, the events that its methods take, and whether it also takes every other event.
pub(super) type Projection = (&'static SubscriberType, EventTypes, bool);

pub(super) fn to_json((projection, events, takes_all): &Projection) -> Value {
    json!({
        "name": projection.name,
        "version": projection.version,
        "type": projection.rust_name,
        "events": events.names(),
        "takes_all": takes_all,
        "source": source_json(&projection.location),
    })
}

/// The projections that have one name, of which each would go on from the checkpoint of the other. They are sorted by name.
pub(super) fn clashes(projections: &[Projection]) -> Vec<String> {
    let pairs = projections.windows(2).filter_map(|pair| match pair {
        [(first, ..), (second, ..)] if first.name == second.name => Some((*first, *second)),
        _ => None,
    });
    let clashing = pairs.filter(|(first, second)| !is_written_once(first, second));
    clashing
        .map(|(first, second)| format!("`{}` is the name of {} and of {}", first.name, told(first), told(second)))
        .collect()
}

/// Whether two descriptions are of one projection in the source: a file may be a module of two crates.
fn is_written_once(a: &SubscriberType, b: &SubscriberType) -> bool {
    a.rust_name == b.rust_name && (a.location.file, a.location.line) == (b.location.file, b.location.line)
}

fn told(projection: &SubscriberType) -> String {
    format!("`{}::{}` ({})", projection.location.module, projection.rust_name, place(&projection.location))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::SourceLocation;
    use crate::model::registry::{Registry, RegistryError};
    use crate::model::subscriber::{OnError, Order};

    const fn projection(rust_name: &'static str, module: &'static str, file: &'static str) -> SubscriberType {
        let location = SourceLocation { module, file, line: 7 };
        let (order, on_error) = (Order::All, OnError::Stop);
        SubscriberType { name: "course-list", version: 1, order, on_error, tables: "", rust_name, location }
    }

    static CAMPUS: SubscriberType = projection("CourseList", "campus::lists", "campus/src/lists.rs");
    static ELSEWHERE: SubscriberType = projection("CourseList", "program::lists", "campus/src/lists.rs");
    static SHOP: SubscriberType = projection("Courses", "shop", "shop/src/lib.rs");
    static OTHER: SubscriberType = SubscriberType { name: "course-lists", ..projection("Courses", "shop", "a.rs") };

    fn check(projections: &[&'static SubscriberType]) -> Result<(), RegistryError> {
        let projections = projections.iter().map(|projection| (*projection, EventTypes::NONE, false)).collect();
        Registry { projections, ..Registry::default() }.check()
    }

    #[test]
    fn two_projections_of_one_name_are_refused() {
        let error = check(&[&CAMPUS, &SHOP, &OTHER]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "projections clash:\n  `course-list` is the name of `campus::lists::CourseList` (campus/src/lists.rs:7) and of \
             `shop::Courses` (shop/src/lib.rs:7)\nhelp: give one of each pair another `name`: each keeps its checkpoint under its own"
        );
        assert_eq!(error.projection_clashes().len(), 1);
    }

    #[test]
    fn a_file_that_is_compiled_twice_holds_one_projection() {
        assert_eq!(check(&[&CAMPUS, &ELSEWHERE, &OTHER]), Ok(()));
    }
}
