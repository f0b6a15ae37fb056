//! Messages about tags and tag values.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Error, Meta};

use super::suggest::{each_key, listed_keys, suggest_key};
use super::text::at;
use crate::limits::{NAME_BYTES_MAX, TAGS_MAX};
use crate::meant;

pub(crate) fn tag_malformed(attr: &Attribute) -> Error {
    let meant = match &attr.meta {
        Meta::NameValue(pair) => pair.value.to_token_stream(),
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) => TokenStream::new(),
    };
    let help = match meant::texts(meant.clone()).as_slice() {
        [] if meant.is_empty() => "write `#[tag]`, for the field's name as key".to_owned(),
        [] => "write `#[tag]` for the field's name as key, or `#[tag(\"course\")]`".to_owned(),
        keys => format!("write `{}`", tag_attributes(&each_key(keys))),
    };
    at(attr, "cannot read this tag", &help)
}

pub(crate) fn tag_key(tokens: impl ToTokens, key: &str, field: &str) -> Error {
    let keys = match listed_keys(key) {
        listed if !listed.is_empty() => listed,
        _ => vec![suggest_key(key).or_else(|| suggest_key(field)).unwrap_or_else(|| "course".to_owned())],
    };
    at(tokens, &no_key("the tag key", key), &format!("write `{}`", tag_attributes(&keys)))
}

/// What is said of a text that is no key.
pub(super) fn no_key(what: &str, key: &str) -> String {
    if key.is_empty() {
        return format!("{what} is empty");
    }
    format!("{what} `{}` does not match `[a-z][a-z0-9_-]*`", key.escape_debug())
}

fn tag_attributes(keys: &[String]) -> String {
    let attributes: Vec<String> = keys.iter().map(|key| format!("#[tag({key:?})]")).collect();
    attributes.join(" ")
}

pub(crate) fn tag_key_too_long(tokens: impl ToTokens, len: usize) -> Error {
    at(tokens, &format!("the tag key has {len} bytes, but at most {NAME_BYTES_MAX} are allowed"), "write a shorter key")
}

pub(crate) fn tag_without_name(tokens: impl ToTokens) -> Error {
    at(tokens, "a tuple field has no name to serve as the tag's key", "write `#[tag(\"course\")]`")
}

pub(crate) fn tag_twice(tokens: impl ToTokens, key: &str) -> Error {
    at(tokens, &format!("the tag `{key}` is given twice on this field"), "keep one of them")
}

pub(crate) fn tags_too_many(tokens: impl ToTokens, found: usize) -> Error {
    at(
        tokens,
        &format!("{found} tag fields, but an event may carry at most {TAGS_MAX} tags"),
        "tag only what queries look for",
    )
}

pub(crate) fn tag_on_variant_newtype(tokens: impl ToTokens, variant: &Ident) -> Error {
    at(
        tokens,
        &format!("a tag has no place here: the variant `{variant}` holds an event that carries its own tags"),
        &format!("put the `#[tag]` on a field of the struct that `{variant}` holds"),
    )
}

pub(crate) fn tag_on_item(tokens: impl ToTokens) -> Error {
    at(tokens, "`#[tag]` stands on fields", "put it on the field that holds the tag's value")
}

pub(crate) fn event_attr_on_field(tokens: impl ToTokens) -> Error {
    at(tokens, "`#[event(..)]` stands on the type, not on a field", "for a tag write `#[tag]`")
}

pub(crate) fn tag_value_fields(ident: &Ident, first: Option<&String>) -> Error {
    match first {
        Some(first) => at(
            ident,
            "a struct with several fields is a tag value by one of them",
            &format!("put `#[tag]` on the field whose text it is, such as `{first}`"),
        ),
        None => at(
            ident,
            "a tag value is derived for a struct with a field",
            &format!("write `struct {ident}(String);`, or implement `TagValue` by hand"),
        ),
    }
}

pub(crate) fn tag_value_two(tokens: impl ToTokens) -> Error {
    at(tokens, "a struct is a tag value by one of its fields", "keep one `#[tag]`")
}

pub(crate) fn tag_value_key(tokens: impl ToTokens) -> Error {
    at(tokens, "the key of the tag stands where the struct is used, in the command or the event", "write `#[tag]` here")
}

pub(crate) fn tag_value_enum(token: impl ToTokens, ident: &Ident) -> Error {
    at(
        token,
        "a tag value cannot be derived for an enum",
        &format!(
            "implement it by hand, with a text for each variant: `impl TagValue for {ident} {{ fn each_value(&self, each: &mut dyn FnMut(&dyn std::fmt::Display)) {{ each(&self.as_str()) }} }}`"
        ),
    )
}
