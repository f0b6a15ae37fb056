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
    /// Which try of these events this is, from 1.
    pub attempt: u32,
}

impl Batch {
    /// A batch of these events, after which the checkpoint is at `to`.
    pub fn new(events: Vec<RecordedEvent>, to: Place) -> Batch {
        let (end, head) = (events.len(), to.position);
        Batch { page: Arc::new(events), first: 0, end, given_up: Vec::new(), to, head, attempt: 1 }
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

    /// Whether there is an event at this index, and it was not given up.
    pub(super) fn is_handed_over(&self, index: usize) -> bool {
        self.events().get(index).is_some_and(|event| self.reason(event.position).is_none())
    }

    /// Whether the subscription has handled all that the log holds, once this batch is handled.
    pub fn is_live(&self) -> bool {
        self.to.position >= self.head
    }

    /// The beginning of the batch, up to the append that holds the event at `index`.
    ///
    /// # Panics
    /// There is no event at this index.
    pub fn up_to(&self, index: usize) -> Batch {
        let (before, append, _) = self.split_at_append(index);
        let first = before.map_or(append.first, |before| before.first);
        Batch { first, ..append }
    }

    /// What is left of the batch after this place, if anything is.
    pub(super) fn after(&self, place: Place) -> Option<Batch> {
        let done = self.events().partition_point(|event| event.position <= place.position);
        (place.position < self.to.position).then(|| Batch { first: self.first + done, ..self.clone() })
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
            Batch {
                page: Arc::clone(&self.page),
                first,
                end,
                given_up: self.given_up.clone(),
                to,
                head: self.head,
                attempt: 1,
            }
        };
        let before = (first > 0).then(|| part(0, first, events[first - 1].place()));
        let behind = (last < events.len()).then(|| part(last, events.len(), self.to));
        let to = if behind.is_some() { events[last - 1].place() } else { self.to };
        (before, part(first, last, to), behind)
    }
}

/// How many of the events certainly belong to appends of which all matching events are among them.
pub(super) fn whole_appends(events: &[RecordedEvent]) -> usize {
    match events.last() {
        Some(last) if !last.part.is_last() => {
            let end = last.append_end();
            events.partition_point(|event| event.append_end() < end)
        }
        _ => events.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::new_event::NewEvent;
    use crate::log::recorded::Part;
    use crate::log::time::Timestamp;

    /// Events of appends of these lengths, without those at the positions `left_out`.
    fn events(appends: &[usize], left_out: &[u64]) -> Vec<RecordedEvent> {
        let parts = appends.iter().flat_map(|count| Part::all(*count));
        let recorded = |(position, part)| {
            let event = NewEvent::json("test.Happened", "{}");
            event.into_recorded(Position::new(position), None, part, Timestamp::from_micros(0))
        };
        let all = (1_u64..).zip(parts).map(recorded);
        all.filter(|event| !left_out.contains(&event.position.get())).collect()
    }

    fn positions(batch: &Batch) -> Vec<u64> {
        batch.events().iter().map(|event| event.position.get()).collect()
    }

    #[test]
    fn a_page_is_cut_before_an_append_that_may_go_on() {
        // 1 | 2 3 4 | 5 6
        let cases: [(&[u64], usize); 8] = [
            (&[], 6),
            (&[6], 4),
            (&[5, 6], 4),
            (&[4, 5, 6], 1),
            (&[3, 4, 5, 6], 1),
            (&[2, 4, 5, 6], 1),
            (&[1, 4, 5, 6], 0),
            (&[1, 2, 3, 4, 5, 6], 0),
        ];
        for (left_out, whole) in cases {
            assert_eq!(whole_appends(&events(&[1, 3, 2], left_out)), whole, "without {left_out:?}");
        }
    }

    #[test]
    fn the_append_of_an_event_is_split_off_with_the_places_between() {
        let to = Place { position: Position::new(9), id: None };
        let batch = Batch::new(events(&[1, 3, 2], &[3]), to);
        type Parts<'a> = (Option<(&'a [u64], u64)>, (&'a [u64], u64), Option<(&'a [u64], u64)>);
        let cases: [(usize, Parts<'_>); 5] = [
            (0, (None, (&[1], 1), Some((&[2, 4, 5, 6], 9)))),
            (1, (Some((&[1], 1)), (&[2, 4], 4), Some((&[5, 6], 9)))),
            (2, (Some((&[1], 1)), (&[2, 4], 4), Some((&[5, 6], 9)))),
            (3, (Some((&[1, 2, 4], 4)), (&[5, 6], 9), None)),
            (4, (Some((&[1, 2, 4], 4)), (&[5, 6], 9), None)),
        ];
        for (index, expected) in cases {
            let (before, append, behind) = batch.split_at_append(index);
            let told = |batch: &Batch| (positions(batch), batch.to.position.get());
            let wanted = |(positions, to): (&[u64], u64)| (positions.to_vec(), to);
            let found = (before.as_ref().map(told), told(&append), behind.as_ref().map(told));
            assert_eq!(found, (expected.0.map(wanted), wanted(expected.1), expected.2.map(wanted)), "at {index}");
            assert!(before.iter().chain(&behind).chain([&append]).all(|part| part.head == batch.head));
        }
    }

    #[test]
    fn a_part_of_a_batch_is_split_again() {
        let to = Place { position: Position::new(6), id: None };
        let (_, _, behind) = Batch::new(events(&[1, 3, 2], &[]), to).split_at_append(0);
        let behind = behind.unwrap();
        assert_eq!(positions(&behind), [2, 3, 4, 5, 6]);
        let (before, append, behind) = behind.split_at_append(3);
        assert_eq!((before.map(|part| positions(&part)), positions(&append)), (Some(vec![2, 3, 4]), vec![5, 6]));
        assert!(behind.is_none());
    }

    #[test]
    fn only_what_was_not_given_up_is_handed_over() {
        let to = Place { position: Position::new(3), id: None };
        let mut batch = Batch::new(events(&[1, 1, 1], &[]), to);
        assert!(batch.is_live());
        batch.given_up.push(GivenUp { position: Position::new(2), text: "no".to_owned(), attempts: 1 });
        let handed: Vec<_> = batch.to_handle().map(|(index, event)| (index, event.position.get())).collect();
        assert_eq!(handed, [(0, 1), (2, 3)]);
        assert_eq!([0, 1, 2, 3].map(|index| batch.is_handed_over(index)), [true, false, true, false]);
        batch.head = Position::new(4);
        assert!(!batch.is_live());
    }
}
