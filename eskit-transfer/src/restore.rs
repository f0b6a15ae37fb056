use std::path::{Path, PathBuf};
use std::pin::Pin;

use eskit_runtime::log::{LogId, Place, Position};
use eskit_runtime::transfer::{Load, LoadError, LogRecord, Transfer};

use crate::error::TransferError;
use crate::file::check::{Checked, check};
use crate::file::read::Reader;
use crate::progress::{Listener, Progress};

/// Loads a backup into a store. The store must be empty, or hold the beginning of this log, such as after an earlier run that was killed;
/// then the run goes on from there.
///
/// The whole file is [checked](check) before anything is loaded. Reads and unpacks on the thread that polls it, a page at a time.
///
/// # Errors
/// When awaited, [`TransferError`]: the file cannot be read or is damaged, or the store fails or holds something else.
pub fn restore<'a, S: Transfer>(path: impl AsRef<Path>, store: &'a S) -> Restoring<'a, S> {
    Restoring { path: path.as_ref().to_owned(), store, checked: None, listener: Listener::none() }
}

/// A call of [`restore`], which runs when it is awaited.
#[derive(Debug)]
#[must_use = "nothing is loaded until it is awaited"]
pub struct Restoring<'a, S> {
    path: PathBuf,
    store: &'a S,
    checked: Option<Checked>,
    listener: Listener<'a>,
}

/// What a [`restore`] has loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Restored {
    /// The id of the log.
    pub log: LogId,
    /// The last event.
    pub head: Place,
    /// How many events this run has loaded, deleted ones among them.
    pub events: u64,
    /// How many streams this run has archived, tombstoned or deleted.
    pub streams: u64,
}

impl<'a, S: Transfer> Restoring<'a, S> {
    /// Calls `tell` after each page.
    pub fn on_progress(mut self, tell: impl FnMut(Progress) + Send + 'a) -> Self {
        self.listener = Listener::new(tell);
        self
    }

    /// Does not [check] the file once more, since the caller just has.
    pub fn as_checked(mut self, checked: Checked) -> Self {
        self.checked = Some(checked);
        self
    }

    async fn run(mut self) -> Result<Restored, TransferError> {
        let checked = self.checked.map_or_else(|| check(&self.path), Ok)?;
        let mut reader = Reader::open(&self.path)?;
        let head = self.store.head().await.map_err(TransferError::Target)?;
        let found = self.store.log_id().await.map_err(TransferError::Target)?;
        if found != checked.log && head.position > Position::START {
            return Err(TransferError::Load(LoadError::OtherLog { given: checked.log, found }));
        }
        let mut done = Restored { log: checked.log, head, events: 0, streams: 0 };
        let (mut bytes, mut is_held) = (0, head == Place::START);
        while let Some(mut records) = reader.next()? {
            records.retain(|record| is_new(record, head, &mut is_held));
            if !is_held && records.iter().any(|record| record.append().is_some()) {
                break;
            }
            bytes += records.iter().map(LogRecord::size_bytes).sum::<usize>() as u64;
            let streams = records.iter().filter(|record| record.append().is_none()).count() as u64;
            if !is_held || records.is_empty() {
                continue;
            }
            let load = Load::new(checked.log, done.head, records);
            let events = load.events() as u64;
            done.head = self.store.load(load).await.map_err(TransferError::Load)?;
            (done.events, done.streams) = (done.events + events, done.streams + streams);
            let goal = checked.head.position;
            self.listener.tell(Progress { events: done.events, bytes, ..Progress::new(done.head.position, goal) });
        }
        if is_held { Ok(done) } else { Err(TransferError::WentApart { head }) }
    }
}

/// Whether a record comes after the head of the store; notes when the append is seen that ends there.
fn is_new(record: &LogRecord, head: Place, is_held: &mut bool) -> bool {
    let Some(append) = record.append() else { return true };
    *is_held |= append.last() == head;
    append.last().position > head.position
}

impl<'a, S: Transfer> IntoFuture for Restoring<'a, S> {
    type Output = Result<Restored, TransferError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
