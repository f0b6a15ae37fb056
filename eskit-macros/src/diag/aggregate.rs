//! Messages about aggregates.

use proc_macro2::{Ident, TokenTree};
use quote::ToTokens;
use syn::Error;

use super::at;
use super::suggest::{nearest_key, suggest_key};

pub(crate) fn aggregate_without_key(ident: &Ident) -> Error {
    at(
        ident,
        &format!("the aggregate `{ident}` has no key"),
        "write `#[aggregate(tag = \"course\")]` or `#[aggregate(stream = \"account\")]`",
    )
}

pub(crate) fn aggregate_two_keys(word: &Ident) -> Error {
    at(
        word,
        "`stream` and `tag` exclude each other",
        "keep `stream`, for events in a stream of their own, or `tag`, for events that carry it",
    )
}

/// The word `tag` with these keys.
pub(crate) fn tag_piece(keys: &[String]) -> Option<String> {
    let keys: Vec<String> = keys.iter().map(|key| format!("{:?}", nearest_key(key))).collect();
    match keys.as_slice() {
        [] => None,
        [key] => Some(format!("tag = {key}")),
        keys => Some(format!("tag({})", keys.join(", "))),
    }
}

/// `meant` holds the keys that stand there in another form.
pub(crate) fn aggregate_tag_list(tokens: impl ToTokens, meant: &[String]) -> Error {
    let help = match tag_piece(meant) {
        Some(piece) => format!("write `{piece}`"),
        None => "write `tag = \"course\"`, or `tag(\"course\", \"student\")`".to_owned(),
    };
    at(tokens, "`tag` needs a key or several", &help)
}

pub(crate) fn aggregate_tag_repeated(tokens: impl ToTokens, key: &str) -> Error {
    at(tokens, &format!("the tag `{key}` is given twice"), "keep one of them")
}

pub(crate) fn aggregate_tags_too_many(tokens: impl ToTokens) -> Error {
    at(tokens, "an aggregate may have at most 4 tags", "name the ones that select its events")
}

pub(crate) fn aggregate_key(tokens: impl ToTokens, word: &str, key: &str) -> Error {
    let suggestion = suggest_key(key).unwrap_or_else(|| "course".to_owned());
    at(
        tokens,
        &format!("the key `{}` does not match `[a-z][a-z0-9_-]*`", key.escape_debug()),
        &format!("write `{word} = \"{suggestion}\"`"),
    )
}

pub(crate) fn partial_without_stream(word: &Ident) -> Error {
    at(
        word,
        "`partial` is for streams: an aggregate with tags reads only the events that it evolves",
        "drop it, or write `stream = \"..\"`",
    )
}

pub(crate) fn aggregate_on_block(token: TokenTree) -> Error {
    at(
        token,
        "`#[aggregate]` stands on a struct or an enum, not on an impl block",
        "write `#[decider]` in its place, and put `#[aggregate]` on the type that holds the state",
    )
}

pub(crate) fn aggregate_item(tokens: impl ToTokens) -> Error {
    at(tokens, "`#[aggregate]` stands on a struct or an enum", "put it on the type that holds the state")
}
