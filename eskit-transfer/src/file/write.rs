use std::io::{self, Write};

use eskit_runtime::Timestamp;
use eskit_runtime::log::{LogId, Place};
use eskit_runtime::transfer::LogRecord;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::file::form::{BLOCK, END, FORMAT, Form, MAGIC};

/// Writes records to a file.
pub(crate) struct Writer<W> {
    to: W,
    form: Form,
    /// Of all that was written.
    hash: Sha256,
    pub(crate) bytes: u64,
    records: u64,
    events: u64,
    head: Place,
}

impl<W: Write> Writer<W> {
    /// Writes the beginning.
    pub(crate) fn begin(to: W, form: Form, log: LogId) -> io::Result<Writer<W>> {
        let mut writer = Writer { to, form, hash: Sha256::new(), bytes: 0, records: 0, events: 0, head: Place::START };
        let now = Timestamp::now();
        let begin = match form {
            Form::Binary => {
                let mut begin = MAGIC.to_vec();
                begin.extend_from_slice(&FORMAT.to_be_bytes());
                begin.extend_from_slice(log.as_bytes());
                begin.extend_from_slice(&now.as_micros().to_be_bytes());
                with_crc(begin)
            }
            Form::JsonLines => line(&json!({ "eskit_log": FORMAT, "log": log, "created_at": now }).to_string()),
        };
        writer.put(&begin)?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.to.write_all(bytes)
    }

    /// Writes records, which follow those before.
    pub(crate) fn write(&mut self, records: &[LogRecord]) -> io::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        for append in records.iter().filter_map(LogRecord::append) {
            self.events += append.entries().len() as u64;
            self.head = append.last();
        }
        self.records += records.len() as u64;
        match self.form {
            Form::Binary => {
                let block = block(records)?;
                self.put(&block)
            }
            Form::JsonLines => records.iter().try_for_each(|record| self.put(&line(&record.to_json()))),
        }
    }

    /// Writes the end, and returns what was written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        let hash: [u8; 32] = self.hash.clone().finalize().into();
        let (records, events, head) = (self.records, self.events, self.head);
        let end = match self.form {
            Form::Binary => {
                let mut end = vec![END];
                end.extend_from_slice(&records.to_be_bytes());
                end.extend_from_slice(&events.to_be_bytes());
                end.extend_from_slice(&head.position.get().to_be_bytes());
                end.extend_from_slice(head.id.as_ref().map_or(&[0; 16], |id| id.as_bytes()));
                end.extend_from_slice(&hash);
                with_crc(end)
            }
            Form::JsonLines => {
                let (head, sha256) = (head.to_string(), hex(&hash));
                let end = json!({ "records": records, "events": events, "head": head, "sha256": sha256 });
                line(&json!({ "end": end }).to_string())
            }
        };
        self.put(&end)?;
        self.to.flush()?;
        Ok(self.to)
    }
}

fn block(records: &[LogRecord]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    for record in records {
        record.encode(&mut plain).map_err(io::Error::other)?;
    }
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    encoder.write_all(&plain)?;
    let packed = encoder.finish()?;
    let too_large = |_| io::Error::other("a page of records is larger than 4 GiB");
    let mut begin = vec![BLOCK];
    for length in [packed.len(), plain.len()] {
        begin.extend_from_slice(&u32::try_from(length).map_err(too_large)?.to_be_bytes());
    }
    let mut crc = crc32fast::Hasher::new();
    crc.update(&begin);
    crc.update(&packed);
    begin.extend_from_slice(&crc.finalize().to_be_bytes());
    begin.extend_from_slice(&packed);
    Ok(begin)
}

fn with_crc(mut bytes: Vec<u8>) -> Vec<u8> {
    let crc = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&crc.to_be_bytes());
    bytes
}

fn line(text: &str) -> Vec<u8> {
    let mut line = text.as_bytes().to_vec();
    line.push(b'\n');
    line
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
