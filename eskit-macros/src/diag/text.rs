//! What every message is made of.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Error;

pub(super) fn at(tokens: impl ToTokens, text: &str, help: &str) -> Error {
    Error::new_spanned(tokens, format!("{text}\nhelp: {help}"))
}

pub(super) fn spanned(span: Span, text: &str, help: &str) -> Error {
    Error::new(span, format!("{text}\nhelp: {help}"))
}

/// `a`, `b`, and `c`, each in backticks.
pub(super) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    }
}

/// What syn says of an item that this crate cannot read.
pub(crate) fn unreadable(error: &Error) -> Error {
    Error::new(error.span(), format!("{error}\nhelp: eskit's macros cannot read this; write it in a plainer form"))
}
