use std::io::{BufRead, Read};

use eskit_runtime::Timestamp;
use eskit_runtime::log::LogId;
use eskit_runtime::log::limits::{PAGE_BYTES, PAGE_EVENTS_MAX};
use eskit_runtime::transfer::LogRecord;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::TransferError;
use crate::file::form::{BLOCK_BYTES_MAX, FORMAT};
use crate::file::pieces::{End, Piece, Source};
use crate::file::write::hex;

#[derive(Deserialize)]
struct BeginLine {
    log: LogId,
    created_at: Timestamp,
}

/// Of a form that may come later only the number is read.
#[derive(Deserialize)]
struct FormatLine {
    eskit_log: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    end: EndBody,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndBody {
    records: u64,
    events: u64,
    head: String,
    sha256: String,
}

/// A file of lines.
pub(crate) struct Lines {
    source: Source,
    hash: Sha256,
    /// The number of the line that was read last.
    number: u64,
    /// The line that ends the page before.
    line: Vec<u8>,
}

impl Lines {
    /// Reads the first line.
    pub(crate) fn begin(source: Source) -> Result<(Lines, LogId, Timestamp), TransferError> {
        let mut lines = Lines { source, hash: Sha256::new(), number: 0, line: Vec::new() };
        let path = lines.source.path.clone();
        lines.read()?;
        let Ok(FormatLine { eskit_log: format }) = serde_json::from_slice(&lines.line) else {
            return Err(TransferError::NoBackup { path });
        };
        if format != u64::from(FORMAT) {
            return Err(TransferError::Newer { path, format });
        }
        let begin: BeginLine = serde_json::from_slice(&lines.line).map_err(|error| lines.damaged(error.to_string()))?;
        lines.hash.update(&lines.line);
        Ok((lines, begin.log, begin.created_at))
    }

    pub(crate) fn damaged(&self, what: String) -> TransferError {
        TransferError::Damaged { path: self.source.path.clone(), at: self.number, what }
    }

    /// Reads a line, with the line break at its end.
    fn read(&mut self) -> Result<(), TransferError> {
        self.line.clear();
        self.number += 1;
        // An append of 64 MiB may take twice as many as hexadecimal digits.
        let mut bytes = (&mut self.source.bytes).take(2 * BLOCK_BYTES_MAX as u64);
        bytes.read_until(b'\n', &mut self.line).map_err(TransferError::file(&self.source.path))?;
        if self.line.last() == Some(&b'\n') { Ok(()) } else { Err(self.damaged("the file ends early".to_owned())) }
    }

    /// The records of some lines, or the end.
    pub(crate) fn next(&mut self) -> Result<Piece, TransferError> {
        let (mut records, mut events, mut bytes) = (Vec::new(), 0, 0);
        while events < PAGE_EVENTS_MAX && bytes < PAGE_BYTES {
            if !self.line.starts_with(br#"{"end""#) {
                self.read()?;
            }
            if self.line.starts_with(br#"{"end""#) {
                return if records.is_empty() { self.end().map(Piece::End) } else { Ok(Piece::Records(records)) };
            }
            let text = std::str::from_utf8(&self.line).map_err(|_| self.damaged("it is not UTF-8".to_owned()))?;
            let record =
                LogRecord::from_json(text.trim_end_matches('\n')).map_err(|error| self.damaged(error.to_string()))?;
            self.hash.update(&self.line);
            events += record.append().map_or(1, |append| append.entries().len());
            bytes += record.size_bytes();
            records.push(record);
        }
        Ok(Piece::Records(records))
    }

    fn end(&mut self) -> Result<End, TransferError> {
        let end: EndLine = serde_json::from_slice(&self.line).map_err(|error| self.damaged(error.to_string()))?;
        let EndBody { records, events, head, sha256 } = end.end;
        let hash: [u8; 32] = self.hash.clone().finalize().into();
        if sha256 != hex(&hash) {
            return Err(self.damaged("the SHA-256 of the file is another one".to_owned()));
        }
        let head = head.parse().map_err(|error| self.damaged(format!("the head is {error}")))?;
        let more = self.source.bytes.fill_buf().map_err(TransferError::file(&self.source.path))?;
        if !more.is_empty() {
            return Err(self.damaged("more follows its end".to_owned()));
        }
        Ok(End { records, events, head })
    }
}
