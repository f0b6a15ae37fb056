use std::collections::VecDeque;

use eskit_runtime::StoreError;
use eskit_runtime::log::Place;
use eskit_runtime::transfer::{DumpFrom, LogRecord, Transfer};
use sha2::{Digest, Sha256};

use crate::error::TransferError;

/// The appends of a log, a range at a time.
pub(crate) struct Ranges<'s, S> {
    store: &'s S,
    page: VecDeque<LogRecord>,
    next: Option<DumpFrom>,
    /// The last event of the log, as of the last page.
    pub(crate) head: Place,
}

impl<'s, S: Transfer> Ranges<'s, S> {
    /// Positions of one range.
    pub(crate) const LEN: u64 = 1000;

    pub(crate) fn of(store: &'s S) -> Ranges<'s, S> {
        Ranges::after(store, Place::START)
    }

    /// Those after a place.
    pub(crate) fn after(store: &'s S, place: Place) -> Ranges<'s, S> {
        Ranges { store, page: VecDeque::new(), next: Some(DumpFrom::Append(place)), head: Place::START }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.page.is_empty() && self.next.is_none()
    }

    /// The appends that begin up to a position.
    pub(crate) async fn take(&mut self, until: u64) -> Result<Vec<LogRecord>, StoreError> {
        let mut taken = Vec::new();
        loop {
            let begins = |record: &LogRecord| record.append().is_some_and(|append| append.first().get() <= until);
            while self.page.front().is_some_and(begins) {
                taken.extend(self.page.pop_front());
            }
            if !self.page.is_empty() {
                return Ok(taken);
            }
            let Some(from) = self.next.take() else { return Ok(taken) };
            let page = self.store.dump(&from).await?;
            self.page = page.records.into_iter().filter(|record| record.append().is_some()).collect();
            self.next = page.next.filter(|next| matches!(next, DumpFrom::Append(_)));
            self.head = page.head;
        }
    }
}

/// The SHA-256 of records in their binary form.
pub(crate) fn hash(records: &[LogRecord]) -> Result<[u8; 32], TransferError> {
    let (mut hash, mut bytes) = (Sha256::new(), Vec::new());
    for record in records {
        bytes.clear();
        record.encode(&mut bytes).map_err(TransferError::Source)?;
        hash.update(&bytes);
    }
    Ok(hash.finalize().into())
}
