use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use eskit_runtime::Timestamp;
use eskit_runtime::log::{LogId, Place};
use eskit_runtime::transfer::{LogRecord, RecordedAppend};

use crate::error::TransferError;
use crate::file::blocks::Blocks;
use crate::file::form::{Form, MAGIC};
use crate::file::lines::Lines;
use crate::file::pieces::{End, Piece, Source};

/// What of a file is read, by its form.
enum Pieces {
    Blocks(Blocks),
    Lines(Lines),
}

/// Reads the records of a file, a page at a time, and holds the file to what its end says.
pub(crate) struct Reader {
    pieces: Pieces,
    pub(crate) log: LogId,
    pub(crate) created_at: Timestamp,
    found: End,
    is_done: bool,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> Result<Reader, TransferError> {
        let file = File::open(path).map_err(TransferError::file(path))?;
        let mut source = Source { path: path.to_owned(), bytes: BufReader::with_capacity(1 << 20, file) };
        let begin = source.bytes.fill_buf().map_err(TransferError::file(path))?;
        let form = if begin.starts_with(MAGIC) {
            Form::Binary
        } else if begin.starts_with(br#"{"eskit_log":"#) || begin.starts_with(b"{\"") {
            Form::JsonLines
        } else {
            return Err(TransferError::NoBackup { path: path.to_owned() });
        };
        let (pieces, log, created_at) = match form {
            Form::Binary => {
                let (blocks, log, created_at) = Blocks::begin(source)?;
                (Pieces::Blocks(blocks), log, created_at)
            }
            Form::JsonLines => {
                let (lines, log, created_at) = Lines::begin(source)?;
                (Pieces::Lines(lines), log, created_at)
            }
        };
        let found = End { records: 0, events: 0, head: Place::START };
        Ok(Reader { pieces, log, created_at, found, is_done: false })
    }

    pub(crate) fn form(&self) -> Form {
        match self.pieces {
            Pieces::Blocks(_) => Form::Binary,
            Pieces::Lines(_) => Form::JsonLines,
        }
    }

    /// What was read so far.
    pub(crate) fn found(&self) -> End {
        self.found
    }

    /// The next records; `None` at the end, which must be what it says.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<LogRecord>>, TransferError> {
        if self.is_done {
            return Ok(None);
        }
        let piece = match &mut self.pieces {
            Pieces::Blocks(blocks) => blocks.next()?,
            Pieces::Lines(lines) => lines.next()?,
        };
        match piece {
            Piece::Records(records) => {
                self.count(&records)?;
                Ok(Some(records))
            }
            Piece::End(end) if end == self.found => {
                self.is_done = true;
                Ok(None)
            }
            Piece::End(end) => Err(self.damaged(format!(
                "it says that it has {} records with {} events up to {}, but it has {} with {} up to {}",
                end.records, end.events, end.head, self.found.records, self.found.events, self.found.head
            ))),
        }
    }

    fn count(&mut self, records: &[LogRecord]) -> Result<(), TransferError> {
        self.found.records += records.len() as u64;
        for append in records.iter().filter_map(LogRecord::append) {
            if append.first() != self.found.head.position.next() {
                let text = format!("position {} follows {}", append.first(), self.found.head.position);
                return Err(self.damaged(text));
            }
            self.found.events += append.entries().len() as u64;
            self.found.head = RecordedAppend::last(append);
        }
        Ok(())
    }

    fn damaged(&self, what: String) -> TransferError {
        match &self.pieces {
            Pieces::Blocks(blocks) => blocks.damaged(what),
            Pieces::Lines(lines) => lines.damaged(what),
        }
    }
}
