use std::fmt;
use std::ops::Bound;

use serde::Serialize;
use serde_json::{Number, Value};

use crate::store_kit::fnv1a;

use crate::codec::json::{ToJson as _, Written};

/// Longer texts are compared by this many bytes, and then by a hash.
const TEXT_BYTES: usize = 512;

/// A value of an indexed field, as bytes that sort like the values: nothing, then `false` and `true`, numbers by value, and texts by
/// their UTF-8 bytes.
///
/// | value | bytes |
/// |---|---|
/// | null, or no such member | none |
/// | boolean | 1, then 0 or 1 |
/// | number | 2, the nearest float in an order-preserving form, and what the integer differs from it |
/// | text | 3, its first 512 bytes, and a hash of 8 bytes if it is longer |
///
/// Integers are compared exactly up to 64 bits. Texts that share their first 512 bytes are told apart, but not sorted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct IndexValue(Vec<u8>);

/// A value that cannot be indexed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IndexValueError(&'static str);

impl fmt::Display for IndexValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, but an index holds texts, numbers, booleans and nothing else", self.0)
    }
}

impl std::error::Error for IndexValueError {}

impl IndexValue {
    /// The value with these bytes, as [`IndexValue::as_bytes`] returned them.
    pub fn from_bytes(bytes: Vec<u8>) -> IndexValue {
        IndexValue(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The value in an index of a JSON value.
    ///
    /// # Errors
    /// The value is an array or an object.
    pub fn of(value: &Value) -> Result<IndexValue, IndexValueError> {
        Ok(IndexValue(match value {
            Value::Null => Vec::new(),
            Value::Bool(value) => vec![1, u8::from(*value)],
            Value::Number(number) => number_bytes(number),
            Value::String(text) => text_bytes(text),
            Value::Array(_) => return Err(IndexValueError("it is an array")),
            Value::Object(_) => return Err(IndexValueError("it is an object")),
        }))
    }

    /// The value in an index of a value that is compared with. It goes through its text, as a state does.
    pub(super) fn of_serialize(value: &impl Serialize) -> Result<IndexValue, IndexValueError> {
        let mut written = Written::default();
        let unwritable = |_| IndexValueError("it cannot be written as JSON");
        value.to_json(&mut written).map_err(unwritable)?;
        if written.first_hidden().is_some() {
            return Err(IndexValueError("it is a number that JSON does not have, or a `Some` of nothing"));
        }
        IndexValue::of(&serde_json::from_slice(&written.text).map_err(unwritable)?)
    }

    /// The bounds of the values of this kind, such as all numbers.
    pub(super) fn kind(&self) -> (Bound<IndexValue>, Bound<IndexValue>) {
        match self.0.first() {
            None => (Bound::Included(IndexValue::default()), Bound::Included(IndexValue::default())),
            Some(kind) => {
                let bound = |kind: u8| IndexValue(vec![kind]);
                (Bound::Included(bound(*kind)), Bound::Excluded(bound(kind.saturating_add(1))))
            }
        }
    }
}

fn number_bytes(number: &Number) -> Vec<u8> {
    let (float, rest) = match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(value), _, _) => near(i128::from(value)),
        (None, Some(value), _) => near(i128::from(value)),
        (None, None, float) => (float.unwrap_or_default(), 0),
    };
    // -0.0 is 0.0.
    let bits = (float + 0.0).to_bits();
    let sign = 1 << 63;
    let ordered = if bits & sign == 0 { bits | sign } else { !bits };
    let mut bytes = vec![2];
    bytes.extend(ordered.to_be_bytes());
    bytes.extend(((i64::from(rest) as u64) ^ sign).to_be_bytes());
    bytes
}

/// The float that is nearest to an integer of 64 bits, and what the integer differs from it.
fn near(value: i128) -> (f64, i32) {
    let float = value as f64;
    // At most 1,024 apart.
    (float, (value - float as i128) as i32)
}

fn text_bytes(text: &str) -> Vec<u8> {
    let (shown, rest) = text.as_bytes().split_at(text.len().min(TEXT_BYTES));
    let mut bytes = Vec::with_capacity(1 + shown.len() + 8);
    bytes.push(3);
    bytes.extend(shown);
    if !rest.is_empty() {
        bytes.extend(fnv1a(rest).to_be_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bytes_sort_as_the_values_do() {
        let long = "m".repeat(600);
        let ascending = [
            json!(null),
            json!(false),
            json!(true),
            json!(f64::MIN),
            json!(i64::MIN),
            json!(i64::MIN + 1),
            json!(-1.5),
            json!(-1),
            json!(0),
            json!(0.5),
            json!(1),
            json!(2),
            json!(10),
            json!(9_007_199_254_740_992_u64),
            json!(9_007_199_254_740_993_u64),
            json!(i64::MAX - 1),
            json!(i64::MAX),
            json!(u64::MAX - 1),
            json!(u64::MAX),
            json!(1e300),
            json!(""),
            json!("A"),
            json!("a"),
            json!("aa"),
            json!("b"),
            json!(long),
            json!("z"),
            json!("é"),
        ];
        let bytes: Vec<IndexValue> = ascending.iter().map(|value| IndexValue::of(value).unwrap()).collect();
        for (index, pair) in bytes.windows(2).enumerate() {
            assert!(pair[0] < pair[1], "{} and {}", ascending[index], ascending[index + 1]);
        }
    }

    #[test]
    fn equal_numbers_are_equal_however_they_are_written() {
        for (a, b) in [(json!(1), json!(1.0)), (json!(0), json!(-0.0)), (json!(7_u64), json!(7_i64))] {
            assert_eq!(IndexValue::of(&a), IndexValue::of(&b), "{a} and {b}");
        }
    }

    #[test]
    fn long_texts_are_told_apart_in_few_bytes() {
        let text = |end: &str| IndexValue::of(&json!(format!("{}{end}", "x".repeat(5000)))).unwrap();
        assert_ne!(text("a"), text("b"));
        assert!(text("a").as_bytes().len() < 600);
    }

    #[test]
    fn what_has_no_order_is_refused() {
        assert!(IndexValue::of(&json!([1])).is_err() && IndexValue::of(&json!({"a": 1})).is_err());
    }
}
