//! The shapes of std's types, as serde writes them.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::*;
use std::ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::*;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, SystemTime};

use super::def::{Member, Shape, ShapeDef};
use super::hash;

/// `name: Type, ..`: types without parts.
macro_rules! leaves {
    ($($name:literal: $($ty:ty),+;)*) => { $($(
        impl Shape for $ty {
            const DEF: &'static ShapeDef = &ShapeDef::leaf($name);
        }
    )+)* };
}
pub(super) use leaves;

leaves! {
    "bool": bool, AtomicBool;
    "char": char;
    "string": str, String, Path, PathBuf;
    "u8": u8, AtomicU8; "u16": u16, AtomicU16; "u32": u32, AtomicU32; "u64": u64, AtomicU64; "u128": u128;
    "i8": i8, AtomicI8; "i16": i16, AtomicI16; "i32": i32, AtomicI32; "i64": i64, AtomicI64; "i128": i128;
    "usize": usize, AtomicUsize; "isize": isize, AtomicIsize;
    "f32": f32; "f64": f64;
    "nonzero-u8": NonZeroU8; "nonzero-u16": NonZeroU16; "nonzero-u32": NonZeroU32; "nonzero-u64": NonZeroU64;
    "nonzero-u128": NonZeroU128; "nonzero-usize": NonZeroUsize;
    "nonzero-i8": NonZeroI8; "nonzero-i16": NonZeroI16; "nonzero-i32": NonZeroI32; "nonzero-i64": NonZeroI64;
    "nonzero-i128": NonZeroI128; "nonzero-isize": NonZeroIsize;
    "unit": ();
    "std-duration": Duration; "system-time": SystemTime;
    "ip": IpAddr; "ipv4": Ipv4Addr; "ipv6": Ipv6Addr;
    "socket-address": SocketAddr; "socket-address-v4": SocketAddrV4; "socket-address-v6": SocketAddrV6;
}

/// Types that are written as what they hold.
macro_rules! transparent {
    ($($ty:ident),*; $($unsized:ty),*) => {
        $(
            impl<T: Shape> Shape for $ty<T> {
                const DEF: &'static ShapeDef = T::DEF;
            }
        )*
        $(
            impl<T: Shape + ?Sized> Shape for $unsized {
                const DEF: &'static ShapeDef = T::DEF;
            }
        )*
    };
}

transparent!(Cell, Wrapping, Saturating, Reverse; &T, &mut T, Box<T>, Rc<T>, Arc<T>, RefCell<T>, Mutex<T>, RwLock<T>);

impl<T: Shape + ToOwned + ?Sized> Shape for Cow<'_, T> {
    const DEF: &'static ShapeDef = T::DEF;
}

impl<T: ?Sized> Shape for PhantomData<T> {
    const DEF: &'static ShapeDef = &ShapeDef::leaf("unit");
}

impl<T: Shape> Shape for Option<T> {
    const DEF: &'static ShapeDef = &ShapeDef::option(T::DEF);
}

/// Types that are written as a list.
macro_rules! lists {
    ($($ty:ty),*) => { $(
        impl<T: Shape> Shape for $ty {
            const DEF: &'static ShapeDef = &ShapeDef::list(T::DEF);
        }
    )* };
}

lists!([T], Vec<T>, VecDeque<T>, LinkedList<T>, BinaryHeap<T>, BTreeSet<T>);

impl<T: Shape, S> Shape for HashSet<T, S> {
    const DEF: &'static ShapeDef = &ShapeDef::list(T::DEF);
}

impl<T: Shape, const N: usize> Shape for [T; N] {
    const DEF: &'static ShapeDef = &ShapeDef::array(N, T::DEF);
}

const fn member(name: &'static str, shape: &'static ShapeDef) -> Member {
    Member::new(name, hash::text(name), 0, &[], shape)
}

impl<K: Shape, V: Shape> Shape for BTreeMap<K, V> {
    const DEF: &'static ShapeDef =
        const { &ShapeDef::block("map", const { &[member("key", K::DEF), member("value", V::DEF)] }) };
}

impl<K: Shape, V: Shape, S> Shape for HashMap<K, V, S> {
    const DEF: &'static ShapeDef = <BTreeMap<K, V> as Shape>::DEF;
}

impl<T: Shape, E: Shape> Shape for Result<T, E> {
    const DEF: &'static ShapeDef =
        const { &ShapeDef::block("enum", const { &[member("Ok", T::DEF), member("Err", E::DEF)] }) };
}

impl<T: Shape> Shape for Bound<T> {
    const DEF: &'static ShapeDef = const {
        const UNIT: &ShapeDef = &ShapeDef::leaf("unit");
        &ShapeDef::block(
            "enum",
            const { &[member("Unbounded", UNIT), member("Included", T::DEF), member("Excluded", T::DEF)] },
        )
    };
}

/// Structs that serde writes with these fields.
macro_rules! ranges {
    ($($ty:ident: $($field:literal),+;)*) => { $(
        impl<T: Shape> Shape for $ty<T> {
            const DEF: &'static ShapeDef =
                const { &ShapeDef::block("struct", const { &[$(member($field, T::DEF)),+] }) };
        }
    )* };
}

ranges! {
    Range: "start", "end";
    RangeInclusive: "start", "end";
    RangeFrom: "start";
    RangeTo: "end";
}

macro_rules! tuples {
    ($($($name:ident $index:literal),+;)*) => { $(
        impl<$($name: Shape),+> Shape for ($($name,)+) {
            const DEF: &'static ShapeDef =
                const { &ShapeDef::block("tuple", const { &[$(member($index, $name::DEF)),+] }) };
        }
    )* };
}

tuples! {
    A "0";
    A "0", B "1";
    A "0", B "1", C "2";
    A "0", B "1", C "2", D "3";
    A "0", B "1", C "2", D "3", E "4";
    A "0", B "1", C "2", D "3", E "4", F "5";
    A "0", B "1", C "2", D "3", E "4", F "5", G "6";
    A "0", B "1", C "2", D "3", E "4", F "5", G "6", H "7";
    A "0", B "1", C "2", D "3", E "4", F "5", G "6", H "7", I "8";
    A "0", B "1", C "2", D "3", E "4", F "5", G "6", H "7", I "8", J "9";
    A "0", B "1", C "2", D "3", E "4", F "5", G "6", H "7", I "8", J "9", K "10";
    A "0", B "1", C "2", D "3", E "4", F "5", G "6", H "7", I "8", J "9", K "10", L "11";
}
