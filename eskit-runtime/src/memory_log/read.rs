use crate::log::limits::PAGE_BYTES;
use crate::log::position::Position;
use crate::log::query::{Direction, Query, QueryItem, ReadOptions};
use crate::log::recorded::Page;
use crate::log::store::error::StoreError;
use crate::memory_log::log::MemoryLog;

impl MemoryLog {
    /// Reads one page of the events that match a query.
    ///
    /// # Errors
    /// [`Replaced`](crate::log::StoreErrorKind::Replaced) if the log does not hold [`ReadOptions::holds`].
    pub fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        if !self.holds(options.holds) {
            return Err(StoreError::replaced(options.holds));
        }
        let (mut events, mut bytes) = (Vec::new(), 0);
        let mut positions = self.positions(query, options).into_iter();
        for position in positions.by_ref().take(options.page_len()) {
            let Some(event) = self.event(position) else { continue };
            bytes += event.size_bytes();
            events.push(event.clone());
            if bytes >= PAGE_BYTES {
                break;
            }
        }
        Ok(Page::new(events, positions.next().is_some(), self.head()))
    }

    /// The positions of the first matches in the read's direction: one more than the page holds, where there are more.
    pub(super) fn positions(&self, query: &Query, options: ReadOptions) -> Vec<u64> {
        let options = self.without_versions(query, options);
        let wanted = options.page_len() + 1;
        let mut all: Vec<u64> = Vec::new();
        for item in query.items() {
            all.extend(self.candidates(item, options).filter(|position| self.matches(item, *position)).take(wanted));
        }
        if query.items().len() > 1 {
            all.sort_unstable();
            all.dedup();
            if options.direction == Direction::Backward {
                all.reverse();
            }
            all.truncate(wanted);
        }
        all
    }

    /// The same read, with positions for versions: in a stream both grow together.
    fn without_versions(&self, query: &Query, mut options: ReadOptions) -> ReadOptions {
        let (Some((first, last)), Some(stream)) = (options.versions(), query.only_stream()) else { return options };
        let positions = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let position_of = |version: u64| {
            let at = usize::try_from(version).unwrap_or(usize::MAX).min(positions.len());
            at.checked_sub(1).map_or(Position::START, |index| Position::new(positions[index]))
        };
        options.after = options.after.max(position_of(first.saturating_sub(1)));
        let until = position_of(last);
        options.until = Some(options.until.map_or(until, |own| own.min(until)));
        options
    }

    fn matches(&self, item: &QueryItem, position: u64) -> bool {
        self.event(position).is_some_and(|event| {
            item.matches(&event.name, &event.tags, event.stream.as_ref().map(|at| &at.stream), event.id)
        })
    }

    /// The positions among which an item's matches lie, from the shortest list that is at hand.
    fn candidates(&self, item: &QueryItem, options: ReadOptions) -> Box<dyn Iterator<Item = u64> + '_> {
        let (from, to) = (options.after.next().get(), options.until.map_or(u64::MAX, Position::get));
        let by_tag = item.tags.iter().map(|tag| self.tags.get(tag.as_str()).map_or(&[][..], Vec::as_slice));
        let by_stream = item.stream.iter().map(|stream| self.streams.get(stream).map_or(&[][..], Vec::as_slice));
        if !item.ids.is_empty() {
            let mut found: Vec<u64> = item.ids.iter().filter_map(|id| self.ids.get(id).copied()).collect();
            found.retain(|position| (from..=to).contains(position));
            found.sort_unstable();
            found.dedup();
            return directed(found.into_iter(), options.direction);
        }
        match by_tag.chain(by_stream).min_by_key(|positions| positions.len()) {
            Some(positions) => {
                let start = positions.partition_point(|position| *position < from);
                let end = positions.partition_point(|position| *position <= to).max(start);
                directed(positions[start..end].iter().copied(), options.direction)
            }
            None => directed(from..to.min(self.entries.len() as u64).saturating_add(1), options.direction),
        }
    }
}

fn directed<'a>(
    positions: impl DoubleEndedIterator<Item = u64> + 'a,
    direction: Direction,
) -> Box<dyn Iterator<Item = u64> + 'a> {
    match direction {
        Direction::Forward => Box::new(positions),
        Direction::Backward => Box::new(positions.rev()),
    }
}
