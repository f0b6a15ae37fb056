//! Whether the package was renamed since the events of the log were stored.

use std::collections::{BTreeMap, BTreeSet};

use eskit_runtime::EventStore;
use eskit_runtime::log::limits::QUERY_TYPES_MAX;
use eskit_runtime::log::{Query, QueryItem, ReadOptions};
use eskit_runtime::model::Registry;

use crate::own_events::is_of_eskit;

/// How many of the first events are looked at.
const LOOKED_AT: usize = 100;

/// What to say of a log that holds none of the program's events, and begins with events that all have the names of its own but for the part
/// that is the package; `None` of any other, and of one that cannot be read now.
pub(super) async fn look(store: &impl EventStore, registry: &Registry) -> Option<String> {
    let own = registry.events().iter().filter(|event| !is_of_eskit(event.name));
    let names: BTreeSet<&str> =
        own.flat_map(|event| std::iter::once(&event.name).chain(event.aliases)).copied().collect();
    if names.is_empty() || names.len() > QUERY_TYPES_MAX {
        return None;
    }
    let own = Query::from(QueryItem::types(names.iter().copied()));
    if !store.read(&own, ReadOptions::default().limit(1)).await.ok()?.events.is_empty() {
        return None;
    }
    let first = store.read(&Query::all(), ReadOptions::default().limit(LOOKED_AT)).await.ok()?.events;
    let stored: BTreeSet<&str> =
        first.iter().map(|event| event.name.as_str()).filter(|name| !is_of_eskit(name)).collect();
    let (new, old) = renamed(&names, &stored)?;
    Some(format!(
        "the log holds none of this program's events, whose names begin with `{new}.`, and begins with events of the same names that begin with \
         `{old}.`\nhelp: if the package was renamed, write `#[event(context = \"{old}\")]` on each event; if the log is one of another \
         program, there is nothing to do"
    ))
}

/// The first part of the program's names, and that of the stored ones, if that is all in which they differ.
fn renamed<'n>(names: &BTreeSet<&'n str>, stored: &BTreeSet<&'n str>) -> Option<(&'n str, &'n str)> {
    let mut types: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (context, name) in names.iter().filter_map(|name| name.rsplit_once('.')) {
        types.entry(context).or_default().insert(name);
    }
    let mut stored = stored.iter().map(|name| name.rsplit_once('.'));
    let (old, first) = stored.next()??;
    let mut fitting = types.into_iter().filter(|(_, names)| names.contains(first));
    let ((new, names), None) = (fitting.next()?, fitting.next()) else { return None };
    let same = |name: Option<(&str, &str)>| name.is_some_and(|(context, name)| context == old && names.contains(name));
    stored.all(same).then_some((new, old))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&'static str], stored: &[&'static str]) -> Option<(&'static str, &'static str)> {
        renamed(&names.iter().copied().collect(), &stored.iter().copied().collect())
    }

    #[test]
    fn only_names_that_differ_in_their_first_part_are_those_of_a_renamed_package() {
        let names = ["new.Opened", "new.Closed", "audit.Seen"];
        assert_eq!(of(&names, &["old.Opened"]), Some(("new", "old")));
        assert_eq!(of(&names, &["old.Closed", "old.Opened"]), Some(("new", "old")));
        assert_eq!(of(&names, &["old.Closed", "old.Moved"]), None);
        assert_eq!(of(&names, &["old.Closed", "older.Opened"]), None);
        assert_eq!(of(&names, &["old.Closed", "old.Seen"]), None);
        assert_eq!(of(&names, &["Closed"]), None);
        assert_eq!(of(&names, &[]), None);
        // Either of two packages may have been renamed.
        assert_eq!(of(&["new.Opened", "other.Opened"], &["old.Opened"]), None);
    }
}
