//! `#[decider]`: from an impl block or a function to the impls of `Evolve` and `Decide`.

mod decide;
mod def;
mod evolve;
mod function;
mod impl_block;
mod key;
mod listed;
mod model;
mod options;
mod returned;

use proc_macro2::TokenStream;
use quote::quote;

use crate::block::{has_marks, without_marks};
use crate::ctxt::Ctxt;
use crate::syntax::kind::Kind;
use crate::syntax::tokens::{is_ident, split_at_commas};
use crate::wrap::wrap;
use crate::{attr, diag, symbol};
use impl_block::{ImplDef, MARKS};
use options::Options;

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let cx = Ctxt::new();
    let kind = Kind::of(&item);
    let words = if let Kind::Function = kind { symbol::DECIDER_WORDS } else { symbol::CRATE_WORDS };
    let pieces = match kind {
        Kind::Impl => without_decider_words(&cx, args),
        _ => attr::read_list(&cx, "decider", args, words),
    };
    let (own, others): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|piece| piece.word == symbol::CRATE);
    let eskit = attr::crate_only(&cx, &own);
    let options = Options::read(&cx, &others);
    let mut clean = item.clone();
    let mut evolves = None;
    let mut generics = None;
    let mut decides = Vec::new();
    match kind {
        Kind::Impl => {
            if let Some(def) = ImplDef::from_syn(&cx, item) {
                clean = def.clean;
                generics = def.generics;
                evolves = def.evolving.then_some((def.self_ty, def.evolves, def.logic));
                decides = def.decides;
            } else {
                clean = without_marks(clean, &MARKS);
            }
        }
        Kind::Function => {
            clean = key::without_keys(item.clone());
            let before = cx.count();
            decides.extend(function::from_syn(&cx, item, options));
            if cx.count() > before {
                clean = listed::apart(function::with_one_lifetime(returned::without_trait_objects(clean)));
            }
        }
        Kind::Other(first) => cx.error(diag::decider_item(first)),
    }
    let evolves = evolves.as_ref().map(|(self_ty, evolves, logic)| (self_ty, evolves.as_slice(), logic));
    let (errors, items) = match cx.finish() {
        Ok(()) if generics.is_none() => {
            let evolves = evolves.map(|(self_ty, evolves, logic)| evolve::expand(self_ty, evolves, logic));
            let decides = decides.iter().map(decide::expand);
            (TokenStream::new(), quote!(#evolves #(#decides)*))
        }
        refused => {
            let generics = generics.unwrap_or_default();
            let evolves = evolves.map(|(self_ty, evolves, _)| evolve::fallback(self_ty, &generics, evolves));
            let decides = decides.iter().map(decide::fallback);
            (refused.err().unwrap_or_default(), quote!(#evolves #(#decides)*))
        }
    };
    let generated = if items.is_empty() { items } else { wrap(&eskit, items) };
    quote!(#clean #errors #generated)
}

/// The words of `#[decider(..)]` on an impl block, without those of a function, which are reported.
fn without_decider_words(cx: &Ctxt, args: TokenStream) -> Vec<attr::Piece> {
    let (ours, others): (Vec<_>, Vec<_>) = split_at_commas(args).into_iter().partition(|piece| {
        let first = piece.clone().into_iter().next();
        !first.is_some_and(|first| is_ident(&first, symbol::UNEVOLVED) || is_ident(&first, symbol::NO_MODELS))
    });
    for piece in others {
        cx.error(diag::decider_word_on_block(piece));
    }
    attr::read_list(cx, "decider", quote!(#(#ours),*), symbol::CRATE_WORDS)
}

/// An impl block that another attribute stands on, which is reported elsewhere: as `#[decider]` would expand it, where that
/// was meant.
pub(crate) fn expand_block(item: TokenStream) -> TokenStream {
    if has_marks(item.clone(), &MARKS) { expand(TokenStream::new(), item) } else { without_marks(item, &MARKS) }
}
