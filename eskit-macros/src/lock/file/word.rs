/// Whether a name is one word.
pub(super) fn is_word(name: &str) -> bool {
    !name.is_empty() && !name.contains(char::is_whitespace)
}
