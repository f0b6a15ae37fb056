//! The attributes that stand on an item, by what the item is. On a wrong one they are reported, and the item is expanded as if the
//! attribute that was meant stood there.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;

use crate::diag::SubscriberKind;
use crate::syntax::kind::{Kind, impl_of_block};
use crate::syntax::tokens::{is_ident, split_at_commas};
use crate::{ast, diag, symbol};

/// `#[aggregate(..)]`.
pub(crate) fn aggregate(args: TokenStream, item: TokenStream) -> TokenStream {
    match impl_of_block(&item) {
        Some(block) => block_of(&diag::aggregate_on_block(block), item),
        None => crate::aggregate::expand(args, item),
    }
}

/// `#[decider]`.
pub(crate) fn decider(args: TokenStream, item: TokenStream) -> TokenStream {
    match Kind::of(&item) {
        Kind::Other(Some(word)) if ast::is_key(args.clone()) => {
            let error = diag::decider_on_state(word).to_compile_error();
            let generated = crate::aggregate::expand(args, item);
            quote!(#generated #error)
        }
        _ => crate::decider::expand(args, item),
    }
}

/// `#[projection(..)]`.
pub(crate) fn projection(args: TokenStream, item: TokenStream) -> TokenStream {
    subscriber(SubscriberKind::Projection, args, item, crate::projection::expand)
}

/// `#[processor(..)]`.
pub(crate) fn processor(args: TokenStream, item: TokenStream) -> TokenStream {
    subscriber(SubscriberKind::Processor, args, item, crate::processor::expand)
}

fn subscriber(
    kind: SubscriberKind,
    args: TokenStream,
    item: TokenStream,
    expand: fn(TokenStream, TokenStream) -> TokenStream,
) -> TokenStream {
    match Kind::of(&item) {
        Kind::Impl => expand(args, item),
        Kind::Function => {
            let word = item.clone().into_iter().find(|token| is_ident(token, "fn"));
            beside(&item, &diag::subscriber_item(kind, None, word))
        }
        Kind::Other(word) => {
            let mut behind_word = item.clone().into_iter().skip_while(|token| !is_ident(token, "struct"));
            let name = behind_word.nth(1).map(|name| name.to_string());
            beside(&item, &diag::subscriber_item(kind, name.as_deref(), word))
        }
    }
}

/// A mark of a projection or a processor, such as `#[on]`, outside of its impl block.
pub(crate) fn event_mark(word: &str, item: TokenStream) -> TokenStream {
    if let Some(block) = impl_of_block(&item) {
        return beside(&crate::processor::unmarked(item), &diag::mark_on_block(block, word));
    }
    let name = item.clone().into_iter().skip_while(|token| !is_ident(token, "fn")).nth(1);
    let first = || item.clone().into_iter().next();
    beside(&item, &diag::mark_outside(name.or_else(first), word))
}

fn beside(item: &TokenStream, error: &syn::Error) -> TokenStream {
    let error = error.to_compile_error();
    quote!(#item #error)
}

/// `#[evolve]` or `#[decide]` outside of a `#[decider]` impl block.
pub(crate) fn mark(word: &str, item: TokenStream) -> TokenStream {
    if let Some(block) = impl_of_block(&item) {
        return block_of(&diag::marker_on_block(block, word), item);
    }
    let mut behind_fn = item.clone().into_iter().skip_while(|token| token.to_string() != "fn").skip(1);
    let name = behind_fn.next();
    let parameters = behind_fn.find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => Some(group.stream()),
        _ => None,
    });
    let is_method = mentions_self(item.clone());
    if word == symbol::DECIDE && parameters.is_some_and(takes_models) && !is_method {
        // It is a decider in all but the mark.
        let error = diag::misplaced_decide(name).to_compile_error();
        let generated = crate::decider::expand(TokenStream::new(), item);
        return quote!(#generated #error);
    }
    let first = || item.clone().into_iter().next();
    let error = diag::misplaced_marker(name.or_else(first), word).to_compile_error();
    quote!(#item #error)
}

/// An impl block that bears another attribute than `#[decider]`, and the error that says so.
fn block_of(error: &syn::Error, item: TokenStream) -> TokenStream {
    let (expanded, error) = (crate::decider::expand_block(item), error.to_compile_error());
    quote!(#expanded #error)
}

/// Whether a function takes what a decider takes: a command and at least one model.
fn takes_models(params: TokenStream) -> bool {
    split_at_commas(params).len() > 1
}

/// Whether a function stands in an impl block, as far as it shows.
fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions_self(group.stream()),
        token => is_ident(&token, "self") || is_ident(&token, "Self"),
    })
}
