use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

use eskit_runtime::log::{EventId, Place, Position};
use eskit_runtime::transfer::LogRecord;

/// The bytes of a file, with how many were read.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) bytes: BufReader<File>,
}

/// What the end of a file says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct End {
    pub(crate) records: u64,
    pub(crate) events: u64,
    pub(crate) head: Place,
}

/// A part of a file.
pub(crate) enum Piece {
    Records(Vec<LogRecord>),
    End(End),
}

/// The head that is written as a position and an id.
pub(crate) fn place(position: u64, id: [u8; 16]) -> Place {
    match position {
        0 => Place::START,
        position => Place::new(Position::new(position), EventId::from_bytes(id)),
    }
}

/// Fills a buffer; returns how many bytes there were.
pub(crate) fn fill(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match from.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
