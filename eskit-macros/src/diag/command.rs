//! Messages about commands and sets of commands.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Error, Type, Variant};

use super::text::at;
use crate::wrap::text;

pub(crate) fn command_attr_on_field(tokens: impl ToTokens) -> Error {
    at(tokens, "`#[command(..)]` stands on the type, not on a field", "for a tag write `#[tag]`")
}

pub(crate) fn command_attr_on_variant(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "`#[command(..)]` has no place on a variant, which holds a command that says it itself",
        "put it on the struct that the variant holds",
    )
}

pub(crate) fn command_not_stored(word: &Ident, ident: &Ident) -> Error {
    at(
        word,
        &format!("`{word}` says how a command is stored, but `{ident}` is not stored"),
        &format!("add the word `stored`: `#[command(stored, {word} = ..)]`; or drop `{word}`"),
    )
}

pub(crate) fn command_word_on_set(word: &Ident) -> Error {
    at(
        word,
        &format!("`{word}` has no place on an enum: each of its commands has its own"),
        &format!("put `#[command(stored, {word} = ..)]` on the struct that a variant holds"),
    )
}

pub(crate) fn tag_on_command_set(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "a set of commands has no tags of its own",
        "put `#[tag]` on a field of the command that the variant holds",
    )
}

pub(crate) fn command_set_empty(ident: &Ident) -> Error {
    at(
        ident,
        &format!("the enum `{ident}` holds no command"),
        "add a variant that holds one, such as `Place(PlaceOrder)`",
    )
}

pub(crate) fn command_variant_shape(variant: &Variant) -> Error {
    let ident = &variant.ident;
    at(
        variant,
        &format!("the variant `{ident}` does not hold one command"),
        &format!("make it a struct that derives `Command` and has its own decider, and hold that: `{ident}({ident})`"),
    )
}

pub(crate) fn command_variant_value(variant: &Ident, ty: &Type) -> Error {
    at(
        ty,
        &format!("`{}` is not a command", text(ty)),
        &format!("hold a struct that derives `Command` and has its own decider, as in `{variant}({variant})`"),
    )
}

pub(crate) fn command_variant_boxed(variant: &Ident, ty: &Type, held: &Type) -> Error {
    at(ty, "a variant holds the command itself", &format!("write `{variant}({})`", text(held)))
}
