use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use eskit_runtime::log::{LogId, Place};
use eskit_runtime::transfer::{DumpFrom, Load, LogRecord, RecordPage, Transfer};

use crate::error::TransferError;
use crate::file::form::Form;
use crate::file::publish::Draft;
use crate::file::write::Writer;
use crate::progress::{Listener, Progress};

/// Writes a log to a new file. Programs may append to it meanwhile: the backup is the log as of its last page.
///
/// The file gets its name once it is whole and durable. If the run fails or is killed, there is no file at `path`, or an unfinished one
/// beside it with an id at the end of its name, which may be removed.
///
/// Compresses and writes on the thread that polls it, a page at a time.
///
/// # Errors
/// When awaited, [`TransferError`]: the log cannot be read, there is a file at `path` already, or it cannot be written.
pub fn backup<'a, S: Transfer>(store: &'a S, path: impl AsRef<Path>) -> Backup<'a, S> {
    Backup { store, path: path.as_ref().to_owned(), form: Form::default(), listener: Listener::none() }
}

/// A call of [`backup`], which runs when it is awaited.
#[derive(Debug)]
#[must_use = "nothing is written until it is awaited"]
pub struct Backup<'a, S> {
    store: &'a S,
    path: PathBuf,
    form: Form,
    listener: Listener<'a>,
}

/// What a [`backup`] has written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct BackedUp {
    /// The id of the log.
    pub log: LogId,
    /// The last event.
    pub head: Place,
    /// How many events there are, deleted ones among them.
    pub events: u64,
    /// The size of the file in bytes.
    pub file_bytes: u64,
}

impl<'a, S: Transfer> Backup<'a, S> {
    /// Writes lines of JSON instead of compressed blocks.
    pub fn json_lines(mut self) -> Self {
        self.form = Form::JsonLines;
        self
    }

    /// Calls `tell` after each page.
    pub fn on_progress(mut self, tell: impl FnMut(Progress) + Send + 'a) -> Self {
        self.listener = Listener::new(tell);
        self
    }

    async fn run(mut self) -> Result<BackedUp, TransferError> {
        let fail = |error| TransferError::File { path: self.path.clone(), error };
        let log = self.store.log_id().await.map_err(TransferError::Source)?;
        let (draft, file) = Draft::create(&self.path)?;
        let mut writer = Writer::begin(BufWriter::new(file), self.form, log).map_err(fail)?;
        let mut done = BackedUp { log, head: Place::START, events: 0, file_bytes: 0 };
        let (mut next, mut bytes) = (Some(DumpFrom::START), 0);
        while let Some(from) = next {
            let RecordPage { records, next: following, head, .. } =
                self.store.dump(&from).await.map_err(TransferError::Source)?;
            writer.write(&records).map_err(fail)?;
            bytes += records.iter().map(LogRecord::size_bytes).sum::<usize>() as u64;
            let load = Load::new(log, done.head, records);
            (done.head, done.events) = (load.end(), done.events + load.events() as u64);
            let progress = Progress { events: done.events, bytes, ..Progress::new(done.head.position, head.position) };
            self.listener.tell(progress);
            next = following;
        }
        let unfinished = writer.bytes;
        let file = writer.finish().map_err(fail)?.into_inner().map_err(|error| fail(error.into_error()))?;
        done.file_bytes = file.metadata().map_or(unfinished, |about| about.len());
        draft.publish(file)?;
        Ok(done)
    }
}

impl<'a, S: Transfer> IntoFuture for Backup<'a, S> {
    type Output = Result<BackedUp, TransferError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
