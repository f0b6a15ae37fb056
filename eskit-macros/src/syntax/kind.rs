//! What an item is, by its first words.

use proc_macro2::{TokenStream, TokenTree};

use super::tokens::is_ident;

pub(crate) enum Kind {
    Impl,
    Function,
    /// Something else, and the word that tells; or the first token, where none does.
    Other(Option<TokenTree>),
}

impl Kind {
    /// What an item is, by the first word that tells.
    pub(crate) fn of(item: &TokenStream) -> Kind {
        for token in item.clone() {
            if let TokenTree::Ident(word) = &token {
                match word.to_string().as_str() {
                    "impl" => return Kind::Impl,
                    "fn" => return Kind::Function,
                    "struct" | "enum" | "union" | "trait" | "mod" | "use" | "static" | "type" => {
                        return Kind::Other(Some(token));
                    }
                    _ => {}
                }
            }
        }
        Kind::Other(item.clone().into_iter().next())
    }
}

/// The word `impl` of an impl block.
pub(crate) fn impl_of_block(item: &TokenStream) -> Option<TokenTree> {
    match Kind::of(item) {
        Kind::Impl => item.clone().into_iter().find(|token| is_ident(token, "impl")),
        _ => None,
    }
}
