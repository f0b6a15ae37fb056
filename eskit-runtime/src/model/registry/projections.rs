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
