use std::sync::Arc;

use crate::log::position::{Place, Position};
use crate::log::recorded::RecordedEvent;

/// An event that was given up after its last try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenUp {
    /// The position of the event.
    pub position: Position,
    /// The text of the last error.
    pub text: String,
    /// How often it was tried.
    pub attempts: u32,
}

/// What is handed to the views at once, to be committed in one transaction. Cheap to clone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch {
    page: Arc<Vec<RecordedEvent>>,
    first: usize,
    end: usize,
    /// Events of the batch that were given up: views do not hand them over.
    pub given_up: Vec<GivenUp>,
    /// The checkpoint after this batch.
    pub to: Place,
    /// The last event of the log, as far as it is known.
    pub head: Position,
}

impl Batch {
    /// A batch of these events, after which the checkpoint is at `to`.
    pub fn new(events: Vec<RecordedEvent>, to: Place) -> Batch {
        let (end, head) = (events.len(), to.position);
        Batch { page: Arc::new(events), first: 0, end, given_up: Vec::new(), to, head }
    }

    /// The events, in the order of the log. They contain whole appends only, as far as those were read.
    pub fn events(&self) -> &[RecordedEvent] {
        &self.page[self.first..self.end]
    }

    /// The events to hand over, each with its index in [`Batch::events`]: those that were not given up.
    pub fn to_handle(&self) -> impl Iterator<Item = (usize, &RecordedEvent)> {
        self.events().iter().enumerate().filter(|(_, event)| self.reason(event.position).is_none())
    }

    /// Why the event at this position was given up, if it was.
    pub fn reason(&self, position: Position) -> Option<&GivenUp> {
        self.given_up.iter().find(|given_up| given_up.position == position)
    }

    /// Whether the subscription has handled all that the log holds, once this batch is handled.
    pub fn is_live(&self) -> bool {
        self.to.position >= self.head
    }

    /// Splits off the append that holds the event at `index`: what comes before it, if anything does, that append, and what
    /// comes after it.
    pub(super) fn split_at_append(&self, index: usize) -> (Option<Batch>, Batch, Option<Batch>) {
        let events = self.events();
        let end = events[index].append_end();
        let first = events.partition_point(|event| event.append_end() < end);
        let last = events.partition_point(|event| event.append_end() <= end);
        let part = |from: usize, until: usize, to: Place| {
            let (first, end) = (self.first + from, self.first + until);
            Batch { page: Arc::clone(&self.page), first, end, given_up: self.given_up.clone(), to, head: self.head }
        };
        let before = (first > 0).then(|| part(0, first, events[first - 1].place()));
        let behind = (last < events.len()).then(|| part(last, events.len(), self.to));
        let to = if behind.is_some() { events[last - 1].place() } else { self.to };
        (before, part(first, last, to), behind)
    }
}
