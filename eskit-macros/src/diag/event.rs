//! Messages about events, stored commands and their versions.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Error, FieldsUnnamed, Generics, LitInt, LitStr, Path, Type};

use super::suggest::did_you_mean;
use super::text::at;
use crate::kind::{Codec, StoredKind};
use crate::limits::{NAME_BYTES_MAX, VERSION_MAX};
use crate::meant;
use crate::wrap::{bare, text};

pub(crate) fn union(what: &str, token: impl ToTokens) -> Error {
    at(token, &format!("a union cannot be {what}"), "use a struct")
}

pub(crate) fn generic(what: &str, generics: impl ToTokens) -> Error {
    at(generics, &format!("{what} cannot be generic"), "write one for each concrete type, without parameters")
}

/// Lifetimes have a remedy of their own.
pub(crate) fn stored_generic(kind: StoredKind, generics: &Generics) -> Error {
    if generics.lifetimes().count() == generics.params.len() {
        return stored_borrows(kind, generics);
    }
    generic(kind.a(), generics)
}

pub(crate) fn stored_borrows(kind: StoredKind, tokens: impl ToTokens) -> Error {
    at(
        tokens,
        &format!("{} cannot borrow: it is read back from the store", kind.a()),
        "hold owned values, such as `String` for `&str`",
    )
}

pub(crate) fn version_out_of_range(lit: &LitInt) -> Error {
    let help = if lit.base10_digits().trim_start_matches(['-', '0']).len() < 4 {
        "the first version is 1, which may be left out"
    } else {
        "count versions one by one: the first change of shape makes version 2"
    };
    at(lit, &format!("a schema version is a number from 1 to {VERSION_MAX}"), help)
}

pub(crate) fn codec_unknown(lit: &LitStr, found: &str) -> Error {
    let words = Codec::ALL.map(|(word, _)| word);
    let lower = found.to_lowercase();
    let help = match did_you_mean(lower.strip_prefix("application/").unwrap_or(&lower), &words) {
        Some(meant) => format!("did you mean `codec = {meant:?}`?"),
        None => "write `codec = \"cbor\"` for short payloads, or leave it out for JSON".to_owned(),
    };
    at(lit, &format!("`codec` is one of `json`, `cbor` and `protobuf`, not `{}`", found.escape_debug()), &help)
}

/// The payload of a variant has no type that could derive `prost::Message`.
pub(crate) fn protobuf_on_variant(lit: &LitStr, variant: &Ident) -> Error {
    at(
        lit,
        "a variant with fields of its own cannot be written as Protobuf, which needs a type that derives `prost::Message`",
        &format!(
            "hold a struct, `{variant}({variant})`, and put `#[event(codec = \"protobuf\")]` on it; or write `codec = \"cbor\"`"
        ),
    )
}

pub(crate) fn protobuf_with_upcast(word: &Ident, ident: &Ident) -> Error {
    at(
        word,
        "the functions of `upcast(..)` take JSON, and what was written as Protobuf is not read without its type",
        &format!("write `from = {}V1`, and keep the type of the version before under that name", bare(ident)),
    )
}

pub(crate) fn wire_name_empty(lit: impl ToTokens, example: &str) -> Error {
    at(lit, "this name is empty", &format!("write `{example}`, or leave it out"))
}

pub(crate) fn wire_name_characters(kind: StoredKind, lit: impl ToTokens, name: &str, bad: char) -> Error {
    at(
        lit,
        &format!("the wire name `{name}` holds `{}`", bad.escape_debug()),
        &format!("use ASCII letters, digits, `_`, `-`, and `.`, as in `name = \"sales.{}\"`", kind.example()),
    )
}

pub(crate) fn wire_name_too_long(lit: impl ToTokens, len: usize) -> Error {
    at(
        lit,
        &format!("the wire name has {len} bytes, but at most {NAME_BYTES_MAX} are allowed"),
        "write a shorter `name = \"..\"`",
    )
}

pub(crate) fn name_and_context(word: &Ident) -> Error {
    at(
        word,
        "`name` and `context` exclude each other",
        "keep `name`, which is the whole wire name, or `context`, its first part",
    )
}

pub(crate) fn alias_is_name(kind: StoredKind, lit: impl ToTokens, name: &str) -> Error {
    at(
        lit,
        &format!("the alias `{name}` is the {}'s own wire name", kind.word()),
        "an alias is a former name; drop it, or name the old one",
    )
}

pub(crate) fn alias_repeated(lit: impl ToTokens, name: &str) -> Error {
    at(lit, &format!("the alias `{name}` is given twice"), "keep one of them")
}

pub(crate) fn from_and_upcast(word: &Ident) -> Error {
    at(
        word,
        "`from` and `upcast` exclude each other",
        "drop one: steps for versions before that of the type in `from` stand on that type",
    )
}

pub(crate) fn version_without_origin(lit: impl ToTokens, version: u32, ident: &Ident, takes_from: bool) -> Error {
    let from = if takes_from { format!(", or `from = {ident}V{}`", version - 1) } else { String::new() };
    let steps: Vec<String> = (1..version).map(|step| format!("{step} = from_v{step}")).collect();
    at(
        lit,
        &format!("version {version} does not say where it comes from"),
        &format!("add `upcast({})`{from}", steps.join(", ")),
    )
}

pub(crate) fn from_on_variant(word: &Ident, variant: &Ident) -> Error {
    at(
        word,
        &format!("`from` has no place here: the variant `{variant}` has no type that could be made from another"),
        &format!("hold a struct, `{variant}({variant})`, and put `#[event(..)]` on it; or write `upcast(1 = from_v1)`"),
    )
}

pub(crate) fn origin_without_version(kind: StoredKind, word: &Ident) -> Error {
    let text = format!("`{word}` reads older versions, but this {} is at version 1", kind.word());
    at(word, &text, "add `version = 2`, or drop it")
}

pub(crate) fn upcast_malformed(tokens: TokenStream) -> Error {
    let help = match meant::step(tokens.clone()) {
        Some(step) => format!("write `{step}`"),
        None => "write `1 = from_v1`: the version that it starts from, and the function that reads it".to_owned(),
    };
    at(tokens, "cannot read this step of `upcast(..)`", &help)
}

pub(crate) fn upcast_empty(word: &Ident) -> Error {
    at(word, "`upcast` names no step", "write `upcast(1 = from_v1)`")
}

pub(crate) fn upcast_order(lit: impl ToTokens, found: u32, expected: u32, function: &Path) -> Error {
    let help = if found < expected {
        format!("write `{expected} = {}` here", text(function))
    } else {
        format!("put `{expected} = from_v{expected}` before it")
    };
    at(lit, &format!("the steps of `upcast(..)` go one by one: expected {expected}, found {found}"), &help)
}

pub(crate) fn upcast_beyond(kind: StoredKind, lit: impl ToTokens, from: u32, version: u32) -> Error {
    at(
        lit,
        &format!("this step starts from version {from}, but the {} is at version {version}", kind.word()),
        &format!("write `version = {}`, or drop the step", from.saturating_add(1)),
    )
}

pub(crate) fn upcast_missing(lit: impl ToTokens, missing: u32) -> Error {
    at(lit, &format!("no step of `upcast(..)` reads version {missing}"), &format!("add `{missing} = from_v{missing}`"))
}

pub(crate) fn variant_shape(variant: &Ident, fields: &FieldsUnnamed) -> Error {
    let named = fields.unnamed.iter().enumerate().map(|(index, field)| format!("field_{index}: {}", text(&field.ty)));
    let named: Vec<String> = named.collect();
    let own = if named.is_empty() { format!("`{variant}`") } else { format!("`{variant} {{ {} }}`", named.join(", ")) };
    at(
        fields,
        &format!("the tuple variant `{variant}` is no event"),
        &format!("write {own}; or hold a struct that derives `Event`, as in `{variant}({variant})`"),
    )
}

pub(crate) fn from_itself(tokens: impl ToTokens, ident: &Ident, version: u32) -> Error {
    let older = version.saturating_sub(1).max(1);
    at(
        tokens,
        &format!("`{ident}` cannot be the version before itself"),
        &format!("keep version {older} as a type of its own, and name it: `from = {ident}V{older}`"),
    )
}

pub(crate) fn variant_boxed(variant: &Ident, ty: &Type, held: &Type) -> Error {
    at(ty, "a variant holds the event itself", &format!("write `{variant}({})`", text(held)))
}

pub(crate) fn variant_value(variant: &Ident, ty: &Type) -> Error {
    at(
        ty,
        &format!("`{}` is not an event", text(ty)),
        &format!("name the field, `{variant} {{ value: {} }}`, or hold a struct that derives `Event`", text(ty)),
    )
}

pub(crate) fn enum_empty(ident: &Ident) -> Error {
    at(
        ident,
        &format!("the enum `{ident}` holds no event"),
        "add a variant that holds one, such as `Placed(OrderPlaced)`",
    )
}

pub(crate) fn misplaced_event_attr(word: &Ident, variant: &Ident) -> Error {
    at(
        word,
        &format!("`{word}` has no place here: the variant `{variant}` holds an event that says it itself"),
        &format!("put `#[event({word} = ..)]` on the struct that `{variant}` holds"),
    )
}
