use crate::log::id::EventId;
use crate::log::lifecycle::StreamStatus;
use crate::log::position::Position;
use crate::log::store::error::StoreError;
use crate::log::stream::StreamId;
use crate::log::time::Timestamp;
use crate::store_kit::{Envelope, Interner, StoredStatus};
use crate::transfer::error::DecodeRecordError;
use crate::transfer::record::{DeletedEvent, Entry, LogRecord, RecordedAppend, StreamRecord};

/// The form that is described at [`LogRecord::encode`]. A later one may add to it.
const FORMAT: u8 = 1;

const APPEND: u8 = 1;
const STREAM: u8 = 2;

const EVENT: u8 = 1;
const DELETED: u8 = 2;

/// Bytes of the length at the beginning.
const LENGTH: usize = 4;

impl LogRecord {
    /// Adds the binary form of this record to `bytes`. Numbers are big-endian, texts UTF-8.
    ///
    /// | a record | bytes |
    /// |---|---|
    /// | how many bytes follow | 4 |
    /// | format: 1 | 1 |
    /// | kind: 1 for an append, 2 for a stream | 1 |
    /// | the append or the stream | |
    ///
    /// | an append | bytes |
    /// |---|---|
    /// | position of the first event | 8 |
    /// | number of events | 2 |
    /// | each event, at the position after the one before | |
    ///
    /// | an event | bytes |
    /// |---|---|
    /// | kind: 1 | 1 |
    /// | version in its stream; 0 for none | 8 |
    /// | lengths of the envelope and of the payload | 2 x 4 |
    /// | envelope, as at [`Envelope`] | |
    /// | payload | |
    ///
    /// | a deleted event | bytes |
    /// |---|---|
    /// | kind: 2 | 1 |
    /// | version in its stream | 8 |
    /// | id | 16 |
    /// | time in microseconds since 1970-01-01T00:00:00Z | 8 |
    ///
    /// | a stream | bytes |
    /// |---|---|
    /// | version | 8 |
    /// | status: 0 open, 1 archived, 2 tombstoned, 3 deleted | 1 |
    /// | since when, in microseconds since 1970-01-01T00:00:00Z; 0 if open | 8 |
    /// | lengths of the texts | 3 x 4 |
    /// | stream type; stream id; reason | |
    ///
    /// The bytes have no checksum.
    ///
    /// ```
    /// # use eskit_runtime as eskit;
    /// # use eskit::transfer::{DeletedEvent, Entry, RecordedAppend};
    /// # use eskit::log::{EventId, Position};
    /// use eskit::transfer::LogRecord;
    ///
    /// # let gone = DeletedEvent::new(Position::new(7), EventId::new(), 3, eskit::Timestamp::from_micros(5));
    /// # let record = LogRecord::Append(RecordedAppend::new(vec![Entry::Deleted(gone)])?);
    /// let mut bytes = Vec::new();
    /// record.encode(&mut bytes)?;
    /// let mut rest = bytes.as_slice();
    /// assert_eq!(LogRecord::decode(&mut rest)?, record);
    /// assert!(rest.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The metadata of an event cannot be encoded.
    pub fn encode(&self, bytes: &mut Vec<u8>) -> Result<(), StoreError> {
        let start = bytes.len();
        bytes.extend_from_slice(&[0; LENGTH]);
        bytes.push(FORMAT);
        match self {
            LogRecord::Append(append) => {
                bytes.push(APPEND);
                encode_append(append, bytes)?;
            }
            LogRecord::Stream(stream) => {
                bytes.push(STREAM);
                encode_stream(stream, bytes);
            }
        }
        // The limits of an append keep it far below the maximum.
        let length = length_of(bytes.len() - start - LENGTH);
        if let Some(field) = bytes.get_mut(start..start + LENGTH) {
            field.copy_from_slice(&length);
        }
        Ok(())
    }

    /// Reads one record, and moves `bytes` behind it. Never panics, and allocates no more than the bytes hold.
    ///
    /// # Errors
    /// [`DecodeRecordError::Cut`] if the bytes end within the record; any other if they are not one.
    pub fn decode(bytes: &mut &[u8]) -> Result<LogRecord, DecodeRecordError> {
        let (length, rest) = bytes.split_first_chunk::<LENGTH>().ok_or(DecodeRecordError::Cut)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| DecodeRecordError::Cut)?;
        let (own, rest) = rest.split_at_checked(length).ok_or(DecodeRecordError::Cut)?;
        let mut body = Body(own);
        let record = match (body.byte()?, body.byte()?) {
            (FORMAT, APPEND) => LogRecord::Append(body.append()?),
            (FORMAT, STREAM) => LogRecord::Stream(body.stream()?),
            (FORMAT, kind) => return Err(DecodeRecordError::UnknownKind { kind }),
            (format, _) => return Err(DecodeRecordError::UnknownFormat { format }),
        };
        if !body.0.is_empty() {
            return Err(DecodeRecordError::Damaged { what: "it is longer than what it holds" });
        }
        *bytes = rest;
        Ok(record)
    }
}

fn length_of(bytes: usize) -> [u8; LENGTH] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

fn encode_append(append: &RecordedAppend, bytes: &mut Vec<u8>) -> Result<(), StoreError> {
    bytes.extend_from_slice(&append.first().get().to_be_bytes());
    bytes.extend_from_slice(&u16::try_from(append.entries().len()).unwrap_or(u16::MAX).to_be_bytes());
    for entry in append.entries() {
        match entry {
            Entry::Event(event) => {
                let envelope = Envelope::encode_recorded(event)?;
                bytes.push(EVENT);
                bytes.extend_from_slice(&entry.version().unwrap_or_default().to_be_bytes());
                bytes.extend_from_slice(&length_of(envelope.len()));
                bytes.extend_from_slice(&length_of(event.payload.len()));
                bytes.extend_from_slice(&envelope);
                bytes.extend_from_slice(&event.payload);
            }
            Entry::Deleted(event) => {
                bytes.push(DELETED);
                bytes.extend_from_slice(&event.version.to_be_bytes());
                bytes.extend_from_slice(event.id.as_bytes());
                bytes.extend_from_slice(&event.recorded_at.as_micros().to_be_bytes());
            }
        }
    }
    Ok(())
}

fn encode_stream(record: &StreamRecord, bytes: &mut Vec<u8>) {
    let stored = StoredStatus::of(&record.status);
    let number = stored.as_ref().map_or(0, |stored| u8::try_from(stored.number).unwrap_or(u8::MAX));
    bytes.extend_from_slice(&record.version.to_be_bytes());
    bytes.push(number);
    bytes.extend_from_slice(&stored.map_or(0, |stored| stored.at_micros).to_be_bytes());
    let texts = [record.stream.stream_type(), record.stream.id(), record.status.reason().unwrap_or_default()];
    texts.iter().for_each(|text| bytes.extend_from_slice(&length_of(text.len())));
    texts.iter().for_each(|text| bytes.extend_from_slice(text.as_bytes()));
}

/// What is left to read of a record.
struct Body<'b>(&'b [u8]);

impl<'b> Body<'b> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeRecordError> {
        let (field, rest) = self.0.split_first_chunk().ok_or(TOO_SHORT)?;
        self.0 = rest;
        Ok(*field)
    }

    fn byte(&mut self) -> Result<u8, DecodeRecordError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn number(&mut self) -> Result<u64, DecodeRecordError> {
        self.array().map(u64::from_be_bytes)
    }

    fn time(&mut self) -> Result<Timestamp, DecodeRecordError> {
        self.array().map(|bytes| Timestamp::from_micros(i64::from_be_bytes(bytes)))
    }

    fn length(&mut self) -> Result<usize, DecodeRecordError> {
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| TOO_SHORT)
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], DecodeRecordError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(TOO_SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn text(&mut self, length: usize) -> Result<&'b str, DecodeRecordError> {
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| DecodeRecordError::Damaged { what: "a text is not UTF-8" })
    }

    fn append(&mut self) -> Result<RecordedAppend, DecodeRecordError> {
        let first = self.number()?;
        let count = u16::from_be_bytes(self.array()?);
        let mut names = Interner::new();
        let mut entries = Vec::new();
        for offset in 0..u64::from(count) {
            entries.push(self.entry(Position::new(first.saturating_add(offset)), &mut names)?);
        }
        Ok(RecordedAppend::new(entries)?)
    }

    fn entry(&mut self, position: Position, names: &mut Interner) -> Result<Entry, DecodeRecordError> {
        let (kind, version) = (self.byte()?, self.number()?);
        match kind {
            EVENT => {
                let (envelope, payload) = (self.length()?, self.length()?);
                let (envelope, payload) = (self.take(envelope)?, self.take(payload)?.to_vec());
                let version = (version > 0).then_some(version);
                let event = Envelope::parse(envelope)
                    .filter(|envelope| envelope.has_stream() == version.is_some())
                    .and_then(|envelope| envelope.into_recorded(position, version, payload, names))
                    .filter(|event| event.tags.has_no_gap())
                    .ok_or(DecodeRecordError::Damaged { what: "an event has a damaged envelope" })?;
                Ok(Entry::Event(event))
            }
            DELETED => {
                let id = EventId::from_bytes(self.array()?);
                Ok(Entry::Deleted(DeletedEvent::new(position, id, version, self.time()?)))
            }
            _ => Err(DecodeRecordError::Damaged { what: "an event is of an unknown kind" }),
        }
    }

    fn stream(&mut self) -> Result<StreamRecord, DecodeRecordError> {
        let (version, number, at) = (self.number()?, self.byte()?, self.time()?);
        let lengths = [self.length()?, self.length()?, self.length()?];
        let [stream_type, id, reason] = [self.text(lengths[0])?, self.text(lengths[1])?, self.text(lengths[2])?];
        let reason = (number >= 2).then(|| reason.to_owned()).or_else(|| (!reason.is_empty()).then(String::new));
        let stored = StoredStatus { number: number.into(), at_micros: at.as_micros(), reason };
        let status = match number {
            0 => Some(StreamStatus::Open),
            _ => stored.clone().status(),
        };
        // What a status does not have must not be there.
        let is_whole = |status: &StreamStatus| match StoredStatus::of(status) {
            Some(of) => of == stored,
            None => stored.at_micros == 0 && stored.reason.is_none(),
        };
        let status = status.filter(is_whole).ok_or(DecodeRecordError::Damaged {
            what: "a stream has an unknown status, or parts that do not go with it",
        })?;
        Ok(StreamRecord::new(StreamId::new(stream_type, id), version, status))
    }
}

const TOO_SHORT: DecodeRecordError = DecodeRecordError::Damaged { what: "it is shorter than what it holds" };
