use std::collections::HashMap;

use crate::log::append::{Append, Condition, ExpectedVersion};
use crate::log::id::EventId;
use crate::log::new_event::NewEvent;
use crate::log::query::Query;
use crate::log::stream::StreamId;

/// Finds the appends of one batch that could depend on an earlier append of the same batch: an event of the earlier one could break or
/// fulfil one of their conditions, or has the id of one of their events.
///
/// A store that checks a whole batch in one call, against the log from before the batch, can write all of it at once except for such
/// appends. They must wait for the next batch if the earlier append is written.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::store_kit::Overlaps;
/// use eskit::log::{Append, Condition, NewEvent, Position, QueryItem};
///
/// let sold = Append::new(vec![NewEvent::json("shop.Sold", "{}")]);
/// let query = QueryItem::types(["shop.Sold"]).into();
/// let closed = Append::new(vec![NewEvent::json("shop.Closed", "{}")]);
/// let closed = closed.with(Condition::NoEvents { query, after: Position::START });
///
/// let mut overlaps = Overlaps::default();
/// overlaps.add(0, &sold);
/// assert_eq!(overlaps.of(&closed), [0]);
/// ```
#[derive(Default, Debug)]
pub struct Overlaps<'r> {
    ids: HashMap<EventId, usize>,
    tags: HashMap<&'r str, Vec<Entry<'r>>>,
    types: HashMap<&'r str, Vec<Entry<'r>>>,
    streams: HashMap<&'r StreamId, Vec<Entry<'r>>>,
    all: Vec<Entry<'r>>,
}

/// An event of an append that was added.
#[derive(Clone, Copy, Debug)]
struct Entry<'r> {
    append: usize,
    event: &'r NewEvent,
}

impl<'r> Overlaps<'r> {
    /// The numbers of the added appends that this one could depend on, in ascending order.
    pub fn of(&self, append: &'r Append) -> Vec<usize> {
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
            found.extend(entries.filter(|entry| entry.event.matches(item)).map(|entry| entry.append));
        }
    }

    /// Adds an append with its number.
    pub fn add(&mut self, number: usize, append: &'r Append) {
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
