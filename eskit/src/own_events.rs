//! The events that eskit itself appends, which any log may hold.

/// Whether an event of this name is one of eskit's own, such as `eskit.SubjectForgotten`.
pub(crate) fn is_of_eskit(name: &str) -> bool {
    name.starts_with("eskit.")
}

/// The event that says that a subject was forgotten.
pub(crate) const SUBJECT_FORGOTTEN: &str = "eskit.SubjectForgotten";
