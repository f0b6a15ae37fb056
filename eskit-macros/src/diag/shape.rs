//! Messages about shapes and the schema lock.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Error;

use super::text::{at, spanned};
use crate::wrap::text;

const STATE: &str =
    "state what stands on the wire: `#[shape(as = String)]`, by a type, or `#[shape(\"geo-point\")]`, by a name";

pub(crate) fn shape_malformed(tokens: impl ToTokens) -> Error {
    at(tokens, "cannot read this shape", STATE)
}

pub(crate) fn shape_without_as(ty: impl ToTokens) -> Error {
    let help = format!("write `#[shape(as = {})]`", text(&ty));
    at(ty, "a shape that is stated by a type needs `as`", &help)
}

pub(crate) fn shape_name(lit: impl ToTokens, name: &str) -> Error {
    at(
        lit,
        &format!("`{}` cannot be the name of a shape", name.escape_debug()),
        "use lower case letters, digits, `_`, `-`, `.`, and `:`, as in `#[shape(\"geo-point\")]`, and none of the lock's own words: `struct`, `enum`, `tuple`, `map`, `option`, `list`, `array`, `personal`, and `gone`",
    )
}

pub(crate) fn shape_twice(tokens: impl ToTokens) -> Error {
    at(tokens, "the shape is stated twice", "keep one of them")
}

pub(crate) fn shape_hidden(tokens: impl ToTokens, name: &str, attribute: &str) -> Error {
    at(tokens, &format!("the shape of `{name}` is hidden by `#[serde({attribute})]`"), STATE)
}

pub(crate) fn shape_proxies(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "the shape is not known: `#[serde(from = \"..\")]` and `#[serde(into = \"..\")]` do not name one type",
        "name the same type in both, or state the shape: `#[shape(as = String)]`",
    )
}

pub(crate) fn shape_not_read_again(tokens: impl ToTokens, write: &str, read: &str) -> Error {
    at(
        tokens,
        &format!("this is written as `{write}` and read as `{read}`, so what is stored of it is not read again"),
        &format!("give it one name, or put `#[serde(alias = {write:?})]` on it"),
    )
}

pub(crate) fn lock_missing(span: Span) -> Error {
    spanned(
        span,
        "`eskit.lock` is missing: it records the shape of every stored event, and stands beside `Cargo.toml`",
        "run `ESKIT_LOCK=write cargo test eskit_lock`, and commit the file; if it was there before, restore it from version control",
    )
}

pub(crate) fn lock_elsewhere(span: Span, recorded: &str, here: &str) -> Error {
    spanned(
        span,
        &format!("`eskit.lock` records the events of crate `{recorded}`, and this is crate `{here}`"),
        &format!(
            "one crate of a package has the lock: drop `lock!()` here, or, if the crate was renamed, write `crate {here}` in the file"
        ),
    )
}

pub(crate) fn lock_malformed(span: Span, problem: &str) -> Error {
    spanned(
        span,
        &format!("`eskit.lock` cannot be read: {problem}"),
        "restore it from version control, and run `ESKIT_LOCK=write cargo test eskit_lock`",
    )
}

pub(crate) fn lock_unmerged(span: Span, line: usize) -> Error {
    spanned(
        span,
        &format!("`eskit.lock` holds a merge conflict, from line {line} on"),
        "keep the lines of both sides, without the marks, and run `ESKIT_LOCK=write cargo test eskit_lock`",
    )
}

pub(crate) fn lock_newer(span: Span, format: &str) -> Error {
    spanned(
        span,
        &format!("`eskit.lock` is of `{format}`, and this version of eskit reads `format 1`"),
        "update eskit, in `Cargo.toml` or with `cargo update -p eskit`: a newer version wrote the file",
    )
}

pub(crate) fn lock_mode(span: Span, mode: &str) -> Error {
    spanned(
        span,
        &format!("`ESKIT_LOCK` is `{}`, which is no command of the schema lock", mode.escape_debug()),
        "unset it, or set it to `write` or `force` for one `cargo test eskit_lock`",
    )
}

pub(crate) fn lock_unchecked(span: Span) -> Error {
    spanned(
        span,
        "`ESKIT_LOCK` is set, so this release is not held to `eskit.lock`",
        "unset it; the file is written by a debug build, `ESKIT_LOCK=write cargo test eskit_lock`",
    )
}
