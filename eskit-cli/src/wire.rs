//! Protobuf for people, without its types: the numbers of fields and what the wire says of their values.
//!
//! The format: <https://protobuf.dev/programming-guides/encoding/>.

use std::fmt::Write as _;

/// How deep messages within messages are shown.
const DEPTH_MAX: usize = 32;

/// A message, a field on each line, as `protoc --decode_raw` writes it; `None` if the bytes are no message.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    message(bytes, 0, &mut text)?;
    text.pop();
    Some(text)
}

fn message(mut bytes: &[u8], depth: usize, text: &mut String) -> Option<()> {
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let (number, kind) = (key >> 3, key & 7);
        if number == 0 || number > 0x1fff_ffff {
            return None;
        }
        let _ = write!(text, "{}{number}", "  ".repeat(depth));
        match kind {
            0 => line(text, varint(&mut bytes)?),
            1 => line(text, format_args!("{:#018x}", u64::from_le_bytes(array(&mut bytes)?))),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (value, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                delimited(value, depth, text);
            }
            5 => line(text, format_args!("{:#010x}", u32::from_le_bytes(array(&mut bytes)?))),
            // Groups are gone since version 3.
            _ => return None,
        }
    }
    Some(())
}

fn line(text: &mut String, value: impl std::fmt::Display) {
    let _ = writeln!(text, ": {value}");
}

/// A text, a message within the message, or bytes: the wire does not tell them apart. What can be read is taken for a text.
fn delimited(value: &[u8], depth: usize, text: &mut String) {
    if let Ok(value) = std::str::from_utf8(value)
        && !value.contains(|letter: char| letter.is_control() && letter != '\n')
    {
        return line(text, format_args!("{value:?}"));
    }
    let mut inner = String::new();
    if depth < DEPTH_MAX && message(value, depth + 1, &mut inner).is_some() {
        let _ = writeln!(text, " {{\n{inner}{}}}", "  ".repeat(depth));
        return;
    }
    let bytes: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
    line(text, format_args!("bytes {bytes}"));
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        // The tenth byte holds the last bit.
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (array, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*array)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_shown_with_their_numbers() {
        let mut bytes = vec![0x0a, 2, b'a', b'"', 0x10, 0xac, 0x02];
        bytes.extend([0x1d, 0, 0, 0x80, 0x3f, 0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
        // A message with a text and a message; and bytes.
        bytes.extend([0x2a, 7, 0x0a, 1, b'b', 0x12, 2, 0x08, 1, 0x32, 2, 0xff, 0xfe]);
        let shown = "1: \"a\\\"\"\n2: 300\n3: 0x3f800000\n4: 0x3ff0000000000000\n5 {\n  1: \"b\"\n  2 {\n    1: 1\n  }\n}\n6: bytes fffe";
        assert_eq!(text(&bytes).as_deref(), Some(shown));
        assert_eq!(text(&[]).as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_message_is_not_shown_as_one() {
        let largest = [[0x08].as_slice(), &[0xff; 9], &[1]].concat();
        assert_eq!(text(&largest), Some(format!("1: {}", u64::MAX)));
        let too_large = [[0x08].as_slice(), &[0xff; 9], &[2]].concat();
        for bytes in [&too_large[..], &largest[..10], &[0x00, 1], &[0x0b], &[0x0a, 2, b'a'], &[0x09, 1], &[0x07]] {
            assert_eq!(text(bytes), None, "{bytes:?}");
        }
        // Deeper than it is shown.
        let deep = (0..40).fold(vec![1], |inner, _| [&[0x0a, u8::try_from(inner.len()).unwrap()], &inner[..]].concat());
        assert!(text(&deep).is_some_and(|shown| shown.contains("1: bytes ")));
    }
}
