mod id_type;
mod value;

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

pub use id_type::IdType;
use value::push_one;
pub use value::{Arity, TagValue};

/// A tag, `key:value`, by which queries find events. The value may contain colons; the key may not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Box<str>);

impl Tag {
    /// The tag with this key and value: `Tag::new("course", &course)`. An `Option` or a `Vec` does not compile here. Limits are
    /// checked when the tag is used in an append or a query.
    ///
    /// ```compile_fail
    /// # use eskit_runtime as eskit;
    /// eskit::log::Tag::new("course", Some("c1"));
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

    /// The part before the first colon.
    pub fn key(self) -> &'a str {
        self.0.split_once(':').map_or(self.0, |(key, _)| key)
    }

    /// The part after the first colon.
    pub fn value(self) -> &'a str {
        self.0.split_once(':').map_or("", |(_, value)| value)
    }
}

impl fmt::Display for TagRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The key of the tag that says whose an event is, in a log that several tenants share.
pub const TENANT_TAG: &str = "tenant";

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

    /// Whether no tag is empty: not so only in damaged bytes.
    pub(crate) fn has_no_gap(&self) -> bool {
        self.packed.as_deref().is_none_or(|packed| packed.split(SEPARATOR).all(|tag| !tag.is_empty()))
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
}
