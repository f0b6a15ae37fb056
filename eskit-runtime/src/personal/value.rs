use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::shape::def::{Shape, ShapeDef};

/// A personal value, which is there until its subject is forgotten.
///
/// In JSON it is the value itself, or `null` once it is forgotten. `Debug` does not show it, so that it is not in logs by accident.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::Personal;
///
/// let name = Personal::Known("Ada".to_owned());
/// assert_eq!(format!("{name:?}"), "***");
/// assert_eq!(name.known().map(String::as_str), Some("Ada"));
/// assert_eq!(Personal::<String>::Forgotten.known(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Personal<T> {
    /// The value.
    Known(T),
    /// The subject was forgotten, and the value with it.
    Forgotten,
}

impl<T> Personal<T> {
    /// The value, unless it is forgotten.
    pub fn known(&self) -> Option<&T> {
        match self {
            Personal::Known(value) => Some(value),
            Personal::Forgotten => None,
        }
    }

    /// The value, unless it is forgotten.
    pub fn into_known(self) -> Option<T> {
        match self {
            Personal::Known(value) => Some(value),
            Personal::Forgotten => None,
        }
    }

    /// Whether the value is forgotten.
    pub fn is_forgotten(&self) -> bool {
        matches!(self, Personal::Forgotten)
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Personal<T> {
        Personal::Known(value)
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_forgotten() { "Forgotten" } else { "***" })
    }
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Personal::Known(value) => serializer.serialize_some(value),
            Personal::Forgotten => serializer.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Personal<T>, D::Error> {
        let value = Option::<T>::deserialize(deserializer)?;
        Ok(value.map_or(Personal::Forgotten, Personal::Known))
    }
}

impl<T: Shape> Shape for Personal<T> {
    const DEF: &'static ShapeDef = &ShapeDef::without_subject(T::DEF);
}

/// A type that says what a forgotten value of it reads as: nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say that its value is forgotten\nhelp: write `Personal<{Self}>` or `Option<{Self}>`, or after the subject what is read then, such as `forgotten = \"[forgotten]\"`",
    label = "not a `Personal`, nor an `Option`"
)]
pub trait Forgettable {}

impl<T> Forgettable for Option<T> {}
impl<T> Forgettable for Personal<T> {}
