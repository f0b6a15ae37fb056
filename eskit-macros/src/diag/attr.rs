//! Messages about the lists of attributes.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Error, LitStr, Path};

use super::suggest::did_you_mean;
use super::{at, list};
use crate::symbol;
use crate::wrap::text;

/// The words that a list takes.
fn takes(name: &str, valid: &[&str]) -> String {
    format!("`#[{name}(..)]` takes {}", list(valid))
}

pub(crate) fn expected_list(attr: impl ToTokens, name: &str, valid: &[&str]) -> Error {
    at(attr, &format!("`{name}` needs a list"), &takes(name, valid))
}

pub(crate) fn not_a_word(tokens: TokenStream, name: &str, valid: &[&str]) -> Error {
    let word = match name {
        symbol::EVENT if valid.contains(&symbol::NAME) => Some(symbol::NAME),
        symbol::AGGREGATE => Some(symbol::TAG),
        _ => None,
    };
    let text: Option<LitStr> = syn::parse2(tokens.clone()).ok();
    let help = match (word, text) {
        (Some(word), Some(text)) => format!("write `{word} = {}`", text.to_token_stream()),
        _ => takes(name, valid),
    };
    at(tokens, &format!("expected a word in `#[{name}(..)]`"), &help)
}

/// `meant` is the piece that was probably meant, where that is more than another word.
pub(crate) fn unknown_word(word: &Ident, name: &str, valid: &[&str], meant: Option<&str>) -> Error {
    let takes = takes(name, valid);
    let help = match meant.or_else(|| did_you_mean(&word.to_string(), valid)) {
        Some(meant) => format!("did you mean `{meant}`? {takes}"),
        None => takes,
    };
    at(word, &format!("unknown word `{word}` in `#[{name}(..)]`"), &help)
}

pub(crate) fn event_word_on_enum(word: &Ident) -> Error {
    at(
        word,
        &format!("`{word}` has no place on an enum: each of its events has its own"),
        &format!("put `#[event({word} = ..)]` on the variant, or on the struct that it holds"),
    )
}

pub(crate) fn crate_on_variant(word: &Ident) -> Error {
    at(word, "`crate` has no place on a variant", "put `#[event(crate = ..)]` on the enum")
}

pub(crate) fn equals_missing(word: &Ident, tokens: impl ToTokens, value: impl ToTokens) -> Error {
    at(tokens, &format!("expected `=` after `{word}`"), &format!("write `{word} = {}`", text(value)))
}

pub(crate) fn comma_missing(token: &TokenTree) -> Error {
    at(token, "expected a comma", &format!("write `, {token}`"))
}

pub(crate) fn expected_value(word: &Ident, value: impl ToTokens, what: &str, example: &str) -> Error {
    at(value, &format!("`{word}` needs {what}"), &format!("write `{example}`"))
}

pub(crate) fn value_is_constant(word: &Ident, path: &Path, example: &str) -> Error {
    at(
        path,
        &format!("`{word}` needs a number, and a macro cannot see that of a constant"),
        &format!("write the value of `{}` itself, as in `{example}`", text(path)),
    )
}

pub(crate) fn given_twice(word: &Ident) -> Error {
    at(word, &format!("`{word}` is given twice"), "keep one of them")
}

pub(crate) fn takes_no_value(word: &Ident) -> Error {
    at(word, &format!("`{word}` takes no value"), &format!("write `{word}` alone"))
}
