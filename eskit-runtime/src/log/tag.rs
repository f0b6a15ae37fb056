use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

/// One tag, `key:value`, by which queries find an event. The key holds no colon; the value may.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Box<str>);

impl Tag {
    /// The tag with this key and value: `Tag::new("course", &course)`. An `Option` or a `Vec` does not compile here. Limits are
    /// checked when the tag is used in an append or a query.
    ///
    /// ```compile_fail
    /// # use eskit_runtime as eskit;
    /// eskit::Tag::new("course", Some("c1"));
    /// ```
    pub fn new(key: &str, value: impl TagValue) -> Tag {
        let mut text = String::with_capacity(key.len() + 17);
        text.push_str(key);
        text.push(':');
        push_one(&mut text, &value);
        Tag(text.into_boxed_str())
    }

    /// This tag, borrowed.
    pub fn as_ref(&self) -> TagRef<'_> {
        TagRef(&self.0)
    }

    /// The tag as `key:value`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<TagRef<'_>> for Tag {
    fn from(tag: TagRef<'_>) -> Tag {
        Tag(tag.0.into())
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A borrowed [`Tag`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TagRef<'a>(&'a str);

impl<'a> TagRef<'a> {
    /// The tag as `key:value`.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// What stands before the first colon.
    pub fn key(self) -> &'a str {
        self.0.split_once(':').map_or(self.0, |(key, _)| key)
    }

    /// What stands after the first colon.
    pub fn value(self) -> &'a str {
        self.0.split_once(':').map_or("", |(_, value)| value)
    }
}

impl fmt::Display for TagRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What separates the tags in [`Tags::as_packed`]. No tag holds it: appends refuse NUL.
const SEPARATOR: char = '\0';

/// The tags of one event, in the order in which they were added, each once.
///
/// Held in one piece of text, so an event costs one allocation however many tags it has, and none if it shares them with the
/// event that was read before.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Tags {
    /// Nothing for no tags.
    packed: Option<Arc<str>>,
    /// Whether a tag that was added held the separator itself: then the text cannot be split, and appends refuse it.
    holds_nul: bool,
}

impl Tags {
    /// No tags.
    pub const fn new() -> Tags {
        Tags { packed: None, holds_nul: false }
    }

    /// Adds `key:value`, unless it is there already. A NUL in either is refused when the event is appended.
    pub fn push(&mut self, key: &str, value: impl fmt::Display) {
        let earlier = self.as_packed();
        let mut packed = String::with_capacity(earlier.len() + key.len() + 32);
        packed.push_str(earlier);
        if !earlier.is_empty() {
            packed.push(SEPARATOR);
        }
        let start = packed.len();
        packed.push_str(key);
        packed.push(':');
        let _ = write!(packed, "{value}");
        let added = &packed[start..];
        let is_there = earlier.split(SEPARATOR).any(|earlier| earlier == added);
        self.holds_nul |= added.contains(SEPARATOR);
        if !is_there {
            self.packed = Some(packed.into());
        }
    }

    /// Whether a tag that was added held a NUL, so that what [`Tags::iter`] yields is not what was added.
    pub(crate) fn holds_nul(&self) -> bool {
        self.holds_nul
    }

    /// The tags in order.
    pub fn iter(&self) -> impl Iterator<Item = TagRef<'_>> {
        self.as_packed().split(SEPARATOR).filter(|tag| !tag.is_empty()).map(TagRef)
    }

    /// How many tags there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.packed.is_none()
    }

    /// Whether this tag is among them.
    pub fn contains(&self, tag: TagRef<'_>) -> bool {
        self.iter().any(|own| own == tag)
    }

    /// The values of the tags with this key, in order.
    pub fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |tag| tag.key() == key).map(TagRef::value)
    }

    /// All tags in one text, separated by NUL: how a store may keep them.
    pub fn as_packed(&self) -> &str {
        self.packed.as_deref().unwrap_or_default()
    }

    /// The tags that [`Tags::as_packed`] gave.
    pub fn from_packed(packed: impl Into<Arc<str>>) -> Tags {
        let packed = packed.into();
        Tags { packed: (!packed.is_empty()).then_some(packed), holds_nul: false }
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(TagRef::as_str)).finish()
    }
}

impl<'a> FromIterator<TagRef<'a>> for Tags {
    fn from_iter<I: IntoIterator<Item = TagRef<'a>>>(tags: I) -> Tags {
        let mut all = Tags::new();
        for tag in tags {
            all.push(tag.key(), tag.value());
        }
        all
    }
}

impl FromIterator<Tag> for Tags {
    fn from_iter<I: IntoIterator<Item = Tag>>(tags: I) -> Tags {
        let mut all = Tags::new();
        for tag in tags {
            all.push(tag.as_ref().key(), tag.as_ref().value());
        }
        all
    }
}

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

    /// Calls `each` with the text of every value.
    fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display));
}

/// Adds the text of a value that is exactly one.
#[allow(clippy::panic, reason = "in a const block: an error of the compiler, not of the program")]
pub(crate) fn push_one<T: TagValue>(text: &mut String, value: &T) {
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
            fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
                self.iter().for_each(|value| value.each_value(each));
            }
        }
    )*};
}

several!(Vec<T>, [T], std::collections::BTreeSet<T>);

impl<T: TagValue, const N: usize> TagValue for [T; N] {
    const ARITY: Arity = Arity::Many;
    fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
        self.iter().for_each(|value| value.each_value(each));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_keep_their_order_and_drop_repeats() {
        let mut tags = Tags::new();
        tags.push("course", "c1");
        tags.push("student", 7);
        tags.push("course", "c1");
        tags.push("course", "c:2");
        assert_eq!(tags.iter().map(TagRef::as_str).collect::<Vec<_>>(), ["course:c1", "student:7", "course:c:2"]);
        assert_eq!(tags.values("course").collect::<Vec<_>>(), ["c1", "c:2"]);
        assert_eq!(Tags::from_packed(tags.as_packed().to_owned()), tags);
    }

    #[test]
    fn what_names_an_instance_needs_no_display() {
        struct Course(u32);
        impl TagValue for Course {
            fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
                each(&self.0);
            }
        }
        assert_eq!(Tag::new("course", Course(7)).as_str(), "course:7");
    }

    #[test]
    fn a_value_that_holds_the_separator_is_noticed() {
        let mut tags = Tags::new();
        tags.push("course", "c1");
        assert!(!tags.holds_nul());
        tags.push("course", "c2\0student:s1");
        assert!(tags.holds_nul());
    }

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
