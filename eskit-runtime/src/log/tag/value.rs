use std::fmt;
use std::fmt::Write as _;

use super::id_type::IdType;

/// How many tags a field of some type yields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arity {
    /// Exactly one: an id.
    One,
    /// None or one: an `Option` of an id.
    Optional,
    /// Any number: a `Vec` of ids.
    Many,
}

/// A type whose value can stand in a tag: what a `#[tag]` field holds.
///
/// Strings, integers, `bool`, `char`, UUIDs and IP addresses are tag values, and what points at one; a newtype of one derives
/// it, and so does a struct that holds one, marked `#[tag]`, among other fields. `Option`, `Vec`, an array and `BTreeSet` of one
/// yield none or several tags.
///
/// The text of a value is its identity: 1 to 256 bytes without NUL, checked when it is used, and compared byte by byte. It must
/// never change between releases, and texts that are to count as the same, such as `Ada` and `ada`, must be made the same before.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a tag\nhelp: if it is a struct of one id, put `#[derive(TagValue)]` on it, and if it has other fields too, `#[tag]` on the id; otherwise use a type whose text never changes: a string, an integer, or a UUID",
    label = "not a tag value"
)]
pub trait TagValue {
    /// How many tags a field of this type yields.
    const ARITY: Arity = Arity::One;
    /// The type of the id that is in the tag. Where it is known, an event, a command and a key of another type do not compile.
    /// The derive gives a struct of one field its own name, and any other struct the type of its `#[tag]` field; a type that
    /// implements the trait by hand may say `IdType::new(module_path!(), "Region")`.
    const ID_TYPE: IdType = IdType::UNKNOWN;

    /// Calls `each` with the text of every value.
    fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display));
}

/// Adds the text of a value that is exactly one.
#[allow(clippy::panic, reason = "in a const block: an error of the compiler, not of the program")]
pub(super) fn push_one<T: TagValue>(text: &mut String, value: &T) {
    const {
        if !matches!(T::ARITY, Arity::One) {
            panic!("an `Option` or a `Vec` may yield none or several values, and one is needed");
        }
    }
    value.each_value(&mut |value| {
        let _ = write!(text, "{value}");
    });
}

macro_rules! displayed {
    ($($type:ty),* $(,)?) => {$(
        impl TagValue for $type {
            fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
                each(&self);
            }
        }
    )*};
}

displayed!(
    str,
    String,
    std::borrow::Cow<'_, str>,
    bool,
    char,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    std::num::NonZeroU8,
    std::num::NonZeroU16,
    std::num::NonZeroU32,
    std::num::NonZeroU64,
    std::num::NonZeroU128,
    std::num::NonZeroUsize,
    std::num::NonZeroI8,
    std::num::NonZeroI16,
    std::num::NonZeroI32,
    std::num::NonZeroI64,
    std::num::NonZeroI128,
    std::num::NonZeroIsize,
    std::net::IpAddr,
    std::net::Ipv4Addr,
    std::net::Ipv6Addr,
    uuid::Uuid,
    crate::log::id::EventId,
);

macro_rules! pointed_at {
    ($($type:ty),* $(,)?) => {$(
        impl<T: TagValue + ?Sized> TagValue for $type {
            const ARITY: Arity = T::ARITY;
            const ID_TYPE: IdType = T::ID_TYPE;
            fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
                T::each_value(self, each);
            }
        }
    )*};
}

pointed_at!(&T, Box<T>, std::rc::Rc<T>, std::sync::Arc<T>);

impl<T: TagValue> TagValue for Option<T> {
    const ARITY: Arity = match T::ARITY {
        Arity::Many => Arity::Many,
        _ => Arity::Optional,
    };
    const ID_TYPE: IdType = T::ID_TYPE;
    fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
        if let Some(value) = self {
            value.each_value(each);
        }
    }
}

macro_rules! several {
    ($($type:ty),* $(,)?) => {$(
        impl<T: TagValue> TagValue for $type {
            const ARITY: Arity = Arity::Many;
            const ID_TYPE: IdType = T::ID_TYPE;
            fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
                self.iter().for_each(|value| value.each_value(each));
            }
        }
    )*};
}

several!(Vec<T>, [T], std::collections::BTreeSet<T>);

impl<T: TagValue, const N: usize> TagValue for [T; N] {
    const ARITY: Arity = Arity::Many;
    const ID_TYPE: IdType = T::ID_TYPE;
    fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
        self.iter().for_each(|value| value.each_value(each));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_lists_yield_none_or_several() {
        let mut seen = Vec::new();
        Some(3_u32).each_value(&mut |value| seen.push(value.to_string()));
        None::<String>.each_value(&mut |value| seen.push(value.to_string()));
        vec!["a", "b"].each_value(&mut |value| seen.push(value.to_string()));
        assert_eq!(seen, ["3", "a", "b"]);
        assert_eq!(<Option<Vec<u8>> as TagValue>::ARITY, Arity::Many);
    }

    #[test]
    fn what_points_at_a_value_stands_for_it() {
        fn texts(value: &(impl TagValue + ?Sized)) -> Vec<String> {
            let mut seen = Vec::new();
            value.each_value(&mut |value| seen.push(value.to_string()));
            seen
        }
        let id = "ada".to_owned();
        assert_eq!(texts("ada"), ["ada"]);
        assert_eq!(texts(&&id), ["ada"]);
        assert_eq!(texts(&std::sync::Arc::<str>::from("ada")), ["ada"]);
        assert_eq!(texts(&Box::new(Some(7_u8))), ["7"]);
        assert_eq!(texts(&[1, -2][..]), ["1", "-2"]);
        assert_eq!((<Box<[u8]> as TagValue>::ARITY, <&Option<u8> as TagValue>::ARITY), (Arity::Many, Arity::Optional));
    }
}
