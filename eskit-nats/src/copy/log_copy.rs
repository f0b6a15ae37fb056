use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use eskit_runtime::StoreError;
use eskit_runtime::log::{LogId, Place, Position, StoreErrorKind};
use eskit_runtime::memory_log::MemoryLog;
use eskit_runtime::store_kit::HeadWatch;
use eskit_runtime::transfer::{Load, check_load};

use crate::error::Fault;
use crate::group::entry::Entry;
use crate::group::message::{GroupId, Message};

/// The log as this process has read it from the stream, up to a sequence. Decisions are made on it.
#[derive(Debug)]
pub(crate) struct LogCopy {
    state: RwLock<State>,
    /// Wakes those who wait for a sequence, for an event, or for a fault.
    moved: HeadWatch,
}

/// The copy at one moment.
#[derive(Debug)]
pub(crate) struct State {
    /// What was read.
    pub(crate) log: MemoryLog,
    /// The sequence of the message that was read last.
    pub(crate) sequence: u64,
    /// Its checksum.
    pub(crate) checksum: u32,
    /// A group whose last part was not read yet.
    open: Option<Open>,
    /// The group that this process is about to publish, and how many of its parts were read.
    claim: Option<(GroupId, u16)>,
    /// The id of the log that was opened, as soon as it has events: a log that takes its place must have it too.
    opened: Option<LogId>,
    /// Why nothing more can be read.
    fault: Option<Fault>,
}

#[derive(Debug)]
struct Open {
    group: GroupId,
    log: LogId,
    next: u16,
    bytes: Vec<u8>,
}

/// Why a message was not read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unread {
    /// Those before it were not read.
    Gap,
    /// It does not follow what was read, or cannot be what a store wrote.
    Wrong(Fault),
}

impl LogCopy {
    /// Nothing was read yet.
    pub(crate) fn new(log: LogId) -> LogCopy {
        let state = State {
            log: MemoryLog::with_id(log),
            sequence: 0,
            checksum: 0,
            open: None,
            claim: None,
            opened: None,
            fault: None,
        };
        LogCopy { state: RwLock::new(state), moved: HeadWatch::default() }
    }

    /// The copy as it is now.
    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a sequence was read.
    pub(crate) async fn reach(&self, sequence: u64) -> Result<(), Fault> {
        let look = || {
            let state = self.state();
            match &state.fault {
                Some(fault) => Some(Err(fault.clone())),
                None => (state.sequence >= sequence).then_some(Ok(())),
            }
        };
        self.moved.until(look).await
    }

    /// Waits until the log has an event after a place, and returns its head.
    pub(crate) async fn beyond(&self, after: Place) -> Result<Place, StoreError> {
        let look = || {
            let state = self.state();
            match &state.fault {
                Some(fault) => Some(Err(fault.clone().into())),
                None => state.log.beyond(after).transpose(),
            }
        };
        self.moved.until(look).await
    }

    /// Announces the group that is published next.
    pub(crate) fn claim(&self, group: GroupId) {
        self.state_mut().claim = Some((group, 0));
    }

    /// How many parts of the announced group were read.
    pub(crate) fn landed(&self) -> u16 {
        self.state().claim.map_or(0, |(_, parts)| parts)
    }

    /// Reads a message. One that was read before changes nothing.
    pub(crate) fn read(&self, sequence: u64, message: &[u8]) -> Result<(), Unread> {
        {
            let mut state = self.state_mut();
            if sequence <= state.sequence {
                return Ok(());
            }
            if sequence > state.sequence + 1 {
                return Err(Unread::Gap);
            }
            state.read(sequence, message)?;
        }
        self.moved.moved();
        Ok(())
    }

    /// Adds what this process has published as one message, and the server has stored at a sequence. Does nothing if it was read from the
    /// stream already.
    pub(crate) fn add_own(&self, sequence: u64, checksum: u32, log: LogId, entries: Vec<Entry>) {
        {
            let mut state = self.state_mut();
            if sequence != state.sequence + 1 {
                return;
            }
            state.open = None;
            let (records, others) = Entry::split(entries);
            // What is checked of groups that others wrote was checked of this one before it was published.
            let load = Load::new(log, state.log.head(), records);
            state.add(load, others);
            (state.sequence, state.checksum) = (sequence, checksum);
        }
        self.moved.moved();
    }

    /// Begins anew: another stream has taken the place of the one that was read, or it does not go on from there.
    pub(crate) fn restart(&self, log: LogId) {
        {
            let mut state = self.state_mut();
            state.log = MemoryLog::with_id(log);
            (state.sequence, state.checksum, state.open) = (0, 0, None);
        }
        self.moved.moved();
    }

    /// Fails every call from now on.
    pub(crate) fn fail(&self, fault: Fault) {
        self.state_mut().fault = Some(fault);
        self.moved.moved();
    }
}

impl State {
    /// Why nothing more can be read.
    pub(crate) fn fault(&self) -> Result<(), Fault> {
        self.fault.clone().map_or(Ok(()), Err)
    }

    fn read(&mut self, sequence: u64, bytes: &[u8]) -> Result<(), Unread> {
        let wrong = |text: &dyn std::fmt::Display| Unread::Wrong(Fault::corrupt(format!("message {sequence}: {text}")));
        let (message, checksum) = Message::decode(bytes).map_err(|text| wrong(&text))?;
        if message.before != self.checksum {
            return Err(wrong(&"it does not follow the message before it"));
        }
        let group = self.join(&message).map_err(|text| wrong(&text))?;
        if let Some((log, bytes)) = group {
            let entries = Entry::decode_all(&bytes).map_err(|error| wrong(&error))?;
            self.check_log(log)?;
            self.follow(log, entries).map_err(|error| wrong(&error))?;
        }
        if let Some((group, parts)) = &mut self.claim
            && *group == message.group
        {
            *parts = message.part + 1;
        }
        (self.sequence, self.checksum) = (sequence, checksum);
        Ok(())
    }

    /// The whole group, if this is its last part. A group whose parts do not follow each other was given up, and counts for nothing.
    fn join(&mut self, message: &Message<'_>) -> Result<Option<(LogId, Vec<u8>)>, &'static str> {
        let mut open = match self.open.take() {
            _ if message.part == 0 => Open { group: message.group, log: message.log, next: 0, bytes: Vec::new() },
            Some(open) => open,
            None => return Err("it is a later part of a group whose parts before are not there"),
        };
        if (open.group, open.log, open.next) != (message.group, message.log, message.part) {
            return Err("it is not the part of a group that is next");
        }
        open.bytes.extend_from_slice(message.bytes);
        open.next += 1;
        if open.next == message.parts {
            return Ok(Some((open.log, open.bytes)));
        }
        self.open = Some(open);
        Ok(None)
    }

    fn check_log(&self, log: LogId) -> Result<(), Unread> {
        match self.opened {
            Some(opened) if opened != log => {
                let text = format!(
                    "log {log} has taken the place of log {opened}, which was opened\nhelp: open the store again, and discard what was made of the \
                     other log"
                );
                Err(Unread::Wrong(Fault::new(StoreErrorKind::WrongLog, text)))
            }
            _ => Ok(()),
        }
    }

    /// Adds what a group says, if it can follow what was read.
    fn follow(&mut self, log: LogId, entries: Vec<Entry>) -> Result<(), String> {
        let (records, others) = Entry::split(entries);
        let load = Load::new(log, self.log.head(), records);
        if load.records.is_empty() && log != self.log.id() {
            return Err(format!("it is of log {log}"));
        }
        check_load(&load).map_err(|error| error.to_string())?;
        if !load.records.is_empty() {
            self.log.check_records(&load).map_err(|error| error.to_string())?;
        }
        for entry in &others {
            if let Entry::Tags(added) = entry {
                self.log.check_tags(added).map_err(|error| error.to_string())?;
            }
        }
        self.add(load, others);
        Ok(())
    }

    fn add(&mut self, load: Load, others: Vec<Entry>) {
        if !load.records.is_empty() {
            self.log.add_records(load);
        }
        for entry in others {
            match entry {
                // Checked before; a failure changes nothing.
                Entry::Tags(added) => drop(self.log.add_tags(&added)),
                Entry::Sealed(since) => self.log.set_sealed(since),
                Entry::Record(_) => {}
            }
        }
        if self.log.head().position > Position::START {
            self.opened = Some(self.log.id());
        }
    }
}

#[cfg(test)]
mod tests {
    use eskit_runtime::Timestamp;
    use eskit_runtime::log::{Append, NewEvent};
    use eskit_runtime::memory_log::Numbers;
    use eskit_runtime::transfer::LogRecord;

    use super::*;

    /// The entries of an append of one event, as bytes.
    fn append(copy: &LogCopy, name: &str) -> Vec<u8> {
        let append = Append::new(vec![NewEvent::json(name, "{}")]);
        let record = copy.state().log.record(append, &mut Numbers::default(), Timestamp::from_micros(1)).unwrap().0;
        let mut bytes = Vec::new();
        Entry::Record(LogRecord::Append(record)).encode(&mut bytes).unwrap();
        bytes
    }

    fn read(copy: &LogCopy, message: Message<'_>) -> Result<(), Unread> {
        let sequence = copy.state().sequence + 1;
        copy.read(sequence, &message.encode().0)
    }

    fn message<'b>(copy: &LogCopy, group: GroupId, part: u16, parts: u16, bytes: &'b [u8]) -> Message<'b> {
        let state = copy.state();
        Message { before: state.checksum, group, log: state.log.id(), part, parts, bytes }
    }

    fn head(copy: &LogCopy) -> u64 {
        copy.state().log.head().position.get()
    }

    #[test]
    fn a_group_in_parts_is_there_with_its_last_part() {
        let copy = LogCopy::new(LogId::new());
        let (group, bytes) = (GroupId::new(), append(&copy, "a"));
        copy.claim(group);
        read(&copy, message(&copy, group, 0, 2, &bytes[..5])).unwrap();
        assert_eq!((head(&copy), copy.landed()), (0, 1));
        read(&copy, message(&copy, group, 1, 2, &bytes[5..])).unwrap();
        assert_eq!((head(&copy), copy.landed()), (1, 2));
    }

    #[test]
    fn a_group_that_was_given_up_counts_for_nothing() {
        let copy = LogCopy::new(LogId::new());
        let (given_up, bytes) = (GroupId::new(), append(&copy, "a"));
        read(&copy, message(&copy, given_up, 0, 2, &bytes[..5])).unwrap();
        let other = append(&copy, "b");
        read(&copy, message(&copy, GroupId::new(), 0, 1, &other)).unwrap();
        assert_eq!(head(&copy), 1);
        // Its publisher expected another end of the stream, so that the server refuses its other parts.
        let late = read(&copy, message(&copy, given_up, 1, 2, &bytes[5..])).unwrap_err();
        assert!(matches!(&late, Unread::Wrong(fault) if fault.to_string().contains("parts before")), "{late:?}");
    }

    #[test]
    fn what_does_not_follow_is_not_read() {
        let copy = LogCopy::new(LogId::new());
        let bytes = append(&copy, "a");
        read(&copy, message(&copy, GroupId::new(), 0, 1, &bytes)).unwrap();
        let next = append(&copy, "b");
        let own = message(&copy, GroupId::new(), 0, 1, &next);
        for (wrong, why) in [
            (Message { before: 7, ..own }, "does not follow the message before"),
            (Message { log: LogId::new(), ..own }, "has taken the place of log"),
            (Message { bytes: &bytes, ..own }, "position 1, but position 2 is next"),
            (Message { bytes: b"\x09", ..own }, "is of kind 9"),
        ] {
            let unread = read(&copy, wrong).unwrap_err();
            assert!(matches!(&unread, Unread::Wrong(fault) if fault.to_string().contains(why)), "{unread:?}");
        }
        assert_eq!(copy.read(3, &own.encode().0), Err(Unread::Gap));
        assert_eq!(copy.read(1, b"read before"), Ok(()));
        assert_eq!(head(&copy), 1);
        read(&copy, own).unwrap();
        assert_eq!(head(&copy), 2);
    }
}
