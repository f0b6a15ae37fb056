use std::borrow::Cow;

use minicbor::Encoder;
use serde::de::IgnoredAny;

use super::number;
use crate::codec::error::CodecError;
use crate::codec::json::{Token, Tokens};

/// The deepest nesting, which is that of serde_json.
pub(super) const LEVELS_MAX: usize = 128;

/// Writes a JSON text as CBOR.
///
/// # Errors
/// It is no JSON, or has a key twice in one object, more than 128 levels, or a number of more than 38 digits.
pub(crate) fn from_json(text: &str) -> Result<Vec<u8>, CodecError> {
    serde_json::from_str::<IgnoredAny>(text).map_err(CodecError::new)?;
    let mut lengths = lengths(text)?.into_iter();
    let mut bytes = Vec::with_capacity(text.len());
    let mut to = Encoder::new(&mut bytes);
    for token in Tokens::new(text) {
        let written = match token.first() {
            b'{' => to.map(lengths.next().unwrap_or_default()),
            b'[' => to.array(lengths.next().unwrap_or_default()),
            b'"' => to.str(&unescaped(&token)?),
            b't' => to.bool(true),
            b'f' => to.bool(false),
            b'n' => to.null(),
            _ if token.is_number() => {
                number::write(token.text, &mut to)?;
                continue;
            }
            _ => continue,
        };
        written.map_err(CodecError::new)?;
    }
    Ok(bytes)
}

/// The text that a token writes.
fn unescaped<'t>(token: &Token<'t>) -> Result<Cow<'t, str>, CodecError> {
    let between = token.text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
    match between.contains('\\') {
        false => Ok(Cow::Borrowed(between)),
        true => serde_json::from_str(token.text).map(Cow::Owned).map_err(CodecError::new),
    }
}

/// An object or an array that is open.
struct Open<'t> {
    /// Which of all it is.
    index: usize,
    keys: Option<Vec<Cow<'t, str>>>,
}

/// How many entries each object and each array has, in the order in which they begin.
fn lengths(text: &str) -> Result<Vec<u64>, CodecError> {
    let (mut lengths, mut open) = (Vec::new(), Vec::<Open<'_>>::new());
    let mut previous: Option<Token<'_>> = None;
    for token in Tokens::new(text) {
        let around = open.last_mut();
        match token.first() {
            b'}' | b']' => {
                if let Some(Open { keys: Some(keys), .. }) = open.pop() {
                    refuse_repeated(keys)?;
                }
                continue;
            }
            b':' => {
                if let (Some(Open { index, keys: Some(keys) }), Some(key)) = (around, previous) {
                    keys.push(unescaped(&key)?);
                    lengths[*index] += 1;
                }
            }
            b',' => {}
            _ => {
                if let Some(Open { index, keys: None }) = around {
                    lengths[*index] += 1;
                }
            }
        }
        if matches!(token.first(), b'{' | b'[') {
            open.push(Open { index: lengths.len(), keys: (token.first() == b'{').then(Vec::new) });
            lengths.push(0);
            if open.len() > LEVELS_MAX {
                return Err(CodecError::new(format!("more than {LEVELS_MAX} levels at byte {}", token.start)));
            }
        }
        previous = Some(token);
    }
    Ok(lengths)
}

/// Refuses a key that occurs twice in one object.
pub(super) fn refuse_repeated(mut keys: Vec<Cow<'_, str>>) -> Result<(), CodecError> {
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(CodecError::new(format!("the key `{}` occurs twice in one object", pair[0]))),
        None => Ok(()),
    }
}
