//! What `#[decider(..)]` on a function and `#[decide(..)]` say of the decider.

use proc_macro2::TokenStream;
use syn::{Ident, Type};

use crate::attr::{Form, Once, Piece};
use crate::ctxt::Ctxt;
use crate::syntax::tokens::split_at_commas;
use crate::{diag, symbol};

/// The options of one decider.
#[derive(Default)]
pub(super) struct Options {
    /// The events that it emits for others: none of its models evolves them.
    pub(super) unevolved: Vec<Type>,
    /// The word that says that it decides from no model.
    pub(super) no_models: Option<Ident>,
}

impl Options {
    pub(super) fn read(cx: &Ctxt, pieces: &[Piece]) -> Options {
        let (mut unevolved, mut no_models) = (Once::new(), Once::new());
        for piece in pieces {
            let word = &piece.word;
            if word == symbol::UNEVOLVED {
                unevolved.set(cx, word, types(cx, piece));
            } else if word == symbol::NO_MODELS {
                if !matches!(piece.form, Form::Word) {
                    cx.error(diag::takes_no_value(word));
                }
                no_models.set(cx, word, Some(word.clone()));
            }
        }
        Options { unevolved: unevolved.get().unwrap_or_default(), no_models: no_models.get() }
    }
}

/// The types of `unevolved(A, B)`.
fn types(cx: &Ctxt, piece: &Piece) -> Option<Vec<Type>> {
    let list = match &piece.form {
        Form::List(list) if !list.is_empty() => list.clone(),
        Form::Word | Form::List(_) | Form::Value(_) => {
            return cx.ok(Err(diag::unevolved_malformed(&piece.word, &piece.given())));
        }
    };
    let read = |tokens: TokenStream| {
        syn::parse2(tokens.clone()).map_err(|_| diag::unevolved_malformed(tokens.clone(), &tokens))
    };
    split_at_commas(list).into_iter().map(|tokens| cx.ok(read(tokens))).collect()
}
