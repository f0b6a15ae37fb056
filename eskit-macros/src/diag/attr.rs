//! Messages about the lists of attributes.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Error, LitStr, Meta, Path};

use super::suggest::did_you_mean;
use super::text::{at, list};
use crate::symbol;
use crate::wrap::text;

/// The words that a list takes.
pub(super) fn takes(name: &str, valid: &[&str]) -> String {
    format!("`#[{name}(..)]` takes {}", list(valid))
}

pub(crate) fn expected_list(attr: &Attribute, name: &str, valid: &[&str]) -> Error {
    let text = match &attr.meta {
        Meta::NameValue(pair) => text_for(name, valid, pair.value.to_token_stream()),
        _ => None,
    };
    let help = match text {
        Some(piece) => format!("write `#[{name}({piece})]`"),
        None if matches!(attr.meta, Meta::Path(_)) => format!("drop it, or fill it: {}", takes(name, valid)),
        None => takes(name, valid),
    };
    at(attr, &format!("`{name}` needs a list"), &help)
}

/// The piece that a text alone may stand for.
fn text_for(name: &str, valid: &[&str], text: TokenStream) -> Option<String> {
    let text: LitStr = syn::parse2(text).ok()?;
    let word = [symbol::NAME, symbol::CONTEXT, symbol::SUBJECT].into_iter().find(|word| valid.contains(word))?;
    [symbol::EVENT, symbol::PROJECTION, symbol::PROCESSOR, symbol::PERSONAL]
        .contains(&name)
        .then(|| format!("{word} = {}", text.to_token_stream()))
}

pub(crate) fn not_a_word(tokens: TokenStream, name: &str, valid: &[&str]) -> Error {
    let help = match text_for(name, valid, tokens.clone()) {
        Some(piece) => format!("write `{piece}`"),
        None => takes(name, valid),
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
    let help = match token {
        TokenTree::Punct(_) => format!("drop `{token}`: commas separate what a list holds"),
        _ => format!("write `, {token}`"),
    };
    at(token, "expected a comma", &help)
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
