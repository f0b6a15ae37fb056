use eskit_runtime::StoreError;
use eskit_runtime::Timestamp;
use eskit_runtime::log::{AddedTags, EventId, Position, Tags};
use eskit_runtime::transfer::{DecodeRecordError, LogRecord};

/// One change of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Entry {
    /// An append, or the status of a stream.
    Record(LogRecord),
    /// Tags for stored events.
    Tags(Vec<AddedTags>),
    /// The log was sealed at this time, or takes writes again.
    Sealed(Option<Timestamp>),
}

const RECORD: u8 = 1;
const TAGS: u8 = 2;
const SEALED: u8 = 3;
const UNSEALED: u8 = 4;

impl Entry {
    /// Adds the form of this entry to `bytes`. Numbers are big-endian, texts UTF-8.
    ///
    /// | an entry | bytes |
    /// |---|---|
    /// | kind: 1 a record, 2 tags, 3 sealed, 4 takes writes again | 1 |
    /// | a record: as at [`LogRecord::encode`] | |
    /// | tags: how many events | 4 |
    /// | tags, for each event: position, id, length, all tags as one text | 8, 16, 4 |
    /// | sealed: since when, in microseconds since 1970-01-01T00:00:00Z | 8 |
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) -> Result<(), StoreError> {
        match self {
            Entry::Record(record) => {
                bytes.push(RECORD);
                record.encode(bytes)?;
            }
            Entry::Tags(added) => {
                bytes.push(TAGS);
                bytes.extend_from_slice(&length_of(added.len()));
                for AddedTags { position, id, tags } in added {
                    bytes.extend_from_slice(&position.get().to_be_bytes());
                    bytes.extend_from_slice(id.as_bytes());
                    bytes.extend_from_slice(&length_of(tags.as_packed().len()));
                    bytes.extend_from_slice(tags.as_packed().as_bytes());
                }
            }
            Entry::Sealed(Some(since)) => {
                bytes.push(SEALED);
                bytes.extend_from_slice(&since.as_micros().to_be_bytes());
            }
            Entry::Sealed(None) => bytes.push(UNSEALED),
        }
        Ok(())
    }

    /// The records among entries, and the others, each in order.
    pub(crate) fn split(entries: Vec<Entry>) -> (Vec<LogRecord>, Vec<Entry>) {
        let (mut records, mut others) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                Entry::Record(record) => records.push(record),
                other => others.push(other),
            }
        }
        (records, others)
    }

    /// Reads all entries of a group. Never panics, and allocates no more than the bytes hold.
    pub(crate) fn decode_all(mut bytes: &[u8]) -> Result<Vec<Entry>, DecodeRecordError> {
        let mut entries = Vec::new();
        while let Some((kind, rest)) = bytes.split_first() {
            bytes = rest;
            entries.push(match *kind {
                RECORD => Entry::Record(LogRecord::decode(&mut bytes)?),
                TAGS => Entry::Tags(decode_tags(&mut bytes)?),
                SEALED => Entry::Sealed(Some(Timestamp::from_micros(i64::from_be_bytes(take(&mut bytes)?)))),
                UNSEALED => Entry::Sealed(None),
                kind => return Err(DecodeRecordError::UnknownKind { kind }),
            });
        }
        Ok(entries)
    }
}

fn length_of(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

fn decode_tags(bytes: &mut &[u8]) -> Result<Vec<AddedTags>, DecodeRecordError> {
    let mut added = Vec::new();
    for _ in 0..u32::from_be_bytes(take(bytes)?) {
        let position = Position::new(u64::from_be_bytes(take(bytes)?));
        let id = EventId::from_bytes(take(bytes)?);
        let length = usize::try_from(u32::from_be_bytes(take(bytes)?)).map_err(|_| DecodeRecordError::Cut)?;
        let (text, rest) = bytes.split_at_checked(length).ok_or(DecodeRecordError::Cut)?;
        *bytes = rest;
        let text = std::str::from_utf8(text);
        let text = text.map_err(|_| DecodeRecordError::Damaged { what: "a text is not UTF-8" })?;
        added.push(AddedTags::new(position, id, Tags::from_packed(text)));
    }
    Ok(added)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], DecodeRecordError> {
    let (field, rest) = bytes.split_first_chunk().ok_or(DecodeRecordError::Cut)?;
    *bytes = rest;
    Ok(*field)
}

#[cfg(test)]
mod tests {
    use eskit_runtime::log::{StreamId, StreamStatus};
    use eskit_runtime::transfer::StreamRecord;

    use super::*;

    #[test]
    fn entries_come_back_and_cut_ones_are_refused() {
        let mut tags = Tags::new();
        tags.push("course", "maths");
        let stream = StreamRecord::new(StreamId::new("account", "a"), 3, StreamStatus::Open);
        let entries = vec![
            Entry::Record(LogRecord::Stream(stream)),
            Entry::Tags(vec![AddedTags::new(Position::new(7), EventId::new(), tags)]),
            Entry::Sealed(Some(Timestamp::from_micros(-5))),
            Entry::Sealed(None),
        ];
        let mut bytes = Vec::new();
        let mut ends = vec![0];
        for entry in &entries {
            entry.encode(&mut bytes).unwrap();
            ends.push(bytes.len());
        }
        assert_eq!(Entry::decode_all(&bytes).unwrap(), entries);
        for end in (0..bytes.len()).filter(|end| !ends.contains(end)) {
            assert!(Entry::decode_all(&bytes[..end]).is_err(), "{end}");
        }
        assert_eq!(Entry::decode_all(&[9]).unwrap_err(), DecodeRecordError::UnknownKind { kind: 9 });
    }
}
