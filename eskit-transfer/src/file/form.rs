/// How a log is written to a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Form {
    /// Blocks of records in their [binary form](eskit_runtime::transfer::LogRecord::encode), compressed, each with a checksum. Numbers are
    /// big-endian.
    ///
    /// | at the beginning | bytes |
    /// |---|---|
    /// | `ESKITLOG` | 8 |
    /// | format: 1 | 2 |
    /// | id of the log | 16 |
    /// | time of the backup in microseconds since 1970-01-01T00:00:00Z | 8 |
    /// | CRC-32 of these | 4 |
    ///
    /// | each block | bytes |
    /// |---|---|
    /// | kind: 1 | 1 |
    /// | length of the compressed records, and of the records | 2 x 4 |
    /// | CRC-32 of kind, lengths and compressed records | 4 |
    /// | the records, in the zlib format (RFC 1950) | |
    ///
    /// | at the end | bytes |
    /// |---|---|
    /// | kind: 2 | 1 |
    /// | number of records, and of events | 2 x 8 |
    /// | position and id of the last event; zeros for none | 8 + 16 |
    /// | SHA-256 of all bytes before this block | 32 |
    /// | CRC-32 of this block | 4 |
    #[default]
    Binary,
    /// Lines of JSON, for people and other programs; not compressed.
    ///
    /// The first line is `{"eskit_log":1,"log":"<id>","created_at":"<time>"}`. Each further line is a
    /// [record](eskit_runtime::transfer::LogRecord::to_json). The last line is
    /// `{"end":{"records":2,"events":3,"head":"3@<id>","sha256":"<of all bytes before this line>"}}`.
    JsonLines,
}

/// What a file of blocks begins with.
pub(crate) const MAGIC: &[u8; 8] = b"ESKITLOG";
/// The number of both forms.
pub(crate) const FORMAT: u16 = 1;

pub(crate) const BLOCK: u8 = 1;
pub(crate) const END: u8 = 2;

/// Bytes of the records of one block: a page, and one append that may be as large as appends may be, with what stands around payloads.
pub(crate) const BLOCK_BYTES_MAX: usize = 256 << 20;
