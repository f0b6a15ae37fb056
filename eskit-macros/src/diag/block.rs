//! Messages about impl blocks with marks on their methods.

use quote::ToTokens;
use syn::Error;

use super::text::at;

pub(crate) fn marker_typo(attr: impl ToTokens, found: &str, meant: &str) -> Error {
    at(attr, &format!("unknown attribute `{found}`"), &format!("did you mean `#[{meant}]`?"))
}

pub(crate) fn marker_conditional(attr: impl ToTokens, word: &str) -> Error {
    at(
        attr,
        &format!("`#[{word}]` inside of `cfg_attr` comes too late to be seen"),
        &format!("make the method conditional: `#[cfg(..)] #[{word}]`"),
    )
}

pub(crate) fn marker_arguments(attr: impl ToTokens, word: &str) -> Error {
    at(attr, &format!("`#[{word}]` takes no arguments"), &format!("write `#[{word}]`"))
}

pub(crate) fn marker_on_other(attr: impl ToTokens, word: &str) -> Error {
    at(attr, &format!("`#[{word}]` stands on a method"), "put it on the `fn`")
}

pub(crate) fn generic_function(tokens: impl ToTokens, what: &str) -> Error {
    at(tokens, &format!("{what} cannot be generic"), "name the concrete types")
}
