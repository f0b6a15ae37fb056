use std::collections::HashMap;

use eskit_runtime::{Append, Condition, EventId, ExpectedVersion, NewEvent, Query, QueryItem, StreamId};

/// Finds which appends of one batch could hang on an earlier one: a condition that an event of the earlier one could break
/// or fulfil, or the same event id.
#[derive(Default)]
pub(crate) struct Overlaps<'r> {
    ids: HashMap<EventId, usize>,
    tags: HashMap<&'r str, Vec<Entry<'r>>>,
    types: HashMap<&'r str, Vec<Entry<'r>>>,
    streams: HashMap<&'r StreamId, Vec<Entry<'r>>>,
    all: Vec<Entry<'r>>,
}

/// An event of an append that was added.
#[derive(Clone, Copy)]
struct Entry<'r> {
    append: usize,
    event: &'r NewEvent,
}

impl<'r> Overlaps<'r> {
    /// The appends on which this one could hang, ascending.
    pub(crate) fn of(&self, append: &'r Append) -> Vec<usize> {
        let mut found: Vec<usize> = append.events.iter().filter_map(|event| self.ids.get(&event.id).copied()).collect();
        for condition in &append.conditions {
            match condition {
                Condition::Stream { expected: ExpectedVersion::Any, .. } | Condition::Holds(_) => {}
                Condition::Stream { stream, .. } => {
                    found.extend(self.streams.get(stream).into_iter().flatten().map(|entry| entry.append));
                }
                Condition::NoEvents { query, .. } => self.add_matches(query, &mut found),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn add_matches(&self, query: &Query, found: &mut Vec<usize>) {
        for item in query.items() {
            let candidates: Vec<&[Entry<'r>]> = if let Some(tag) = item.tags.first() {
                vec![self.tags.get(tag.as_str()).map_or(&[], Vec::as_slice)]
            } else if let Some(stream) = &item.stream {
                vec![self.streams.get(stream).map_or(&[], Vec::as_slice)]
            } else if item.types.is_empty() {
                vec![&self.all]
            } else {
                item.types.iter().filter_map(|name| self.types.get(name.as_str())).map(Vec::as_slice).collect()
            };
            let entries = candidates.into_iter().flatten();
            found.extend(entries.filter(|entry| matches(item, entry.event)).map(|entry| entry.append));
        }
    }

    /// Adds an append, for those that come later.
    pub(crate) fn add(&mut self, number: usize, append: &'r Append) {
        for event in &append.events {
            let entry = Entry { append: number, event };
            self.ids.insert(event.id, number);
            self.all.push(entry);
            self.types.entry(event.name.as_str()).or_default().push(entry);
            for tag in event.tags.iter() {
                self.tags.entry(tag.as_str()).or_default().push(entry);
            }
            if let Some(stream) = &event.stream {
                self.streams.entry(stream).or_default().push(entry);
            }
        }
    }
}

/// Whether an event that is not yet recorded matches an item.
pub(crate) fn matches(item: &QueryItem, event: &NewEvent) -> bool {
    item.matches(&event.name, &event.tags, event.stream.as_ref(), event.id)
}
