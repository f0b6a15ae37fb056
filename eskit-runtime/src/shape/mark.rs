//! What a shape says of personal values.

/// What `#[personal(..)]` on a field says.
#[derive(Clone, Copy, Debug)]
pub struct PersonalDef {
    /// The field beside it that holds the id of the subject, as serde writes its name; in a tuple its index.
    pub subject: &'static str,
    /// What the subject is: `student`.
    pub kind: &'static str,
    /// Whether the field of the subject is a tag of the event, under the kind as its key.
    pub is_tag: bool,
    /// What is read once the subject is forgotten, as JSON.
    pub forgotten: &'static str,
}

/// What a shape holds of personal values. Of several parts, the last of these counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Holds {
    /// None.
    Nothing,
    /// What the type holds that it stands for, inside of itself.
    Itself,
    /// Values that can be found and sealed.
    Values,
    /// A `Personal` without a subject.
    NoSubject,
    /// Values in the keys of a map.
    Keys,
    /// Values in the entries of a flattened map, which stand among the fields around it.
    Rest,
    /// Values in a variant that has no name on the wire.
    Unnamed,
    /// Not known, since the type has a mistake that is reported.
    Mistaken,
}
