//! The log in memory as records.

use std::ops::Bound::{Excluded, Unbounded};

use crate::log::lifecycle::{StreamInfo, StreamStatus};
use crate::log::position::{Place, Position};
use crate::log::store::error::{StoreError, StoreErrorKind};
use crate::log::stream::StreamId;
use crate::memory_log::log::MemoryLog;
use crate::transfer::{
    Appends, DumpFrom, Entry, Load, LoadError, LogRecord, RecordError, RecordPage, RecordedAppend, StreamRecord,
    check_place, check_streams,
};

/// Streams of one page.
const STREAMS_MAX: usize = 1000;

impl MemoryLog {
    /// Reads one page of records.
    ///
    /// # Errors
    /// As [`Transfer::dump`](crate::transfer::Transfer::dump).
    pub fn dump(&self, from: &DumpFrom) -> Result<RecordPage, StoreError> {
        let (mut records, mut next, after) = match from {
            DumpFrom::Append(place) => {
                let (records, next) = self.appends(*place)?;
                (records, next, None)
            }
            DumpFrom::Stream(after) => (Vec::new(), None, after.as_ref()),
        };
        if next.is_none() {
            let after = after.map_or(Unbounded, Excluded);
            let mut closed = self.closed.range((after, Unbounded));
            let page = closed.by_ref().take(STREAMS_MAX);
            let before = records.len();
            records.extend(page.map(|(stream, info)| record(stream, info)).map(LogRecord::Stream));
            if let (Some(_), Some(LogRecord::Stream(last))) =
                (closed.next(), records.get(before..).and_then(<[_]>::last))
            {
                next = Some(DumpFrom::Stream(Some(last.stream.clone())));
            }
        }
        Ok(RecordPage::new(self.id, records, next, self.head()))
    }

    fn appends(&self, after: Place) -> Result<(Vec<LogRecord>, Option<DumpFrom>), StoreError> {
        if !self.holds(after) {
            return Err(StoreError::replaced(after));
        }
        let invalid = |error: RecordError| StoreError::new(StoreErrorKind::Invalid, error.to_string());
        let start = after.position.get();
        let mut index = self.ends.partition_point(|end| *end <= start);
        if start > 0 && self.ends.get(index.wrapping_sub(1)) != Some(&start) {
            return Err(invalid(RecordError::NotAtStart { position: after.position.next() }));
        }
        let (mut page, mut first) = (Appends::new(), start);
        while let Some(end) = self.ends.get(index) {
            let entries = &self.entries[first as usize..*end as usize];
            for (part, entry) in entries.iter().enumerate() {
                let last = page.last();
                if !page.push(part, entry.clone()).map_err(invalid)? {
                    return Ok((page.finish(false).map_err(invalid)?, last.map(DumpFrom::Append)));
                }
            }
            (first, index) = (*end, index + 1);
        }
        Ok((page.finish(true).map_err(invalid)?, None))
    }

    /// Checks whether records can be added to the end of the log. What can be said of them without it is checked before, with
    /// [`check_load`](crate::transfer::check_load).
    ///
    /// # Errors
    /// As [`Transfer::load`](crate::transfer::Transfer::load).
    pub fn check_records(&self, load: &Load) -> Result<(), LoadError> {
        self.check_unsealed()?;
        check_place(load, self.id, self.head())?;
        self.check_ids(load)?;
        let found = |stream: &StreamId| {
            Ok::<_, LoadError>(match self.closed.get(stream) {
                Some(info) if info.status.is_deleted() => info.clone(),
                _ => StreamInfo::new(self.held(stream), StreamStatus::Open),
            })
        };
        Ok(check_streams(load, found)??)
    }

    /// Adds records that were [checked](MemoryLog::check_records), and returns the new head.
    pub fn add_records(&mut self, load: Load) -> Place {
        self.id = load.log;
        for record in load.records {
            match record {
                LogRecord::Append(append) => self.add(append),
                LogRecord::Stream(stream) => self.set_stream(stream),
            }
        }
        self.head()
    }

    fn check_ids(&self, load: &Load) -> Result<(), RecordError> {
        let mut ids = load.appends().flat_map(RecordedAppend::entries).map(Entry::id);
        match ids.find_map(|id| self.ids.get(&id).map(|at| (id, Position::new(*at)))) {
            Some((id, position)) => Err(RecordError::IdTaken { id, position: Some(position) }),
            None => Ok(()),
        }
    }
}

fn record(stream: &StreamId, info: &StreamInfo) -> StreamRecord {
    StreamRecord::new(stream.clone(), info.version, info.status.clone())
}
