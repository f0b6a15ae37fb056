use std::path::Path;

use eskit_runtime::Timestamp;
use eskit_runtime::log::{LogId, Place};
use eskit_runtime::transfer::LogRecord;

use crate::error::TransferError;
use crate::file::form::Form;
use crate::file::pieces::End;
use crate::file::read::Reader;

/// What a backup holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Checked {
    /// How it is written.
    pub form: Form,
    /// The id of the log.
    pub log: LogId,
    /// When it was made.
    pub created_at: Timestamp,
    /// The last event.
    pub head: Place,
    /// How many events it has, deleted ones among them.
    pub events: u64,
    /// How many streams it has that are not open.
    pub streams: u64,
}

/// Reads a backup to its end, and says what it holds: every checksum is compared, and every record is decoded. Blocks the thread.
///
/// # Errors
/// The file cannot be read, is no backup, was written by a later version, or is damaged; [`TransferError::Damaged`] says where.
pub fn check(path: impl AsRef<Path>) -> Result<Checked, TransferError> {
    let mut reader = Reader::open(path.as_ref())?;
    let mut streams = 0;
    while let Some(records) = reader.next()? {
        streams += records.iter().filter(|record| matches!(record, LogRecord::Stream(_))).count() as u64;
    }
    let End { events, head, .. } = reader.found();
    Ok(Checked { form: reader.form(), log: reader.log, created_at: reader.created_at, head, events, streams })
}
