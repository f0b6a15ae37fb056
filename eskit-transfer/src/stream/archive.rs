use std::fmt;
use std::pin::Pin;

use eskit_runtime::EventStore;
use eskit_runtime::log::{LogId, StoreErrorKind, StreamChange, StreamError, StreamId};

use super::copying::{Copied, Copying};
use super::error::ArchiveError;

/// Copies a stream into an archive, which is a log of its own, and makes the original read-only. With
/// [`deleting`](ArchivingStream::deleting), the original is deleted once the copy was compared with it.
///
/// 1. The original is archived, so that it takes no further events. One that is tombstoned stays so.
/// 2. Its events are appended to a stream of the same name in the archive: with their ids, versions, times, metadata, tags and payloads,
///    and those that were appended together again together. Positions are those of the archive.
/// 3. Both streams are read and compared, event by event.
/// 4. To be deleted, the original is tombstoned, so that nobody can open it again, compared once more if it has grown since, and deleted.
///
/// At each moment, the original or the copy is whole. A run that was killed is run again: it finds what was done, and goes on. So is a
/// stream that was archived before and has grown since.
///
/// What cannot be kept is told by [`ArchivedStream`]: an append that also holds events of other streams is only archived in part, and the
/// tags of deleted events are in no condition any more. So a stream whose events have tags is not deleted, unless
/// [`although_tagged`](ArchivingStream::although_tagged) is set. Sealed personal data belongs to the log and to the id of its event, and could not
/// be opened anywhere else. So a stream that holds some is not deleted.
///
/// ```
/// use eskit::log::StreamId;
/// use eskit::prelude::*;
/// use eskit_transfer::archive_stream;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (log, cold) = (MemoryStore::new(), MemoryStore::new());
/// let order = StreamId::new("order", "o-17");
/// let mut placed = NewEvent::json("shop.OrderPlaced", "{}");
/// placed.stream = Some(order.clone());
/// log.append(Append::new(vec![placed])).await?;
///
/// let archived = archive_stream(&log, &cold, order).deleting("closed for ten years").await?;
/// assert!(archived.is_deleted && archived.events == 1);
/// # Ok(()) }
/// ```
///
/// # Errors
/// When awaited, [`ArchiveError`].
#[must_use = "nothing is archived until it is awaited"]
pub fn archive_stream<'a, F: EventStore, T: EventStore>(
    from: &'a F,
    to: &'a T,
    stream: StreamId,
) -> ArchivingStream<'a, F, T> {
    ArchivingStream { from, to, stream, reason: None, although_tagged: false }
}

/// A call of [`archive_stream`], which runs when it is awaited.
#[must_use = "nothing is archived until it is awaited"]
pub struct ArchivingStream<'a, F, T> {
    from: &'a F,
    to: &'a T,
    stream: StreamId,
    reason: Option<String>,
    although_tagged: bool,
}

/// A stream that was archived.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ArchivedStream {
    /// The stream.
    pub stream: StreamId,
    /// The id of the log that is the archive.
    pub archive: LogId,
    /// How many events it has; all of them are in the archive, and were compared.
    pub events: u64,
    /// How many this run has copied.
    pub copied: u64,
    /// How many have tags. Once they are deleted, no condition on those tags finds them.
    pub tagged: u64,
    /// How many were appended together with events that are not in the stream. Those are not in the archive.
    pub apart: u64,
    /// Whether the original is deleted.
    pub is_deleted: bool,
}

impl<'a, F: EventStore, T: EventStore> ArchivingStream<'a, F, T> {
    /// Deletes the original, for this reason, once the copy was compared with it.
    pub fn deleting(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Deletes the original even if its events have tags. Conditions on those tags do not find them any more: what only such a condition
    /// keeps unique, such as a user name, can be used again.
    pub fn although_tagged(mut self) -> Self {
        self.although_tagged = true;
        self
    }

    async fn run(self) -> Result<ArchivedStream, ArchiveError> {
        let archive = self.check_logs().await?;
        let info = self.from.stream_info(&self.stream).await.map_err(ArchiveError::From)?;
        if !info.exists() {
            return Err(ArchiveError::NoStream { stream: self.stream });
        }
        if info.status.is_deleted() {
            return self.found_there(archive, info.version).await;
        }
        if info.status.is_open() {
            self.change(StreamChange::Archive).await?;
        }
        let mut done = self.copy().await?;
        if let Some(reason) = &self.reason {
            self.check(&done)?;
            // From here on nobody can let it take events again.
            self.change(StreamChange::tombstone(reason)).await?;
            let now = self.from.stream_info(&self.stream).await.map_err(ArchiveError::From)?;
            if now.version != done.events {
                let more = self.copy().await?;
                done = Copied { copied: done.copied + more.copied, ..more };
                self.check(&done)?;
            }
            self.change(StreamChange::delete(reason)).await?;
        }
        let Copied { events, copied, tagged, apart, .. } = done;
        let is_deleted = self.reason.is_some();
        Ok(ArchivedStream { stream: self.stream, archive, events, copied, tagged, apart, is_deleted })
    }

    /// Refuses to delete what would be missed.
    fn check(&self, done: &Copied) -> Result<(), ArchiveError> {
        let stream = self.stream.clone();
        match done {
            Copied { sealed, .. } if *sealed > 0 => Err(ArchiveError::Sealed { stream, events: *sealed }),
            Copied { tagged, .. } if *tagged > 0 && !self.although_tagged => {
                Err(ArchiveError::Tagged { stream, events: *tagged })
            }
            _ => Ok(()),
        }
    }

    /// The id of the archive, which must be another log.
    async fn check_logs(&self) -> Result<LogId, ArchiveError> {
        let log = self.from.log_id().await.map_err(ArchiveError::From)?;
        let archive = self.to.log_id().await.map_err(ArchiveError::To)?;
        if log == archive { Err(ArchiveError::SameLog) } else { Ok(archive) }
    }

    /// Copies what the archive lacks, and compares both.
    async fn copy(&self) -> Result<Copied, ArchiveError> {
        Copying::new((self.from, &self.stream), (self.to, &self.stream), &|event| event.id).run().await
    }

    async fn change(&self, change: StreamChange) -> Result<(), ArchiveError> {
        let name = change.name();
        match self.from.change_stream(&self.stream, change).await {
            Ok(_) => Ok(()),
            Err(StreamError::Store(error)) if error.kind() == StoreErrorKind::Unsupported => {
                Err(ArchiveError::From(error))
            }
            Err(error) => Err(ArchiveError::Change { change: name, error: Box::new(error) }),
        }
    }

    /// An original that an earlier run has deleted: whether the archive has as many events.
    async fn found_there(self, archive: LogId, version: u64) -> Result<ArchivedStream, ArchiveError> {
        let kept = self.to.stream_info(&self.stream).await.map_err(ArchiveError::To)?;
        if kept.version != version || kept.status.is_deleted() {
            return Err(ArchiveError::Deleted { stream: self.stream, version, archived: kept.version });
        }
        let stream = self.stream;
        Ok(ArchivedStream { stream, archive, events: version, copied: 0, tagged: 0, apart: 0, is_deleted: true })
    }
}

impl<F, T> fmt::Debug for ArchivingStream<'_, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArchivingStream").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl<'a, F: EventStore, T: EventStore> IntoFuture for ArchivingStream<'a, F, T> {
    type Output = Result<ArchivedStream, ArchiveError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
