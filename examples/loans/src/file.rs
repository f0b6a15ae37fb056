use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::EntryError;

/// The longest line that is read; those of the loan log have about 150 bytes.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// A gzip-compressed file of lines. Holds one line at a time, however long the file is.
pub struct LogFile {
    path: PathBuf,
    lines: BufReader<MultiGzDecoder<BufReader<Counted>>>,
    line: Vec<u8>,
    number: u64,
    compressed_bytes_total: u64,
}

/// One line, without its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl LogFile {
    /// Opens a file.
    ///
    /// # Errors
    /// There is no such file, or it may not be read.
    pub fn open(path: &Path) -> Result<LogFile, FileError> {
        let fail = |error| FileError::new(path, 0, Problem::Open(error));
        let file = File::open(path).map_err(fail)?;
        let compressed_bytes_total = file.metadata().map_err(fail)?.len();
        let counted = Counted { file, bytes: 0 };
        Ok(LogFile {
            path: path.to_owned(),
            lines: BufReader::new(MultiGzDecoder::new(BufReader::new(counted))),
            line: Vec::new(),
            number: 0,
            compressed_bytes_total,
        })
    }

    /// The next line; `None` after the last one.
    ///
    /// # Errors
    /// The file is not compressed by gzip, has no line, is damaged or cut off, cannot be read on, or has a line of over 64 KiB.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, FileError> {
        self.line.clear();
        let mut limited = (&mut self.lines).take(LINE_BYTES_MAX as u64 + 1);
        if let Err(error) = limited.read_until(b'\n', &mut self.line) {
            return Err(FileError::new(&self.path, self.number, self.problem(error)));
        }
        if self.line.is_empty() {
            return match self.number {
                0 => Err(FileError::new(&self.path, 0, Problem::Empty)),
                _ => Ok(None),
            };
        }
        self.number += 1;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        }
        if self.line.len() > LINE_BYTES_MAX {
            return Err(FileError::new(&self.path, self.number, Problem::LineTooLong));
        }
        Ok(Some(Line { number: self.number, bytes: &self.line }))
    }

    /// The path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many lines were read.
    pub fn lines(&self) -> u64 {
        self.number
    }

    /// How many bytes of the compressed file were read.
    pub fn compressed_bytes(&self) -> u64 {
        self.lines.get_ref().get_ref().get_ref().bytes
    }

    /// How many bytes the compressed file has.
    pub fn compressed_bytes_total(&self) -> u64 {
        self.compressed_bytes_total
    }

    /// What an error of the decompression means.
    fn problem(&self, error: io::Error) -> Problem {
        match error.kind() {
            io::ErrorKind::UnexpectedEof if self.compressed_bytes() == 0 => Problem::Empty,
            io::ErrorKind::InvalidInput if self.number == 0 => Problem::NotGzip,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                Problem::Damaged(error)
            }
            _ => Problem::Read(error),
        }
    }

    /// The error for the line that was read last.
    pub(crate) fn invalid(&self, error: EntryError) -> FileError {
        FileError::new(&self.path, self.number, Problem::Entry(error))
    }
}

/// Counts the bytes that are read from a file.
struct Counted {
    file: File,
    bytes: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }
}

/// A file that cannot be read as a loan log. Names the file, the line, and what to do.
#[derive(Debug)]
pub struct FileError {
    path: PathBuf,
    /// The line that cannot be read, or the last one that could; 0 before the first.
    line: u64,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Open(io::Error),
    Read(io::Error),
    NotGzip,
    Empty,
    Damaged(io::Error),
    LineTooLong,
    Entry(EntryError),
}

impl FileError {
    fn new(path: &Path, line: u64, problem: Problem) -> FileError {
        FileError { path: path.to_owned(), line, problem }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, line) = (self.path.display(), self.line);
        match &self.problem {
            Problem::Open(error) => write!(
                f,
                "cannot open `{path}`: {error}\nhelp: pass the path of `bpic2012.ndjson.gz` as the first argument"
            ),
            Problem::Read(error) => write!(f, "cannot read `{path}` on after line {line}: {error}"),
            Problem::NotGzip => write!(
                f,
                "`{path}` is not compressed by gzip\nhelp: pass the path of `bpic2012.ndjson.gz` as the first argument"
            ),
            Problem::Empty => write!(f, "`{path}` has no lines"),
            Problem::Damaged(error) => write!(
                f,
                "`{path}` is damaged or cut off after line {line}: {error}\n\
                 help: get the file again and start again; what was imported stays, and the import goes on behind it"
            ),
            Problem::LineTooLong => write!(f, "`{path}`, line {line}: longer than {LINE_BYTES_MAX} bytes"),
            Problem::Entry(error) => write!(f, "`{path}`, line {line}: {error}"),
        }
    }
}

impl Error for FileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Open(error) | Problem::Read(error) | Problem::Damaged(error) => Some(error),
            Problem::Entry(error) => Some(error),
            Problem::NotGzip | Problem::Empty | Problem::LineTooLong => None,
        }
    }
}
