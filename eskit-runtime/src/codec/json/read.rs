//! How a payload is read.
//!
//! serde_json reads a struct from an object or from an array, so a program holds both readers of each event. Payloads are
//! objects: only that reader is compiled, and an array, which nothing that eskit generates writes, is turned into an
//! object first.

use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde_json::de::StrRead;
use serde_json::{Map, Value};

/// Reads a payload. Compiled once for each event, so without closures or `?`, and with early returns, which spare the
/// compiler the question what is still to be dropped.
#[allow(clippy::question_mark, reason = "it converts the error, by one more function")]
#[inline]
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut fields: &[&str] = &[];
    let value = match T::deserialize(Objects { json: &mut json, fields: &mut fields }) {
        Ok(value) => value,
        Err(error) => match object(text, fields, error) {
            Ok(object) => return read_object(object),
            Err(error) => return Err(error),
        },
    };
    if let Err(error) = json.end() {
        return Err(error);
    }
    Ok(value)
}

/// Apart, so that the reader does not call itself, which would keep it from being inlined.
#[cold]
fn read_object<T: DeserializeOwned>(object: String) -> serde_json::Result<T> {
    read(&object)
}

/// The object with these fields that an array stands for; for any other text the error that reading it gave.
#[cold]
fn object(text: &str, fields: &[&str], error: serde_json::Error) -> serde_json::Result<String> {
    if fields.is_empty() || !text.trim_ascii_start().starts_with('[') {
        return Err(error);
    }
    let values: Vec<Value> = serde_json::from_str(text)?;
    if values.len() > fields.len() {
        return Err(error);
    }
    let object: Map<String, Value> = fields.iter().map(|field| (*field).to_owned()).zip(values).collect();
    Ok(Value::Object(object).to_string())
}

/// serde_json's deserializer, but structs are objects.
struct Objects<'a, 'de> {
    json: &'a mut serde_json::Deserializer<StrRead<'de>>,
    /// Where the fields of the struct are left.
    fields: &'a mut &'static [&'static str],
}

macro_rules! forward {
    ($($name:ident($($argument:ident: $ty:ty),*);)*) => { $(
        #[inline]
        fn $name<V: Visitor<'de>>(self, $($argument: $ty,)* visitor: V) -> serde_json::Result<V::Value> {
            self.json.$name($($argument,)* visitor)
        }
    )* };
}

impl<'de> Deserializer<'de> for Objects<'_, 'de> {
    type Error = serde_json::Error;

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> serde_json::Result<V::Value> {
        *self.fields = fields;
        self.json.deserialize_map(visitor)
    }

    forward! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, PartialEq, Debug)]
    struct Named {
        first: u8,
        #[serde(skip)]
        skipped: u8,
        #[serde(rename = "2nd")]
        second: Inner,
        #[serde(default)]
        third: String,
    }

    #[derive(Deserialize, PartialEq, Debug)]
    struct Inner {
        a: u8,
        b: f64,
    }

    #[derive(Deserialize, PartialEq, Debug)]
    struct Newtype(Option<i128>);

    #[derive(Deserialize, PartialEq, Debug)]
    struct Unit;

    #[derive(Deserialize, PartialEq, Debug)]
    struct Tuple(u8, char);

    #[derive(Deserialize, PartialEq, Debug)]
    enum Enum {
        Unit,
        Struct { a: u8 },
    }

    /// Whether `text` is read as serde_json reads it.
    fn same<T: DeserializeOwned + PartialEq + Debug>(text: &str) {
        let (read, expected) = (read::<T>(text), serde_json::from_str::<T>(text));
        match (&read, &expected) {
            (Ok(read), Ok(expected)) => assert_eq!(read, expected, "{text}"),
            (Err(_), Err(_)) => {}
            _ => panic!("{text}: {read:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn a_payload_is_read_as_serde_json_reads_it() {
        for text in [
            r#"{"first":1,"2nd":{"a":2,"b":0.1},"third":"x"}"#,
            r#" { "2nd" : [2, 1e-7], "first" : 1 } "#,
            r#"[1, {"a":2,"b":0.1}, "x"]"#,
            r#" [1, [2, 12345.678901234567]] "#,
            r#"[1, [2, 0.5], "x", 4]"#,
            r#"[1]"#,
            r#"[1, "#,
            r#"{"first":1,"2nd":{"a":2,"b":0.1}} x"#,
            "7",
            "",
        ] {
            same::<Named>(text);
        }
        for text in ["170141183460469231731687303715884105727", "null", "[1]", "{}"] {
            same::<Newtype>(text);
        }
        for text in ["null", "[]", "{}"] {
            same::<Unit>(text);
        }
        for text in [r#"[1, "x"]"#, r#"{"0":1,"1":"x"}"#] {
            same::<Tuple>(text);
        }
        for text in [r#""Unit""#, r#"{"Struct":{"a":1}}"#, r#"{"Struct":[1]}"#, "[1]"] {
            same::<Enum>(text);
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let error = read::<Named>(r#"{"first": "x"}"#).unwrap_err();
        assert_eq!(error.to_string(), r#"invalid type: string "x", expected u8 at line 1 column 13"#);
    }
}
