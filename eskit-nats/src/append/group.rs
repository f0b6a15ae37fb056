use eskit_runtime::log::{
    AddTagsError, AddedTags, AppendError, LogId, NewEvent, Place, Position, StoreErrorKind, StreamChange, StreamError,
    StreamId, StreamStatus,
};
use eskit_runtime::memory_log::{MemoryLog, Numbers};
use eskit_runtime::store_kit::{BatchSize, Overlaps};
use eskit_runtime::transfer::{Load, LoadError, LogRecord, StreamRecord};
use eskit_runtime::{StoreError, Timestamp};

use crate::append::request::{Answer, Request};
use crate::group::entry::Entry;

/// What is written next: one group, which was checked on the log as it is after a message of the stream.
#[derive(Debug)]
pub(crate) struct Group {
    /// The log that it belongs to.
    pub(crate) log: LogId,
    /// What it says; nothing, if no request needs to be written.
    pub(crate) entries: Vec<Entry>,
    /// The requests that it answers, each with its answer: those that it writes, and those that are refused or repeat what is there. An
    /// answer holds if the log was complete.
    pub(crate) answers: Vec<(usize, Answer)>,
}

impl Group {
    /// Checks requests, in order, and takes in as many as one group may hold. An append that could depend on an earlier one of the group,
    /// and whatever is no append and not the first, waits for the next group.
    pub(crate) fn of(log: &MemoryLog, requests: &[Request], now: Timestamp) -> Group {
        let mut group = Group { log: log.id(), entries: Vec::new(), answers: Vec::new() };
        let (mut numbers, mut overlaps, mut size) = (Numbers::default(), Overlaps::default(), BatchSize::default());
        for (index, request) in requests.iter().enumerate() {
            let Some(append) = request.append() else {
                if group.answers.is_empty() {
                    let answer = group.alone(log, request, now);
                    group.answers.push((index, answer));
                }
                break;
            };
            if size.is_full() {
                break;
            }
            if !overlaps.of(append).is_empty() {
                continue;
            }
            let answer = match log.check(append) {
                Ok(None) => {
                    overlaps.add(index, append);
                    size.add(append.events.len(), append.events.iter().map(NewEvent::size_bytes).sum());
                    log.record(append.clone(), &mut numbers, now).map(|(record, appended)| {
                        group.entries.push(Entry::Record(LogRecord::Append(record)));
                        appended
                    })
                }
                Ok(Some(repeated)) => Ok(repeated),
                Err(error) => Err::<_, AppendError>(error),
            };
            group.answers.push((index, Answer::Append(answer)));
        }
        group
    }

    /// Takes in a request that has a group of its own.
    fn alone(&mut self, log: &MemoryLog, request: &Request, now: Timestamp) -> Answer {
        match request {
            Request::Append(..) => Answer::Append(Err(StoreError::new(StoreErrorKind::Other, "not checked").into())),
            Request::Change(stream, change, _) => Answer::Change(self.change(log, stream, change, now)),
            Request::Tags(added, _) => Answer::Tags(self.tags(log, added)),
            Request::Load(load, _) => Answer::Load(self.load(log, load)),
            Request::Seal(is_sealed, _) => {
                if log.sealed_at().is_some() != *is_sealed {
                    self.entries.push(Entry::Sealed(is_sealed.then_some(now)));
                }
                Answer::Seal(Ok(log.head()))
            }
        }
    }

    fn change(
        &mut self,
        log: &MemoryLog,
        stream: &StreamId,
        change: &StreamChange,
        now: Timestamp,
    ) -> Result<StreamStatus, StreamError> {
        let record = log.changed_stream(stream, change, now)?;
        let status = record.status.clone();
        if status.is_deleted() && log.stream_info(stream).status != status {
            return Err(cannot_delete(&format!("stream `{stream}`")).into());
        }
        if log.stream_info(stream).status != status {
            self.entries.push(Entry::Record(LogRecord::Stream(record)));
        }
        Ok(status)
    }

    fn tags(&mut self, log: &MemoryLog, added: &[AddedTags]) -> Result<u64, AddTagsError> {
        let changed = log.check_tags(added)?;
        if changed > 0 {
            self.entries.push(Entry::Tags(added.to_vec()));
        }
        Ok(changed)
    }

    fn load(&mut self, log: &MemoryLog, load: &Load) -> Result<Place, LoadError> {
        log.check_records(load)?;
        for record in &load.records {
            if let LogRecord::Stream(record) = record
                && record.status.is_deleted()
                && (log.held(&record.stream) > 0 || holds(load, record))
            {
                let what = format!("the events of stream `{}`, which were loaded before", record.stream);
                return Err(LoadError::Store(cannot_delete(&what)));
            }
        }
        self.log = if log.head().position == Position::START { load.log } else { log.id() };
        self.entries.extend(load.records.iter().cloned().map(Entry::Record));
        Ok(load.end())
    }
}

/// Whether records hold events of the stream whose record is among them.
fn holds(load: &Load, record: &StreamRecord) -> bool {
    let mut events = load.appends().flat_map(|append| append.entries()).filter_map(|entry| entry.event());
    events.any(|event| event.stream.as_ref().is_some_and(|at| at.stream == record.stream))
}

/// Messages of the stream hold events of several streams, and stay.
fn cannot_delete(what: &str) -> StoreError {
    let text = format!(
        "cannot delete {what}: what JetStream has stored, this store never removes\nhelp: tombstone the stream, and encrypt what must be \
         forgotten with a key that can be destroyed"
    );
    StoreError::new(StoreErrorKind::Unsupported, text)
}
