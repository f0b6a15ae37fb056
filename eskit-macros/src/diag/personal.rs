//! Messages about personal data.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Error, LitStr};

use super::suggest::{did_you_mean, suggest_key};
use super::text::{at, spanned};

pub(crate) fn personal_twice(attr: impl ToTokens) -> Error {
    at(attr, "`#[personal]` is given twice on this field", "keep one of them")
}

pub(crate) fn personal_on_item(attr: impl ToTokens) -> Error {
    at(attr, "`#[personal]` stands on fields", "put it on the field whose value is personal data")
}

pub(crate) fn personal_in_command(attr: impl ToTokens) -> Error {
    at(
        attr,
        "only what events hold is sealed, and this is a command",
        "drop it here, and put it on the field of the event that the command leads to",
    )
}

pub(crate) fn personal_tag(attr: impl ToTokens, field: &str) -> Error {
    at(
        attr,
        &format!("`{field}` cannot be both personal and a tag: tags are an index, and are not sealed"),
        "drop `#[tag]`, and tag the event with an id that says nothing by itself; or drop `#[personal]`",
    )
}

pub(crate) fn personal_skipped(attr: impl ToTokens, field: &str) -> Error {
    at(attr, &format!("`{field}` is never stored, so there is nothing to seal"), "drop `#[personal]`")
}

pub(crate) fn personal_flattened(attr: impl ToTokens, field: &str) -> Error {
    at(
        attr,
        &format!("`{field}` has no place of its own to be sealed at: its fields are flattened into the event's"),
        "drop `#[serde(flatten)]`; or write `#[personal]` here, and say on the fields inside whose they are",
    )
}

pub(crate) fn personal_hidden(attr: impl ToTokens, field: &str, example: &str) -> Error {
    at(
        attr,
        &format!("the personal values inside of `{field}` cannot be found: its shape is hidden"),
        &format!("make the whole value personal: `#[personal({example})]`"),
    )
}

pub(crate) fn personal_replaced(attr: impl ToTokens) -> Error {
    at(
        attr,
        "this field is not what is stored: something else stands for the type, by `#[serde(..)]` or `#[shape(..)]`",
        "drop that attribute of the type, or this one and put it where the stored fields are",
    )
}

pub(crate) fn personal_no_subject(attr: impl ToTokens, example: &str) -> Error {
    at(
        attr,
        "it is not said whose personal data this is",
        &format!("name the field that holds the id of the subject: `{example}`"),
    )
}

pub(crate) fn personal_subject_unknown(lit: &LitStr, name: &str, example: &str) -> Error {
    at(
        lit,
        &format!("there is no field `{}` beside this one", name.escape_debug()),
        &format!("name the field that holds the id of the subject: `{example}`"),
    )
}

pub(crate) fn personal_subject_itself(lit: &LitStr, example: &str) -> Error {
    at(
        lit,
        "a personal value cannot be the id of its own subject: that id is not sealed",
        &format!("name another field, `{example}`"),
    )
}

pub(crate) fn personal_subject_unwritten(lit: &LitStr, name: &str) -> Error {
    at(
        lit,
        &format!("`{name}` is not stored under a name of its own, so it cannot say who the subject is"),
        "name a field that is stored as it is, without `#[serde(flatten)]` or `#[serde(skip)]`",
    )
}

pub(crate) fn personal_subject_sealed(lit: &LitStr, name: &str) -> Error {
    at(
        lit,
        &format!("`{name}` is personal itself, and the id of a subject is not sealed"),
        "name a field with an id that says nothing by itself",
    )
}

pub(crate) fn personal_no_kind(lit: &LitStr, field: &str) -> Error {
    let kind = suggest_key(field).unwrap_or_else(|| "student".to_owned());
    at(
        lit,
        &format!("`{field}` does not say what the subject is, as a tag key would: `[a-z][a-z0-9_-]*`"),
        &format!("add it: `subject = {}, kind = {kind:?}`", lit.to_token_stream()),
    )
}

pub(crate) fn personal_kind(lit: &LitStr, kind: &str) -> Error {
    let meant = suggest_key(kind).unwrap_or_else(|| "student".to_owned());
    at(lit, &super::tag::no_key("what the subject is,", kind), &format!("write `kind = {meant:?}`"))
}

pub(crate) fn personal_forgotten(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "`forgotten` needs a text, a number, or `true` or `false`: what is read once the subject is forgotten",
        "write `forgotten = \"[forgotten]\"`, or leave it out where the field is a `Personal` or an `Option`",
    )
}

pub(crate) fn personal_protobuf(span: Span) -> Error {
    spanned(
        span,
        "what is written as Protobuf cannot be sealed: a sealed value is another type of field",
        "write `codec = \"cbor\"` on the event, or drop `codec`",
    )
}

pub(crate) fn kept_unknown(lit: &LitStr, found: &str) -> Error {
    let help = match did_you_mean(&found.to_lowercase(), &["none", "revealed"]) {
        Some(meant) => format!("did you mean `personal = {meant:?}`?"),
        None => "write `personal = \"none\"`, or `personal = \"revealed\"` if values are kept in the clear".to_owned(),
    };
    at(lit, &format!("`personal` is `none` or `revealed`, not `{}`", found.escape_debug()), &help)
}
