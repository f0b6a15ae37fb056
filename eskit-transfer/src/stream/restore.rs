use std::fmt;
use std::pin::Pin;

use eskit_runtime::log::{EventId, LogId, StreamId};
use eskit_runtime::{EventStore, RecordedEvent};

use super::copying::{Copied, Copying};
use super::error::ArchiveError;

/// Copies a stream from an archive into a log, and compares both. The archive keeps it.
///
/// A log whose stream was deleted takes no event of it ever again, and keeps the ids of its events in use. There, the events are restored
/// [into](RestoringStream::into_stream) a stream of another name, and get ids that follow from their own and from that name. In any
/// other log, names and ids are kept.
///
/// **Restored events are new events to whatever follows the log**: they come at its end, so projections count them, also if they counted
/// the original before it was deleted, and processors act on them.
///
/// A run that was killed is run again, and goes on.
///
/// # Errors
/// When awaited, [`ArchiveError`].
#[must_use = "nothing is restored until it is awaited"]
pub fn restore_stream<'a, F: EventStore, T: EventStore>(
    archive: &'a F,
    to: &'a T,
    stream: StreamId,
) -> RestoringStream<'a, F, T> {
    RestoringStream { archive, to, stream, into: None }
}

/// A call of [`restore_stream`], which runs when it is awaited.
#[must_use = "nothing is restored until it is awaited"]
pub struct RestoringStream<'a, F, T> {
    archive: &'a F,
    to: &'a T,
    stream: StreamId,
    into: Option<StreamId>,
}

/// A stream that was restored.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RestoredStream {
    /// The stream that holds its events now.
    pub stream: StreamId,
    /// The id of the log that is the archive.
    pub archive: LogId,
    /// How many events it has; all of them were compared.
    pub events: u64,
    /// How many this run has copied.
    pub copied: u64,
}

impl<'a, F: EventStore, T: EventStore> RestoringStream<'a, F, T> {
    /// Restores it into a stream of this name.
    pub fn into_stream(mut self, stream: StreamId) -> Self {
        self.into = Some(stream);
        self
    }

    async fn run(self) -> Result<RestoredStream, ArchiveError> {
        let archive = self.archive.log_id().await.map_err(ArchiveError::From)?;
        if archive == self.to.log_id().await.map_err(ArchiveError::To)? {
            return Err(ArchiveError::SameLog);
        }
        let found = self.archive.stream_info(&self.stream).await.map_err(ArchiveError::From)?;
        if !found.exists() || found.status.is_deleted() {
            return Err(ArchiveError::NoStream { stream: self.stream });
        }
        let target = self.into.clone().unwrap_or_else(|| self.stream.clone());
        let held = self.to.stream_info(&target).await.map_err(ArchiveError::To)?;
        if held.status.is_deleted() {
            return Err(ArchiveError::Gone { stream: target });
        }
        let name = target.to_string();
        let is_other = target != self.stream;
        let id = move |event: &RecordedEvent| match is_other {
            // The same at each run, and near to the id that it had, so that neighbours share a page of the index.
            true => EventId::from_key_near(event.id, &format!("{} restored into {name}", event.id), 0),
            false => event.id,
        };
        let copying = Copying::new((self.archive, &self.stream), (self.to, &target), &id);
        let Copied { events, copied, .. } = copying.run().await?;
        Ok(RestoredStream { stream: target, archive, events, copied })
    }
}

impl<F, T> fmt::Debug for RestoringStream<'_, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoringStream").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl<'a, F: EventStore, T: EventStore> IntoFuture for RestoringStream<'a, F, T> {
    type Output = Result<RestoredStream, ArchiveError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
