use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit_runtime::StoreError;
use eskit_runtime::log::{LogId, StoreErrorKind};
use tokio::sync::Notify;

use crate::api::jetstream::{JetStream, Refusal};
use crate::api::publish::Published;
use crate::copy::log_copy::LogCopy;
use crate::error::Fault;
use crate::group::entry::Entry;
use crate::group::message::{GroupId, HEADER, Message};

/// Bytes of a message beside its payload: the headers with what is expected.
const HEADERS_MAX: usize = 512;
/// The pause before a message is published again; it doubles each time.
const PAUSE: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// Puts groups into the stream.
pub(crate) struct Publisher {
    pub(crate) jetstream: JetStream,
    pub(crate) stream: String,
    pub(crate) subject: String,
    pub(crate) copy: Arc<LogCopy>,
    /// Makes the feed look at the stream anew.
    pub(crate) again: Arc<Notify>,
    /// How long to find out what became of a message.
    pub(crate) retry_for: Duration,
}

/// Where the copy stood when a group was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Checked {
    pub(crate) sequence: u64,
    pub(crate) checksum: u32,
}

/// Why a group is not in the stream.
#[derive(Debug)]
pub(crate) enum NotPut {
    /// The stream goes on otherwise after what was checked. It must be checked anew.
    Lost,
    /// It was refused, or nobody knows.
    Failed {
        fault: Fault,
        /// Whether it may be in the stream all the same.
        is_open: bool,
    },
}

impl From<StoreError> for NotPut {
    fn from(error: StoreError) -> NotPut {
        NotPut::Failed { fault: Fault::new(error.kind(), error.to_string()), is_open: false }
    }
}

impl Publisher {
    /// Puts a group at the end of the stream, if that is where the copy stood when it was checked, and adds it to the copy. A group that
    /// no message holds is published in parts. They count for nothing unless they follow each other to the last.
    pub(crate) async fn put(&self, at: Checked, log: LogId, entries: Vec<Entry>) -> Result<(), NotPut> {
        let group = GroupId::new();
        let mut bytes = Vec::new();
        entries.iter().try_for_each(|entry| entry.encode(&mut bytes))?;
        let room = self.jetstream.client.max_payload().saturating_sub(HEADER + HEADERS_MAX).max(1);
        let count = bytes.len().div_ceil(room).max(1);
        let parts = u16::try_from(count).map_err(|_| too_large(bytes.len(), room))?;
        self.copy.claim(group);
        let Checked { mut sequence, mut checksum } = at;
        for (part, bytes) in (0..parts).zip(bytes.chunks(room)) {
            let message = Message { before: checksum, group, log, part, parts, bytes };
            let (message, own) = message.encode();
            self.put_part(sequence, message, (part, parts)).await?;
            (sequence, checksum) = (sequence + 1, own);
        }
        if parts == 1 {
            self.copy.add_own(sequence, checksum, log, entries);
            return Ok(());
        }
        self.reach(sequence).await.map_err(|fault| NotPut::Failed { fault, is_open: true })
    }

    /// Puts one message at the end of the stream. While nobody knows what became of it, the same message is published again under the same
    /// expectation: at most one can be accepted, and if another message is there instead, none ever will.
    async fn put_part(&self, expected: u64, message: Vec<u8>, (part, parts): (u16, u16)) -> Result<(), NotPut> {
        let started = Instant::now();
        let (mut is_open, mut pause) = (false, PAUSE);
        loop {
            let published = self.jetstream.publish_after(&self.stream, &self.subject, expected, message.clone()).await;
            let refusal = match published {
                Published::Stored => return Ok(()),
                Published::Refused(refusal) => {
                    return Err(NotPut::Failed { fault: refusal.fault("append to the log"), is_open });
                }
                Published::Open(refusal) => {
                    // Without its last part, a group counts for nothing.
                    is_open |= part + 1 == parts;
                    refusal
                }
                Published::NotLast => Refusal::NoAnswer("another message is on its way to the stream".to_owned()),
            };
            let settled = self.settle(expected, part).await;
            match settled {
                Ok(Some(true)) => return Ok(()),
                Ok(Some(false)) => return Err(NotPut::Lost),
                Err(fault) if !fault.is_transient() => return Err(NotPut::Failed { fault, is_open }),
                Ok(None) | Err(_) if started.elapsed() < self.retry_for => {}
                Ok(None) => return Err(NotPut::Failed { fault: refusal.fault("append to the log"), is_open }),
                Err(fault) => return Err(NotPut::Failed { fault, is_open }),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Finds out whether the message after `expected` is this one; `None` while there is none.
    async fn settle(&self, expected: u64, part: u16) -> Result<Option<bool>, Fault> {
        let state = self.jetstream.stream_state(&self.stream).await;
        let last = state.map_err(|refusal| refusal.fault("find the end of the log"))?.last;
        if last < expected {
            // The stream was replaced by a shorter one.
            self.again.notify_one();
            return Ok(Some(false));
        }
        if last == expected {
            return Ok(None);
        }
        self.reach(expected + 1).await?;
        Ok(Some(self.copy.landed() > part))
    }

    async fn reach(&self, sequence: u64) -> Result<(), Fault> {
        let silent = || Fault::unavailable(format!("message {sequence} of the stream could not be read in time"));
        tokio::time::timeout(self.retry_for, self.copy.reach(sequence)).await.map_err(|_| silent())?
    }
}

fn too_large(bytes: usize, room: usize) -> StoreError {
    let text = format!(
        "a group of {bytes} bytes does not fit into {} messages of {room} bytes\nhelp: raise `max_payload` of the NATS server",
        u16::MAX
    );
    StoreError::new(StoreErrorKind::Invalid, text)
}
