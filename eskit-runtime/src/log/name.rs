use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

/// A short immutable string that is cheap to clone: a literal of the program, or one shared by many recorded events.
#[derive(Clone)]
enum Text {
    Static(&'static str),
    Shared(Arc<str>),
}

/// The name under which an event type is stored: `{package}.{Type}` unless its `#[event(..)]` says otherwise.
///
/// At most 256 bytes of ASCII letters, digits, `_`, `-` and `.`. Cheap to clone.
#[derive(Clone)]
pub struct WireName(Text);

impl WireName {
    /// A name that is known at compile time; costs no allocation.
    pub const fn from_static(name: &'static str) -> WireName {
        WireName(Text::Static(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Static(text) => text,
            Text::Shared(text) => text,
        }
    }
}

impl From<Arc<str>> for WireName {
    fn from(name: Arc<str>) -> WireName {
        WireName(Text::Shared(name))
    }
}

impl From<&str> for WireName {
    fn from(name: &str) -> WireName {
        WireName(Text::Shared(Arc::from(name)))
    }
}

impl From<String> for WireName {
    fn from(name: String) -> WireName {
        WireName(Text::Shared(Arc::from(name)))
    }
}

impl Deref for WireName {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for WireName {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for WireName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for WireName {
    fn eq(&self, other: &WireName) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for WireName {}

impl PartialEq<str> for WireName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for WireName {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialOrd for WireName {
    fn partial_cmp(&self, other: &WireName) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for WireName {
    fn cmp(&self, other: &WireName) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for WireName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for WireName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for WireName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The schema version of an event's payload: 1 for the first shape of an event, one more for each later shape.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SchemaVersion(NonZeroU32);

impl SchemaVersion {
    /// The first version of every event.
    pub const FIRST: SchemaVersion = SchemaVersion(NonZeroU32::MIN);

    /// The version with this number, or `None` for 0.
    pub const fn new(number: u32) -> Option<SchemaVersion> {
        match NonZeroU32::new(number) {
            Some(number) => Some(SchemaVersion(number)),
            None => None,
        }
    }

    /// The number of this version, from 1.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for SchemaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
