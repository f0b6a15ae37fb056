//! Names as a shape and a record write them: what would break the lines of a record is escaped as in a URL.

use std::borrow::Cow;

/// A name as it is in JSON.
pub(crate) fn unescaped(name: &str) -> Cow<'_, str> {
    if !name.contains('%') {
        return Cow::Borrowed(name);
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some(byte) = rest.bytes().next() {
        let escaped = (byte == b'%').then(|| rest.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok()));
        match escaped {
            Some(Some(byte)) => {
                bytes.push(byte);
                rest = &rest[3..];
            }
            // The empty name.
            Some(None) => rest = &rest[1..],
            None => {
                let letter = rest.chars().next().map_or(1, char::len_utf8);
                bytes.extend_from_slice(&rest.as_bytes()[..letter]);
                rest = &rest[letter..];
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}
