//! Every message, one function each: what is wrong, then a `help:` line to paste.

mod aggregate;
mod decider;
mod event;
mod suggest;
mod tag;

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Error;

pub(crate) use aggregate::*;
pub(crate) use decider::*;
pub(crate) use event::*;
pub(crate) use suggest::did_you_mean;
pub(crate) use tag::*;

fn at(tokens: impl ToTokens, text: &str, help: &str) -> Error {
    Error::new_spanned(tokens, format!("{text}\nhelp: {help}"))
}

fn spanned(span: Span, text: &str, help: &str) -> Error {
    Error::new(span, format!("{text}\nhelp: {help}"))
}

/// `a`, `b`, and `c`, each in backticks.
fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    }
}

// Attribute lists

pub(crate) fn expected_list(attr: impl ToTokens, name: &str, valid: &[&str]) -> Error {
    at(attr, &format!("`{name}` needs a list"), &format!("write `#[{name}(..)]` with {}", list(valid)))
}

pub(crate) fn not_a_word(tokens: TokenStream, name: &str, valid: &[&str]) -> Error {
    at(tokens, &format!("expected a word in `#[{name}(..)]`"), &format!("the words are {}", list(valid)))
}

pub(crate) fn unknown_word(word: &Ident, name: &str, valid: &[&str]) -> Error {
    let help = match did_you_mean(&word.to_string(), valid) {
        Some(meant) => format!("did you mean `{meant}`? the words are {}", list(valid)),
        None => format!("the words are {}", list(valid)),
    };
    at(word, &format!("unknown word `{word}` in `#[{name}(..)]`"), &help)
}

pub(crate) fn malformed_piece(word: &Ident, tokens: TokenStream) -> Error {
    at(
        tokens,
        &format!("cannot read this use of `{word}`"),
        &format!("write `{word} = ..`, and a comma between two words"),
    )
}

pub(crate) fn expected_value(word: &Ident, span: Span, what: &str, example: &str) -> Error {
    spanned(span, &format!("`{word}` needs {what}"), &format!("write `{example}`"))
}

pub(crate) fn given_twice(word: &Ident) -> Error {
    at(word, &format!("`{word}` is given twice"), "keep one of them")
}

pub(crate) fn takes_no_value(word: &Ident) -> Error {
    at(word, &format!("`{word}` takes no value"), &format!("write `{word}` alone"))
}

pub(crate) fn unreadable(error: Error) -> Error {
    error
}
