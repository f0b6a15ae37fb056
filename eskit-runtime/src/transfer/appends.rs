use crate::log::bounds::{PAGE_BYTES, PAGE_EVENTS_MAX};
use crate::log::position::Place;
use crate::transfer::error::RecordError;
use crate::transfer::record::{Entry, LogRecord, RecordedAppend};

/// Puts the rows of a log together to the appends that wrote them, one page of them. For stores.
///
/// A page ends between two appends, after 10,000 events or 16 MiB. It holds at least one append, however large.
#[derive(Debug, Default)]
pub struct Appends {
    records: Vec<LogRecord>,
    /// The append that may not be complete yet.
    open: Vec<Entry>,
    events: usize,
    bytes: usize,
}

impl Appends {
    /// A page without appends.
    pub fn new() -> Appends {
        Appends::default()
    }

    /// Takes the next row of the log, with the index of the event in its append. Returns `false` if the page is full; then the row was
    /// not taken, and the page ends before it.
    ///
    /// # Errors
    /// [`RecordError`] if the rows are not those of whole appends in their order.
    pub fn push(&mut self, part: usize, entry: Entry) -> Result<bool, RecordError> {
        if part == 0 {
            self.close()?;
            if !self.records.is_empty() && (self.events >= PAGE_EVENTS_MAX || self.bytes >= PAGE_BYTES) {
                return Ok(false);
            }
        }
        if part != self.open.len() {
            return Err(RecordError::NotAtStart { position: entry.position() });
        }
        self.events += 1;
        self.bytes += entry.size_bytes();
        self.open.push(entry);
        Ok(true)
    }

    /// The place of the last row that was taken; `None` before the first one.
    pub fn last(&self) -> Option<Place> {
        let closed = self.records.iter().rev().find_map(LogRecord::append).map(RecordedAppend::last);
        self.open.last().map(Entry::place).or(closed)
    }

    /// How many rows the page takes at least, after those that it has: 0 if it is full.
    pub fn wanted(&self) -> usize {
        let room = if self.bytes >= PAGE_BYTES { 0 } else { PAGE_EVENTS_MAX.saturating_sub(self.events) };
        // The rest of an append, as far as one of its events tells; those that were deleted do not.
        let rest = match self.open.last() {
            None => 0,
            Some(Entry::Event(event)) => event.part.count() - event.part.index() - 1,
            Some(Entry::Deleted(_)) => 1,
        };
        if room > 0 { room } else { rest }
    }

    /// The appends of the page. `is_end` says whether the last row that was taken is the last one of the log; otherwise its append may
    /// go on, and is left for the next page.
    ///
    /// # Errors
    /// As [`Appends::push`].
    pub fn finish(mut self, is_end: bool) -> Result<Vec<LogRecord>, RecordError> {
        if is_end {
            self.close()?;
        }
        Ok(self.records)
    }

    fn close(&mut self) -> Result<(), RecordError> {
        if !self.open.is_empty() {
            self.records.push(LogRecord::Append(RecordedAppend::new(std::mem::take(&mut self.open))?));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::id::EventId;
    use crate::log::position::Position;
    use crate::log::time::Timestamp;
    use crate::transfer::record::DeletedEvent;

    fn entry(position: u64) -> Entry {
        Entry::Deleted(DeletedEvent::new(Position::new(position), EventId::new(), 1, Timestamp::from_micros(0)))
    }

    fn firsts(records: &[LogRecord]) -> Vec<(u64, usize)> {
        let append = |record: &LogRecord| match record {
            LogRecord::Append(append) => Some((append.first().get(), append.entries().len())),
            LogRecord::Stream(_) => None,
        };
        records.iter().filter_map(append).collect()
    }

    #[test]
    fn rows_become_the_appends_that_wrote_them() {
        for (is_end, expected) in [(true, vec![(1, 2), (3, 1), (4, 2)]), (false, vec![(1, 2), (3, 1)])] {
            let mut appends = Appends::new();
            for (position, part) in [(1, 0), (2, 1), (3, 0), (4, 0), (5, 1)] {
                assert!(appends.push(part, entry(position)).unwrap());
            }
            assert_eq!(appends.last().map(|place| place.position.get()), Some(5));
            assert_eq!(firsts(&appends.finish(is_end).unwrap()), expected);
        }
    }

    #[test]
    fn a_page_ends_between_two_appends() {
        let mut appends = Appends::new();
        let mut position = 0;
        assert_eq!(appends.wanted(), PAGE_EVENTS_MAX);
        while appends.push(position % 3, entry(position as u64 + 1)).unwrap() {
            position += 1;
            let left = PAGE_EVENTS_MAX.saturating_sub(position);
            assert_eq!(
                appends.wanted(),
                if left > 0 { left } else { 1 },
                "what was deleted does not tell whether it ends"
            );
        }
        assert_eq!((position, appends.wanted()), (PAGE_EVENTS_MAX.next_multiple_of(3), 0));
        assert!(appends.push(position % 3, entry(position as u64 + 1)).is_ok_and(|taken| !taken), "it is full");
        assert_eq!(appends.finish(false).unwrap().len(), position / 3);
    }

    #[test]
    fn appends_with_gaps_and_without_a_start_are_refused() {
        let mut appends = Appends::new();
        assert!(appends.push(0, entry(1)).unwrap() && appends.push(1, entry(3)).unwrap());
        let expected = RecordError::Position { expected: Position::new(2), found: Position::new(3) };
        assert_eq!(appends.finish(true).unwrap_err(), expected);
        assert!(Appends::new().push(1, entry(2)).is_err());
    }
}
