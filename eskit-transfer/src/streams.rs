use std::collections::VecDeque;

use eskit_runtime::StoreError;
use eskit_runtime::log::StreamId;
use eskit_runtime::transfer::{DumpFrom, LogRecord, StreamRecord, Transfer};

/// The streams of a log that are not open, by type and id.
pub(crate) struct Closed<'s, S> {
    store: &'s S,
    page: VecDeque<StreamRecord>,
    next: Option<DumpFrom>,
}

impl<'s, S: Transfer> Closed<'s, S> {
    pub(crate) fn of(store: &'s S) -> Closed<'s, S> {
        Closed { store, page: VecDeque::new(), next: Some(DumpFrom::Stream(None)) }
    }

    /// The next one, which stays the next one.
    async fn peek(&mut self) -> Result<Option<&StreamId>, StoreError> {
        while self.page.is_empty()
            && let Some(from) = self.next.take()
        {
            let page = self.store.dump(&from).await?;
            let streams = page.records.into_iter().filter_map(|record| match record {
                LogRecord::Stream(record) => Some(record),
                _ => None,
            });
            self.page = streams.collect();
            self.next = page.next;
        }
        Ok(self.page.front().map(|record| &record.stream))
    }

    fn take(&mut self) -> Option<StreamRecord> {
        self.page.pop_front()
    }
}

/// Which of two stores failed.
pub(crate) enum Side {
    From(StoreError),
    To(StoreError),
}

/// The next stream whose status is not the same in two logs, as both have it; `None` for an open one.
pub(crate) async fn next_difference<F: Transfer, T: Transfer>(
    from: &mut Closed<'_, F>,
    to: &mut Closed<'_, T>,
) -> Result<Option<(Option<StreamRecord>, Option<StreamRecord>)>, Side> {
    loop {
        let (first, second) = (from.peek().await.map_err(Side::From)?, to.peek().await.map_err(Side::To)?);
        let (takes_from, takes_to) = match (first, second) {
            (None, None) => return Ok(None),
            (Some(first), Some(second)) => (first <= second, second <= first),
            (first, second) => (first.is_some(), second.is_some()),
        };
        let pair = (takes_from.then(|| from.take()).flatten(), takes_to.then(|| to.take()).flatten());
        if pair.0 != pair.1 {
            return Ok(Some(pair));
        }
    }
}
