use std::io::Read;

use eskit_runtime::Timestamp;
use eskit_runtime::log::LogId;
use eskit_runtime::transfer::LogRecord;
use flate2::read::ZlibDecoder;
use sha2::{Digest, Sha256};

use crate::error::TransferError;
use crate::file::form::{BLOCK, BLOCK_BYTES_MAX, END, FORMAT, MAGIC};
use crate::file::pieces::{End, Piece, Source, fill, place};

const BEGIN_LEN: usize = 8 + 2 + 16 + 8 + 4;
/// Without the kind.
const END_LEN: usize = 8 + 8 + 8 + 16 + 32 + 4;

/// A file of blocks.
pub(crate) struct Blocks {
    source: Source,
    hash: Sha256,
    /// Where the block begins that is read.
    at: u64,
    /// How far the file was read.
    read: u64,
}

impl Blocks {
    /// Reads the beginning.
    pub(crate) fn begin(source: Source) -> Result<(Blocks, LogId, Timestamp), TransferError> {
        let mut blocks = Blocks { source, hash: Sha256::new(), at: 0, read: 0 };
        let begin: [u8; BEGIN_LEN] = blocks.array()?;
        blocks.hash.update(begin);
        let (body, crc) = begin.split_at(BEGIN_LEN - 4);
        let format = u16::from_be_bytes([body[MAGIC.len()], body[MAGIC.len() + 1]]);
        if format != FORMAT {
            let path = blocks.source.path;
            return Err(TransferError::Newer { path, format: format.into() });
        }
        blocks.check_crc(crc32fast::hash(body), crc)?;
        let mut rest = &body[MAGIC.len() + 2..];
        let log = LogId::from_bytes(take(&mut rest));
        Ok((blocks, log, Timestamp::from_micros(i64::from_be_bytes(take(&mut rest)))))
    }

    pub(crate) fn damaged(&self, what: String) -> TransferError {
        TransferError::Damaged { path: self.source.path.clone(), at: self.at, what }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), TransferError> {
        let filled = fill(&mut self.source.bytes, bytes).map_err(TransferError::file(&self.source.path))?;
        self.read += filled as u64;
        if filled == bytes.len() { Ok(()) } else { Err(self.damaged("the file ends early".to_owned())) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], TransferError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn check_crc(&self, found: u32, expected: &[u8]) -> Result<(), TransferError> {
        let is_same = expected == found.to_be_bytes();
        if is_same { Ok(()) } else { Err(self.damaged("the checksum is another one".to_owned())) }
    }

    /// The records of the next block, or the end.
    pub(crate) fn next(&mut self) -> Result<Piece, TransferError> {
        self.at = self.read;
        match self.array()? {
            [BLOCK] => self.records().map(Piece::Records),
            [END] => self.end().map(Piece::End),
            [kind] => Err(self.damaged(format!("a block is of the unknown kind {kind}"))),
        }
    }

    fn records(&mut self) -> Result<Vec<LogRecord>, TransferError> {
        let begin: [u8; 12] = self.array()?;
        let mut rest = &begin[..];
        let [packed_len, len] = [take(&mut rest), take(&mut rest)].map(|bytes| u32::from_be_bytes(bytes) as usize);
        if packed_len.max(len) > BLOCK_BYTES_MAX {
            return Err(self.damaged(format!("a block says that it has {} bytes", packed_len.max(len))));
        }
        let mut packed = vec![0; packed_len];
        self.fill(&mut packed)?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&[BLOCK]);
        crc.update(&begin[..8]);
        crc.update(&packed);
        self.check_crc(crc.finalize(), rest)?;
        self.hash.update([BLOCK]);
        self.hash.update(begin);
        self.hash.update(&packed);
        let mut plain = Vec::with_capacity(len);
        let unpacked = ZlibDecoder::new(packed.as_slice()).take(len as u64 + 1).read_to_end(&mut plain);
        if !unpacked.is_ok_and(|found| found == len) {
            return Err(self.damaged("a block cannot be unpacked".to_owned()));
        }
        let (mut rest, mut records) = (plain.as_slice(), Vec::new());
        while !rest.is_empty() {
            records.push(LogRecord::decode(&mut rest).map_err(|error| self.damaged(error.to_string()))?);
        }
        Ok(records)
    }

    fn end(&mut self) -> Result<End, TransferError> {
        let end: [u8; END_LEN] = self.array()?;
        let (body, crc) = end.split_at(END_LEN - 4);
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&[END]);
        hasher.update(body);
        self.check_crc(hasher.finalize(), crc)?;
        let mut rest = body;
        let [records, events, position] = [take(&mut rest), take(&mut rest), take(&mut rest)].map(u64::from_be_bytes);
        let head = place(position, take(&mut rest));
        let hash: [u8; 32] = self.hash.clone().finalize().into();
        if rest != hash {
            return Err(self.damaged("the SHA-256 of the file is another one".to_owned()));
        }
        let mut more = [0];
        if fill(&mut self.source.bytes, &mut more).map_err(TransferError::file(&self.source.path))? > 0 {
            return Err(self.damaged("bytes follow its end".to_owned()));
        }
        Ok(End { records, events, head })
    }
}

/// The next bytes of what is long enough.
fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let Some((taken, rest)) = bytes.split_first_chunk() else { return [0; N] };
    *bytes = rest;
    *taken
}
