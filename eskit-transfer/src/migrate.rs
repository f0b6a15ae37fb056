use std::pin::Pin;

use eskit_runtime::StoreError;
use eskit_runtime::log::{LogId, Place, Position, Query, ReadOptions, StoreErrorKind};
use eskit_runtime::transfer::{DumpFrom, Load, LoadError, LogRecord, RecordError, StreamRecord, Transfer, check_load};
use futures_util::future::join;

use crate::error::TransferError;
use crate::progress::{Listener, Progress};
use crate::streams::{Closed, Side, next_difference};

/// Streams that are loaded at once.
const STREAMS_AT_ONCE: usize = 1000;
/// How often appends are copied again because streams got further events meanwhile.
const ROUNDS_MAX: usize = 100;

/// Copies a log into another store. The store must be empty, or hold the beginning of this log, such as after an earlier run that was
/// killed; then the run goes on from there.
///
/// Reads one page while it writes the one before, and holds no more than that in memory. Programs may append to the log meanwhile: the
/// copy is the log as of the last page, and the next run brings what came after. No program may append to the store that is copied to.
///
/// After the events, what became of streams is compared and copied, so a stream that was archived, restored, tombstoned or deleted since
/// an earlier run is so in the copy too. Tags that were added to events after those were copied are not noticed; [`verify`](crate::verify)
/// names the first such event.
///
/// # Errors
/// When awaited, [`TransferError`]: the log or the store fails, or the store holds something else.
#[must_use = "a migration does nothing until it is awaited"]
pub fn migrate<'a, F: Transfer, T: Transfer>(from: &'a F, to: &'a T) -> Migration<'a, F, T> {
    Migration { from, to, listener: Listener::none(), is_dry: false, batch_events: usize::MAX }
}

/// A call of [`migrate`], which runs when it is awaited.
#[derive(Debug)]
#[must_use = "a migration does nothing until it is awaited"]
pub struct Migration<'a, F, T> {
    from: &'a F,
    to: &'a T,
    listener: Listener<'a>,
    is_dry: bool,
    batch_events: usize,
}

/// What a [`migrate`] has copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Migrated {
    /// The id of the log.
    pub log: LogId,
    /// The last event of the copy.
    pub head: Place,
    /// How many events this run has copied, deleted ones among them.
    pub events: u64,
    /// The bytes of their payloads, metadata and tags.
    pub bytes: u64,
    /// How many streams this run has archived, opened, tombstoned or deleted.
    pub streams: u64,
}

impl<'a, F: Transfer, T: Transfer> Migration<'a, F, T> {
    /// Calls `tell` after each batch.
    pub fn on_progress(mut self, tell: impl FnMut(Progress) + Send + 'a) -> Self {
        self.listener = Listener::new(tell);
        self
    }

    /// Loads at most so many events in one transaction, instead of a page of up to 10,000. An append with more of them stays whole.
    pub fn batch_events(mut self, events: usize) -> Self {
        self.batch_events = events;
        self
    }

    /// Reads and checks everything that would be copied, and writes nothing. What is returned says what would be done.
    pub fn dry_run(mut self) -> Self {
        self.is_dry = true;
        self
    }

    async fn run(mut self) -> Result<Migrated, TransferError> {
        let head = self.to.head().await.map_err(TransferError::Target)?;
        let log = self.from.log_id().await.map_err(TransferError::Source)?;
        self.check_log(log, head).await?;
        if !self.is_dry {
            // What an earlier run loaded is not loaded again.
            let last = ReadOptions::default().backward().limit(1).confirmed();
            self.to.read(&Query::all(), last).await.map_err(TransferError::Target)?;
        }
        let mut done = Migrated { log, head, events: 0, bytes: 0, streams: 0 };
        for _ in 0..ROUNDS_MAX {
            self.copy_appends(&mut done).await?;
            if self.copy_streams(&mut done).await? {
                return Ok(done);
            }
        }
        Err(TransferError::Restless)
    }

    async fn check_log(&mut self, given: LogId, head: Place) -> Result<(), TransferError> {
        let found = self.to.log_id().await.map_err(TransferError::Target)?;
        if found != given && head.position > Position::START {
            return Err(TransferError::Load(LoadError::OtherLog { given, found }));
        }
        Ok(())
    }

    /// Copies appends up to the end that the log has when this begins: programs may append faster than it copies.
    async fn copy_appends(&mut self, done: &mut Migrated) -> Result<(), TransferError> {
        let begin = DumpFrom::Append(done.head);
        let mut page = self.from.dump(&begin).await.map_err(|error| first_page(error, done.head))?;
        let end = page.head.position;
        loop {
            let to_follow = |next: &DumpFrom| matches!(next, DumpFrom::Append(after) if after.position < end);
            let next = page.next.take().filter(to_follow);
            let following = async {
                match &next {
                    Some(next) => self.from.dump(next).await.map(Some),
                    None => Ok(None),
                }
            };
            let goal = page.head.position;
            let (loaded, following) = join(self.load_page(page.records, goal, done), following).await;
            loaded?;
            match following.map_err(TransferError::Source)? {
                Some(following) => page = following,
                None => return Ok(()),
            }
        }
    }

    /// Loads the appends of a page, which come after the head of the copy, a batch at a time. An empty page gives an empty
    /// copy the id of the log.
    async fn load_page(
        &mut self,
        records: Vec<LogRecord>,
        goal: Position,
        done: &mut Migrated,
    ) -> Result<(), TransferError> {
        let mut records = records.into_iter().filter(|record| record.append().is_some()).peekable();
        loop {
            let (mut batch, mut events, mut bytes) = (Vec::new(), 0, 0);
            let len = |record: &LogRecord| record.append().map_or(0, |append| append.entries().len());
            while let Some(record) =
                records.next_if(|record| batch.is_empty() || events + len(record) <= self.batch_events)
            {
                events += len(&record);
                bytes += record.size_bytes();
                batch.push(record);
            }
            done.head = self.load(Load::new(done.log, done.head, batch)).await?;
            (done.events, done.bytes) = (done.events + events as u64, done.bytes + bytes as u64);
            let Migrated { events, bytes, .. } = *done;
            self.listener.tell(Progress { events, bytes, ..Progress::new(done.head.position, goal) });
            if records.peek().is_none() {
                return Ok(());
            }
        }
    }

    /// Makes the streams of the copy what those of the log are. Returns `false` if appends must be copied first.
    async fn copy_streams(&mut self, done: &mut Migrated) -> Result<bool, TransferError> {
        let (mut from, mut to) = (Closed::of(self.from), Closed::of(self.to));
        loop {
            let mut records = Vec::new();
            while records.len() < STREAMS_AT_ONCE
                && let Some((wanted, found)) = next_difference(&mut from, &mut to).await.map_err(side)?
            {
                records.extend(self.as_in_log(wanted, found).await?.map(LogRecord::Stream));
            }
            if records.is_empty() {
                return Ok(true);
            }
            let count = records.len() as u64;
            match self.load(Load::new(done.log, done.head, records)).await {
                Ok(_) => done.streams += count,
                // The stream got another event after the last page.
                Err(TransferError::Load(LoadError::Record(RecordError::StreamVersion { .. }))) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    /// What the log says of a stream that one of both has as closed; an open one has to be looked up.
    async fn as_in_log(
        &mut self,
        wanted: Option<StreamRecord>,
        found: Option<StreamRecord>,
    ) -> Result<Option<StreamRecord>, TransferError> {
        let (None, Some(StreamRecord { stream, .. })) = (&wanted, found) else { return Ok(wanted) };
        let info = self.from.stream_info(&stream).await.map_err(TransferError::Source)?;
        Ok(Some(StreamRecord::new(stream, info.version, info.status)))
    }

    fn load(&self, load: Load) -> impl Future<Output = Result<Place, TransferError>> + Send + use<'a, F, T> {
        load_into(self.to, self.is_dry, load)
    }
}

async fn load_into<T: Transfer>(to: &T, is_dry: bool, load: Load) -> Result<Place, TransferError> {
    if is_dry {
        check_load(&load).map_err(|error| TransferError::Load(error.into()))?;
        return Ok(load.end());
    }
    let end = load.end();
    let head = to.load(load).await.map_err(TransferError::Load)?;
    if head == end { Ok(head) } else { Err(TransferError::WentApart { head }) }
}

/// Why a log cannot be read on from the head of the copy.
pub(crate) fn first_page(error: StoreError, head: Place) -> TransferError {
    match error.kind() {
        // The log does not hold it, or only within an append.
        StoreErrorKind::Replaced | StoreErrorKind::Invalid => TransferError::WentApart { head },
        _ => TransferError::Source(error),
    }
}

pub(crate) fn side(side: Side) -> TransferError {
    match side {
        Side::From(error) => TransferError::Source(error),
        Side::To(error) => TransferError::Target(error),
    }
}

impl<'a, F: Transfer, T: Transfer> IntoFuture for Migration<'a, F, T> {
    type Output = Result<Migrated, TransferError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
