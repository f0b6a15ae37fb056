use crate::log::append::{AppendError, Appended};
use crate::log::id::EventId;
use crate::log::new_event::NewEvent;
use crate::log::position::Position;
use crate::log::time::Timestamp;

/// An append with at least one event id that is already in the log: either a repeat of an earlier append, or a different append that
/// reuses an id.
///
/// It is a repeat if its ids are exactly those of one earlier append, in the same order. To tell, a store records the index of each
/// event within its append; see [`Part`](crate::log::Part).
#[derive(Clone, Copy, Debug)]
pub struct Repeat<'e> {
    events: &'e [NewEvent],
    /// The first id that the log holds, and where.
    id: EventId,
    at: Position,
    /// Whether the ids are those of events that follow each other.
    is_in_sequence: bool,
}

/// The stored fields of an event that may belong to a repeated append.
#[derive(Clone, Copy, Debug)]
pub struct StoredPart {
    /// Its position.
    pub position: Position,
    /// Its index within its append, from 0.
    pub part: i64,
    /// Its version in its stream.
    pub version: Option<u64>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

impl<'e> Repeat<'e> {
    /// Compares the ids of an append with their positions in the log. `None` if the log holds none of them.
    pub fn find(events: &'e [NewEvent], positions: impl IntoIterator<Item = Option<Position>>) -> Option<Repeat<'e>> {
        let positions: Vec<Option<Position>> = positions.into_iter().collect();
        let (index, at) = positions.iter().enumerate().find_map(|(index, at)| at.map(|at| (index, at)))?;
        let expected = (at.get()..).map(|at| Some(Position::new(at)));
        let is_in_sequence =
            index == 0 && positions.len() == events.len() && positions.iter().copied().eq(expected.take(events.len()));
        Some(Repeat { events, id: events.get(index)?.id, at, is_in_sequence })
    }

    /// The first and the last position that [`Repeat::answer`] needs: one more than there are events. `None` if it needs no more.
    pub fn range(&self) -> Option<(Position, Position)> {
        let last = self.at.get().saturating_add(self.events.len() as u64);
        self.is_in_sequence.then(|| (self.at, Position::new(last)))
    }

    /// The answer to the append, from the events of the log in the [range](Repeat::range), in order.
    ///
    /// # Errors
    /// [`AppendError::IdReused`] if it is a different append.
    pub fn answer(&self, found: &[StoredPart]) -> Result<Appended, AppendError> {
        let reused = AppendError::IdReused { id: self.id, position: self.at };
        if !self.is_in_sequence {
            return Err(reused);
        }
        let Some((own, behind)) = found.split_at_checked(self.events.len()) else { return Err(reused) };
        // The earlier append was longer when the next event is not the first of another one.
        if !own.iter().map(|found| found.part).eq(0..own.len() as i64) || behind.iter().any(|found| found.part != 0) {
            return Err(reused);
        }
        // Events that brought a time of their own do not tell when the append was recorded.
        let timed = own.iter().zip(self.events).find(|(_, event)| event.recorded_at.is_none());
        let first = timed.map(|(found, _)| found).or(own.first());
        let recorded_at = first.map_or(Timestamp::from_micros(0), |found| found.recorded_at);
        let positions = own.iter().map(|found| found.position).collect();
        let versions = own.iter().map(|found| found.version).collect();
        Ok(Appended::repeated(positions, versions, recorded_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(at: u64, part: i64) -> StoredPart {
        let recorded_at = Timestamp::from_micros(at as i64);
        StoredPart { position: Position::new(at), part, version: Some(at), recorded_at }
    }

    fn found<'e>(events: &'e [NewEvent], positions: &[u64]) -> Repeat<'e> {
        let at = |at: &u64| (*at > 0).then(|| Position::new(*at));
        Repeat::find(events, positions.iter().map(at)).unwrap()
    }

    #[test]
    fn a_repeat_is_one_whole_append_in_its_order() {
        let mut events: Vec<NewEvent> = ["a", "b"].map(|name| NewEvent::json(name, "{}")).into();
        events[0].recorded_at = Some(Timestamp::from_micros(-1));
        assert!(Repeat::find(&events, [None, None]).is_none());
        let repeat = found(&events, &[5, 6]);
        assert_eq!(repeat.range(), Some((Position::new(5), Position::new(7))));
        for behind in [vec![], vec![part(7, 0)]] {
            let rows = [vec![part(5, 0), part(6, 1)], behind].concat();
            let answer = repeat.answer(&rows).unwrap();
            assert!(answer.repeated);
            assert_eq!(
                (&answer.positions[..], answer.versions[1]),
                (&[Position::new(5), Position::new(6)][..], Some(6))
            );
            assert_eq!(answer.recorded_at.as_micros(), 6, "the time of an event that brought none");
        }
        let reused = |repeat: Repeat<'_>, rows: &[StoredPart], index: usize, at: u64| {
            let error = repeat.answer(rows).unwrap_err();
            let expected = (events[index].id, Position::new(at));
            assert!(matches!(error, AppendError::IdReused { id, position } if (id, position) == expected), "{error}");
        };
        // A longer one, the end of one, two of them, and what is cut.
        reused(repeat, &[part(5, 0), part(6, 1), part(7, 2)], 0, 5);
        reused(repeat, &[part(5, 1), part(6, 2), part(7, 0)], 0, 5);
        reused(repeat, &[part(5, 0), part(6, 0)], 0, 5);
        reused(repeat, &[part(5, 0)], 0, 5);
        for (positions, index, at) in [([6, 5], 0, 6), ([0, 5], 1, 5), ([5, 0], 0, 5), ([5, 7], 0, 5)] {
            let repeat = found(&events, &positions);
            assert_eq!(repeat.range(), None);
            reused(repeat, &[], index, at);
        }
    }
}
