//! How an event is read without the way over JSON text.
//!
//! Visitors are called as serde_json calls them for the same JSON, so both give the same value. Whatever cannot be read so, and
//! whatever is no valid payload, is left to the way over JSON text, which also knows what is wrong.

use std::fmt;

use minicbor::Decoder;
use minicbor::data::Type;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::write::LEVELS_MAX;

/// Reads a payload. `None` if it must be read as JSON text, or cannot be read.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let mut reader = Reader { input: Decoder::new(bytes), level: 0 };
    let value = T::deserialize(&mut reader).ok()?;
    (reader.input.position() == bytes.len()).then_some(value)
}

/// It must be read as JSON text.
#[derive(Debug)]
struct Unread;

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is read as JSON text")
    }
}

impl std::error::Error for Unread {}

impl serde::de::Error for Unread {
    fn custom<T: fmt::Display>(_: T) -> Unread {
        Unread
    }
}

impl From<minicbor::decode::Error> for Unread {
    fn from(_: minicbor::decode::Error) -> Unread {
        Unread
    }
}

struct Reader<'de> {
    input: Decoder<'de>,
    level: usize,
}

impl<'de> Reader<'de> {
    /// Reads what has parts.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Reader<'de>) -> Result<T, Unread>) -> Result<T, Unread> {
        if self.level == LEVELS_MAX {
            return Err(Unread);
        }
        self.level += 1;
        let read = read(self);
        self.level -= 1;
        read
    }

    fn array<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unread> {
        self.nested(|reader| {
            let left = reader.input.array()?.ok_or(Unread)?;
            let mut entries = Entries { reader, left };
            let value = visitor.visit_seq(&mut entries)?;
            if entries.left == 0 { Ok(value) } else { Err(Unread) }
        })
    }

    fn map<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unread> {
        self.nested(|reader| {
            let left = reader.input.map()?.ok_or(Unread)?;
            let mut entries = Entries { reader, left };
            let value = visitor.visit_map(&mut entries)?;
            if entries.left == 0 { Ok(value) } else { Err(Unread) }
        })
    }

    fn null(&mut self) -> Result<bool, Unread> {
        let is_null = self.input.datatype()? == Type::Null;
        if is_null {
            self.input.null()?;
        }
        Ok(is_null)
    }
}

/// Reads what a hint asks for by another function, whatever else the hint says.
macro_rules! as_it_is {
    ($($read:ident: $name:ident($($hint:ident: $ty:ty),*);)*) => { $(
        #[inline]
        fn $name<V: Visitor<'de>>(self, $(_: $ty,)* visitor: V) -> Result<V::Value, Unread> {
            self.$read(visitor)
        }
    )* };
}

macro_rules! texts {
    ($($name:ident)*) => { $(
        #[inline]
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
            visitor.visit_borrowed_str(self.input.str()?)
        }
    )* };
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.input.datatype()? {
            Type::Bool => visitor.visit_bool(self.input.bool()?),
            Type::Null => {
                self.input.null()?;
                visitor.visit_unit()
            }
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => visitor.visit_u64(self.input.u64()?),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 => visitor.visit_i64(self.input.i64()?),
            Type::F16 | Type::F32 | Type::F64 => {
                let float = self.input.f64()?;
                if float.is_finite() { visitor.visit_f64(float) } else { Err(Unread) }
            }
            Type::String => visitor.visit_borrowed_str(self.input.str()?),
            Type::Array => self.array(visitor),
            Type::Map => self.map(visitor),
            _ => Err(Unread),
        }
    }

    as_it_is! {
        deserialize_any: deserialize_bool();
        deserialize_any: deserialize_i8();
        deserialize_any: deserialize_i16();
        deserialize_any: deserialize_i32();
        deserialize_any: deserialize_i64();
        deserialize_any: deserialize_u8();
        deserialize_any: deserialize_u16();
        deserialize_any: deserialize_u32();
        deserialize_any: deserialize_u64();
        deserialize_any: deserialize_f64();
    }

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_i128(self.input.int()?.into())
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_u128(u128::try_from(i128::from(self.input.int()?)).map_err(|_| Unread)?)
    }

    /// From its digits, as serde_json: rounding to 64 bits first may give another number.
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        if !matches!(self.input.datatype()?, Type::F16 | Type::F32 | Type::F64) {
            return self.deserialize_any(visitor);
        }
        let float: f32 = self.input.f64()?.to_string().parse().map_err(|_| Unread)?;
        if float.is_finite() { visitor.visit_f64(float.into()) } else { Err(Unread) }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.input.datatype()? {
            Type::Array => self.array(visitor),
            _ => visitor.visit_borrowed_bytes(self.input.str()?.as_bytes()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        if self.null()? { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.input.null()?;
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Unread> {
        // Such as `RawValue`, which only serde_json reads.
        if name.starts_with("$serde_json") { Err(Unread) } else { visitor.visit_newtype_struct(self) }
    }

    as_it_is! {
        array: deserialize_seq();
        array: deserialize_tuple(len: usize);
        array: deserialize_tuple_struct(name: &'static str, len: usize);
        map: deserialize_map();
        map: deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_any: deserialize_ignored_any();
        deserialize_bytes: deserialize_byte_buf();
        deserialize_unit: deserialize_unit_struct(name: &'static str);
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        if self.input.datatype()? == Type::String {
            return visitor.visit_enum(BorrowedStrDeserializer::new(self.input.str()?));
        }
        self.nested(|reader| match reader.input.map()? {
            Some(1) => visitor.visit_enum(Variant(reader)),
            _ => Err(Unread),
        })
    }
}

/// The entries of an array or of a map that are not read yet.
struct Entries<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: u64,
}

impl Entries<'_, '_> {
    fn next(&mut self) -> bool {
        let is_one_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_one_left
    }
}

impl<'de> SeqAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Unread;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unread> {
        if self.next() { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Unread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unread> {
        if !self.next() {
            return Ok(None);
        }
        seed.deserialize(Key(self.reader.input.str()?)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Unread> {
        seed.deserialize(&mut *self.reader)
    }
}

/// The key of a map. JSON has only texts there, so numbers and truth values are read from one.
struct Key<'de>(&'de str);

macro_rules! parsed_keys {
    ($($name:ident $visit:ident $type:ty;)*) => { $(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
            // The spelling of JSON, which has no plus and no zeros in front.
            let is_plain = !self.0.starts_with('+') && (self.0 == "0" || !self.0.starts_with(['0']));
            let key: $type = self.0.parse().map_err(|_| Unread)?;
            if is_plain { visitor.$visit(key) } else { Err(Unread) }
        }
    )* };
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_borrowed_str(self.0)
    }

    parsed_keys! {
        deserialize_i8 visit_i64 i64;
        deserialize_i16 visit_i64 i64;
        deserialize_i32 visit_i64 i64;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u64 u64;
        deserialize_u16 visit_u64 u64;
        deserialize_u32 visit_u64 u64;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_bool visit_bool bool;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unread> {
        Err(Unread)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unread> {
        Err(Unread)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.0))
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A variant with a payload: a map of one entry, whose key is its name.
struct Variant<'a, 'de>(&'a mut Reader<'de>);

impl<'a, 'de> EnumAccess<'de> for Variant<'a, 'de> {
    type Error = Unread;
    type Variant = Variant<'a, 'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Variant<'a, 'de>), Unread> {
        let name = BorrowedStrDeserializer::<Unread>::new(self.0.input.str()?);
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Unread;

    fn unit_variant(self) -> Result<(), Unread> {
        self.0.input.null().map_err(Unread::from)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Unread> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unread> {
        self.0.array(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Unread> {
        self.0.map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;
    use std::net::IpAddr;

    use serde::{Deserialize, Serialize};
    use serde_json::Value;
    use serde_json::value::RawValue;
    use uuid::Uuid;

    use super::super::write::from_json;
    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Every {
        id: Uuid,
        ip: IpAddr,
        keys: BTreeMap<u32, bool>,
        flags: BTreeMap<bool, i8>,
        kinds: BTreeMap<Kind, Newtype>,
        low: i128,
        high: u128,
        single: f32,
        double: f64,
        letter: char,
        unit: (),
        pair: (i64, Option<String>),
        shapes: Vec<Shape>,
        any: Value,
        #[serde(flatten)]
        inner: Inner,
        #[serde(default)]
        absent: Option<u8>,
    }

    #[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
    enum Kind {
        Small,
        Large,
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Newtype(Option<u64>);

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Inner {
        b: String,
        c: Vec<u8>,
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum Shape {
        Unit,
        Newtype(Newtype),
        Tuple(u8, String),
        Struct { x: f64 },
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(tag = "kind")]
    enum Tagged {
        A { x: u64 },
        B,
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(untagged)]
    enum Untagged {
        Number(i64),
        Text(String),
        List(Vec<f64>),
    }

    /// Whether a value is read as serde_json reads it, and without JSON text.
    fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        let json = serde_json::to_string(value).unwrap();
        let cbor = from_json(&json).unwrap();
        assert_eq!(read::<T>(&cbor).as_ref(), Some(value), "{json}");
        assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
    }

    #[test]
    fn types_are_read_without_json_text_as_serde_json_reads_them() {
        same(&Every {
            id: Uuid::from_u128(7),
            ip: "::1".parse().unwrap(),
            keys: [(0, true), (70, false)].into(),
            flags: [(true, -1)].into(),
            kinds: [(Kind::Small, Newtype(None)), (Kind::Large, Newtype(Some(u64::MAX)))].into(),
            low: i128::from(i64::MIN),
            high: u128::from(u64::MAX),
            single: 0.1,
            double: -1.0e-7,
            letter: 'é',
            unit: (),
            pair: (-24, Some("a\"b\\\n".to_owned())),
            shapes: vec![
                Shape::Unit,
                Shape::Newtype(Newtype(Some(23))),
                Shape::Tuple(24, String::new()),
                Shape::Struct { x: 65504.0 },
            ],
            any: serde_json::json!({"a": [1, -1, 1.5, null, true, {"b": {}}], "": []}),
            inner: Inner { b: "x".repeat(300), c: vec![0, 255] },
            absent: None,
        });
        same(&vec![Tagged::A { x: 1 }, Tagged::B]);
        same(&vec![Untagged::Number(-1), Untagged::Text("1".to_owned()), Untagged::List(vec![1.0, 0.5])]);
        same(&[f32::MAX, f32::MIN_POSITIVE, 16_777_216.0, 0.1, -0.0]);
        same(&[f64::MAX, f64::MIN_POSITIVE, 5e-324, 6.103515625e-05, 0.1, -0.0, 1e22, 123_456_789.125]);
    }

    #[test]
    fn what_only_serde_json_reads_is_left_to_it() {
        let cbor = from_json(r#"{"a":1}"#).unwrap();
        assert!(read::<Box<RawValue>>(&cbor).is_none());
        assert!(read::<u128>(&from_json(&u128::MAX.to_string()).unwrap()).is_none());
        // A nested struct that was written as an array, NaN, bytes after the value, levels without end.
        assert!(read::<Inner>(&from_json(r#"["x",[1]]"#).unwrap()).is_none());
        assert!(read::<f64>(&[0xf9, 0x7e, 0x00]).is_none());
        assert!(read::<u8>(&[1, 1]).is_none());
        assert!(read::<Value>(&vec![0x81; 200_000]).is_none());
        assert!(read::<Vec<u8>>(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_none());
    }
}
