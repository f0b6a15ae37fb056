//! How a payload is written: by serde_json, with a note of what its text does not show.

use std::cell::Cell;
use std::fmt::Display;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// What writes itself as JSON: whatever is `Serialize`.
pub trait ToJson {
    /// Adds the JSON of this value.
    ///
    /// # Errors
    /// The value cannot be written as JSON.
    #[doc(hidden)]
    fn to_json(&self, written: &mut Written) -> serde_json::Result<()>;
}

impl<T: Serialize> ToJson for T {
    fn to_json(&self, written: &mut Written) -> serde_json::Result<()> {
        let mut json = serde_json::Serializer::new(&mut written.text);
        self.serialize(Noting { inner: &mut json, notes: &written.notes, in_some: false })
    }
}

/// A value as JSON, and what its text hides.
#[derive(Debug, Default)]
pub struct Written {
    pub(crate) text: Vec<u8>,
    notes: Notes,
}

impl Written {
    pub(crate) fn begin(&mut self, text: Vec<u8>) {
        *self = Written { text, notes: Notes::default() };
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.notes = Notes::default();
    }

    /// How often each hidden thing was written.
    pub(crate) fn hidden(&self) -> [usize; 4] {
        self.notes.hidden.get()
    }

    /// The first that was hidden, with the number of `null`s before it, and the number of all.
    pub(crate) fn first_hidden(&self) -> Option<(Hidden, usize, usize)> {
        self.notes.first.get().map(|(hidden, before)| (hidden, before, self.notes.nulls.get()))
    }
}

/// What serde_json writes as `null` although it is something else than nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hidden {
    Nan,
    Infinity,
    NegativeInfinity,
    /// `Some` of a value that is written as `null` itself.
    EmptySome,
}

/// What was written as `null`, and how often.
#[derive(Debug, Default)]
struct Notes {
    nulls: Cell<usize>,
    hidden: Cell<[usize; 4]>,
    first: Cell<Option<(Hidden, usize)>>,
}

impl Notes {
    #[cold]
    fn null(&self, hidden: Option<Hidden>) {
        let before = self.nulls.get();
        self.nulls.set(before + 1);
        if let Some(hidden) = hidden {
            let mut counts = self.hidden.get();
            counts[hidden as usize] += 1;
            self.hidden.set(counts);
            self.first.set(self.first.get().or(Some((hidden, before))));
        }
    }

    fn float(&self, float: f64) {
        if !float.is_finite() {
            self.null(Some(match float {
                float if float.is_nan() => Hidden::Nan,
                float if float > 0.0 => Hidden::Infinity,
                _ => Hidden::NegativeInfinity,
            }));
        }
    }
}

/// A serializer that passes everything on, and notes each `null`.
struct Noting<'n, S> {
    inner: S,
    notes: &'n Notes,
    /// Whether it writes what a `Some` holds.
    in_some: bool,
}

/// A value inside of another one.
struct Part<'n, 't, T: ?Sized> {
    value: &'t T,
    notes: &'n Notes,
    in_some: bool,
}

impl<T: Serialize + ?Sized> Serialize for Part<'_, '_, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Noting { inner: serializer, notes: self.notes, in_some: self.in_some })
    }
}

impl<'n, S: Serializer> Noting<'n, S> {
    #[inline]
    fn part<'t, T: ?Sized>(&self, value: &'t T, in_some: bool) -> Part<'n, 't, T> {
        Part { value, notes: self.notes, in_some }
    }

    #[inline]
    fn null(&self) {
        self.notes.null(self.in_some.then_some(Hidden::EmptySome));
    }

    #[inline]
    fn parts<C>(notes: &'n Notes, inner: Result<C, S::Error>) -> Result<Parts<'n, C>, S::Error> {
        inner.map(|inner| Parts { inner, notes })
    }
}

macro_rules! pass_on {
    ($($name:ident($($argument:ident: $ty:ty),*);)*) => { $(
        #[inline]
        fn $name(self, $($argument: $ty),*) -> Result<S::Ok, S::Error> {
            self.inner.$name($($argument),*)
        }
    )* };
}

macro_rules! begin {
    ($($name:ident($($argument:ident: $ty:ty),*) -> $parts:ident;)*) => { $(
        #[inline]
        fn $name(self, $($argument: $ty),*) -> Result<Parts<'n, S::$parts>, S::Error> {
            Self::parts(self.notes, self.inner.$name($($argument),*))
        }
    )* };
}

impl<'n, S: Serializer> Serializer for Noting<'n, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Parts<'n, S::SerializeSeq>;
    type SerializeTuple = Parts<'n, S::SerializeTuple>;
    type SerializeTupleStruct = Parts<'n, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Parts<'n, S::SerializeTupleVariant>;
    type SerializeMap = Parts<'n, S::SerializeMap>;
    type SerializeStruct = Parts<'n, S::SerializeStruct>;
    type SerializeStructVariant = Parts<'n, S::SerializeStructVariant>;

    pass_on! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_i128(value: i128);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_u128(value: u128);
        serialize_char(value: char);
        serialize_str(value: &str);
        serialize_bytes(value: &[u8]);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    begin! {
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> SerializeStructVariant;
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        self.notes.float(value.into());
        self.inner.serialize_f32(value)
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        self.notes.float(value);
        self.inner.serialize_f64(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.null();
        self.inner.serialize_none()
    }

    #[inline]
    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.null();
        self.inner.serialize_unit()
    }

    #[inline]
    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.null();
        self.inner.serialize_unit_struct(name)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let part = self.part(value, true);
        self.inner.serialize_some(&part)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        let part = self.part(value, self.in_some);
        self.inner.serialize_newtype_struct(name, &part)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let part = self.part(value, false);
        self.inner.serialize_newtype_variant(name, index, variant, &part)
    }

    #[inline]
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// The parts of a value.
struct Parts<'n, C> {
    inner: C,
    notes: &'n Notes,
}

impl<'n, C> Parts<'n, C> {
    #[inline]
    fn part<'t, T: ?Sized>(&self, value: &'t T) -> Part<'n, 't, T> {
        Part { value, notes: self.notes, in_some: false }
    }
}

macro_rules! elements {
    ($($of:ident: $name:ident;)*) => { $(
        impl<C: $of> $of for Parts<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            #[inline]
            fn $name<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                let part = self.part(value);
                self.inner.$name(&part)
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )* };
}

elements! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
    SerializeTupleVariant: serialize_field;
}

macro_rules! fields {
    ($($of:ident)*) => { $(
        impl<C: $of> $of for Parts<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), C::Error> {
                let part = self.part(value);
                self.inner.serialize_field(key, &part)
            }

            #[inline]
            fn skip_field(&mut self, key: &'static str) -> Result<(), C::Error> {
                self.inner.skip_field(key)
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )* };
}

fields!(SerializeStruct SerializeStructVariant);

impl<C: SerializeMap> SerializeMap for Parts<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.inner.serialize_key(key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let part = self.part(value);
        self.inner.serialize_value(&part)
    }

    #[inline]
    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}
