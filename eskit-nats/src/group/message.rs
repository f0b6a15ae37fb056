use eskit_runtime::log::{EventId, LogId};

/// The form that is described at [`Message::encode`].
const FORMAT: u8 = 1;
/// Bytes before the format's number and the checksum end.
const CHECKED_FROM: usize = 5;
/// Bytes of a message before its part of the group.
pub(crate) const HEADER: usize = CHECKED_FROM + 4 + 16 + 16 + 2 + 2;

/// The id of a group of entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct GroupId([u8; 16]);

impl GroupId {
    /// An id that no other group has.
    pub(crate) fn new() -> GroupId {
        GroupId(*EventId::new().as_bytes())
    }

    /// The bytes of the id.
    pub(crate) fn bytes(self) -> [u8; 16] {
        self.0
    }
}

/// One message of the stream: a part of a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Message<'b> {
    /// The checksum of the message before it in the stream; 0 for the first.
    pub(crate) before: u32,
    /// The group.
    pub(crate) group: GroupId,
    /// The log.
    pub(crate) log: LogId,
    /// Which part of the group it is, from 0.
    pub(crate) part: u16,
    /// How many parts the group has.
    pub(crate) parts: u16,
    /// The part.
    pub(crate) bytes: &'b [u8],
}

impl<'b> Message<'b> {
    /// The form of this message, and its checksum. Numbers are big-endian.
    ///
    /// | a message | bytes |
    /// |---|---|
    /// | format: 1 | 1 |
    /// | CRC-32 of all that follows | 4 |
    /// | the CRC-32 of the message before; 0 for the first | 4 |
    /// | id of the group | 16 |
    /// | id of the log | 16 |
    /// | which part of the group, from 0; how many parts it has | 2 x 2 |
    /// | entries, or a part of them | |
    ///
    /// Since each checksum covers the one before, a message that is lost, replaced or out of its place is found by the next one.
    pub(crate) fn encode(&self) -> (Vec<u8>, u32) {
        let mut bytes = Vec::with_capacity(HEADER + self.bytes.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&self.before.to_be_bytes());
        bytes.extend_from_slice(&self.group.0);
        bytes.extend_from_slice(self.log.as_bytes());
        bytes.extend_from_slice(&self.part.to_be_bytes());
        bytes.extend_from_slice(&self.parts.to_be_bytes());
        bytes.extend_from_slice(self.bytes);
        let checksum = crc32fast::hash(bytes.get(CHECKED_FROM..).unwrap_or_default());
        if let Some(field) = bytes.get_mut(1..CHECKED_FROM) {
            field.copy_from_slice(&checksum.to_be_bytes());
        }
        (bytes, checksum)
    }

    /// Reads a message, and returns it with its checksum.
    pub(crate) fn decode(bytes: &'b [u8]) -> Result<(Message<'b>, u32), &'static str> {
        let mut rest = bytes;
        let [format] = take(&mut rest)?;
        if format != FORMAT {
            return Err("it has a form that this program does not know");
        }
        let checksum = u32::from_be_bytes(take(&mut rest)?);
        if crc32fast::hash(rest) != checksum {
            return Err("its checksum is wrong");
        }
        let before = u32::from_be_bytes(take(&mut rest)?);
        let (group, log) = (GroupId(take(&mut rest)?), LogId::from_bytes(take(&mut rest)?));
        let (part, parts) = (u16::from_be_bytes(take(&mut rest)?), u16::from_be_bytes(take(&mut rest)?));
        if part >= parts {
            return Err("it is a part that its group does not have");
        }
        Ok((Message { before, group, log, part, parts, bytes: rest }, checksum))
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], &'static str> {
    let (field, rest) = bytes.split_first_chunk().ok_or("it is cut short")?;
    *bytes = rest;
    Ok(*field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_and_each_wrong_bit_is_found() {
        let message =
            Message { before: 7, group: GroupId::new(), log: LogId::new(), part: 1, parts: 3, bytes: b"entries" };
        let (bytes, checksum) = message.encode();
        assert_eq!(bytes.len(), HEADER + 7);
        assert_eq!(Message::decode(&bytes), Ok((message, checksum)));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(Message::decode(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(Message::decode(&bytes[..length]).is_err(), "{length} bytes");
        }
        let (bytes, _) = Message { part: 3, ..message }.encode();
        assert_eq!(Message::decode(&bytes), Err("it is a part that its group does not have"));
    }
}
