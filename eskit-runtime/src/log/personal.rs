use std::borrow::Cow;
use std::fmt;

use crate::log::tag::Tag;

/// The subject of personal data: the person whom it is about.
///
/// The kind is the key of the tag that holds the person's id, or else the name of the field: `student`. The id is its value. Ids should
/// be surrogates, such as `s-4711`: they stand in the log in the clear, and stay there when the subject is forgotten.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Subject {
    /// What the subject is: `student`.
    pub kind: Cow<'static, str>,
    /// Which one it is.
    pub id: String,
}

impl Subject {
    /// The subject of this kind with this id.
    ///
    /// ```
    /// use eskit_runtime::log::Subject;
    /// assert_eq!(Subject::new("student", 4711).to_string(), "student:4711");
    /// ```
    pub fn new(kind: impl Into<Cow<'static, str>>, id: impl fmt::Display) -> Subject {
        Subject { kind: kind.into(), id: id.to_string() }
    }

    /// The tag by which events about the subject are found, if they have one.
    pub fn tag(&self) -> Tag {
        Tag::new(&self.kind, &self.id)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

/// A personal value in the payload of an event that is to be appended, and is not sealed yet.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PersonalValue {
    /// Where the value is in the JSON of the payload.
    pub path: JsonPointer,
    /// Whom it is about.
    pub subject: Subject,
    /// What readers get instead of it, once the subject is forgotten.
    pub forgotten: serde_json::Value,
}

impl PersonalValue {
    /// The value at this path, about this subject.
    pub fn new(path: JsonPointer, subject: Subject, forgotten: serde_json::Value) -> PersonalValue {
        PersonalValue { path, subject, forgotten }
    }
}

/// The place of a value in a JSON document, as a JSON Pointer of RFC 6901: `/guests/0/name`. Empty for the whole document.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct JsonPointer(String);

impl JsonPointer {
    /// The whole document.
    pub const ROOT: JsonPointer = JsonPointer(String::new());

    /// The member of this name of the object here.
    ///
    /// ```
    /// use eskit_runtime::log::JsonPointer;
    /// assert_eq!(JsonPointer::ROOT.member("guests").element(0).member("a/b").as_str(), "/guests/0/a~1b");
    /// ```
    #[must_use]
    pub fn member(&self, name: &str) -> JsonPointer {
        let mut text = self.0.clone();
        JsonPointer::push_member(&mut text, name);
        JsonPointer(text)
    }

    /// Adds the step to a member to the text of a pointer.
    pub(crate) fn push_member(text: &mut String, name: &str) {
        text.reserve(name.len() + 1);
        text.push('/');
        for character in name.chars() {
            match character {
                '~' => text.push_str("~0"),
                '/' => text.push_str("~1"),
                other => text.push(other),
            }
        }
    }

    /// The pointer with this text, of which every `/` and `~` is a step or part of an escape.
    pub(crate) fn from_text(text: &str) -> JsonPointer {
        JsonPointer(text.to_owned())
    }

    /// The element at this index, from 0, of the array here.
    #[must_use]
    pub fn element(&self, index: usize) -> JsonPointer {
        JsonPointer(format!("{}/{index}", self.0))
    }

    /// The pointer as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
