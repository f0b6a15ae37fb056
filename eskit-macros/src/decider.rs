//! `#[decider]`: from an impl block or a function to the impls of `Evolve` and `Decide`.

mod decide;
mod evolve;
mod function;
mod impl_block;
mod item;
mod listed;
mod model;
mod options;
pub(crate) mod param;
mod signature;
pub(crate) mod wrapped;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, Member, Type};

use crate::ctxt::Ctxt;
use crate::wrap::wrap;
use crate::{aggregate, ast, attr, diag, symbol};
use impl_block::ImplDef;
use options::Options;

/// An `#[evolve]` method.
struct EvolveDef {
    cfgs: Vec<Attribute>,
    ident: Ident,
    event: Type,
    /// The types of its further parameters, behind their references.
    envelope: Vec<Type>,
    /// Whether its name leads to it.
    callable: bool,
}

/// A decider, method or function.
struct DeciderDef {
    cfgs: Vec<Attribute>,
    ident: Ident,
    /// Where rustc would insert generic parameters of the user's item: where it says that it finds no type of some name,
    /// it proposes that, and an equal proposal of ours makes the two errors one.
    generics: Span,
    name: String,
    command: Type,
    models: Vec<ModelDef>,
    /// The events that it emits for others.
    unevolved: Vec<Type>,
    /// `None` beside an error.
    output: Option<Type>,
    method: bool,
    /// Whether its name leads to it.
    callable: bool,
    call: TokenStream,
}

/// An aggregate that a decider takes, and which fields of the command feed its keys.
struct ModelDef {
    ty: Type,
    bindings: Vec<(String, Member)>,
}

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    if let Kind::Other(Some(word)) = kind(&item)
        && ast::is_key(args.clone())
    {
        let error = diag::decider_on_state(word).to_compile_error();
        let generated = aggregate::expand(args, item);
        return quote!(#generated #error);
    }
    let cx = Ctxt::new();
    let kind = kind(&item);
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
                evolves = def.evolving.then_some((def.self_ty, def.evolves));
                decides = def.decides;
            } else {
                clean = impl_block::without_marks(clean);
            }
        }
        Kind::Function => {
            clean = function::clean(item.clone());
            let before = cx.count();
            decides.extend(function::from_syn(&cx, item, options));
            if cx.count() > before {
                clean = listed::apart(function::with_one_lifetime(wrapped::without_trait_objects(clean)));
            }
        }
        Kind::Other(first) => cx.error(diag::decider_item(first)),
    }
    let evolves = evolves.as_ref().map(|(self_ty, evolves)| (self_ty, evolves.as_slice()));
    let (errors, items) = match cx.finish() {
        Ok(()) if generics.is_none() => {
            let evolves = evolves.map(|(self_ty, evolves)| evolve::expand(self_ty, evolves));
            let decides = decides.iter().map(decide::expand);
            (TokenStream::new(), quote!(#evolves #(#decides)*))
        }
        refused => {
            let generics = generics.unwrap_or_default();
            let evolves = evolves.map(|(self_ty, evolves)| evolve::fallback(self_ty, &generics, evolves));
            let decides = decides.iter().map(decide::fallback);
            (refused.err().unwrap_or_default(), quote!(#evolves #(#decides)*))
        }
    };
    let generated = if items.is_empty() { items } else { wrap(&eskit, items) };
    quote!(#clean #errors #generated)
}

/// The words of `#[decider(..)]` on an impl block, without those of a function, which are reported.
fn without_decider_words(cx: &Ctxt, args: TokenStream) -> Vec<attr::Piece> {
    let (ours, others): (Vec<_>, Vec<_>) = attr::split_at_commas(args).into_iter().partition(|piece| {
        let first = piece.clone().into_iter().next();
        !first.is_some_and(|first| is_ident(&first, symbol::UNEVOLVED) || is_ident(&first, symbol::NO_MODELS))
    });
    for piece in others {
        cx.error(diag::decider_word_on_block(piece));
    }
    attr::read_list(cx, "decider", quote!(#(#ours),*), symbol::CRATE_WORDS)
}

fn is_ident(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// `#[evolve]` or `#[decide]` outside of a `#[decider]` impl block.
pub(crate) fn misplaced(word: &str, item: TokenStream) -> TokenStream {
    if let Some(block) = first_of_block(&item) {
        let error = diag::marker_on_block(block, word).to_compile_error();
        let expanded = expand_block(item);
        return quote!(#expanded #error);
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
        let generated = expand(TokenStream::new(), item);
        return quote!(#generated #error);
    }
    let first = || item.clone().into_iter().next();
    let error = diag::misplaced_marker(name.or_else(first), word).to_compile_error();
    quote!(#item #error)
}

/// Where another attribute stands on an impl block, the first token that shows it as one.
pub(crate) fn first_of_block(item: &TokenStream) -> Option<TokenTree> {
    match kind(item) {
        Kind::Impl => item.clone().into_iter().find(|token| is_ident(token, "impl")),
        _ => None,
    }
}

/// An impl block that another attribute stands on, which is reported elsewhere: as `#[decider]` would expand it, where that
/// was meant.
pub(crate) fn expand_block(item: TokenStream) -> TokenStream {
    if impl_block::has_marks(item.clone()) { expand(TokenStream::new(), item) } else { impl_block::without_marks(item) }
}

/// Whether a function takes what a decider takes: a command and at least one model.
fn takes_models(params: TokenStream) -> bool {
    attr::split_at_commas(params).len() > 1
}

/// Whether a function stands in an impl block, as far as it shows.
fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions_self(group.stream()),
        token => is_ident(&token, "self") || is_ident(&token, "Self"),
    })
}

enum Kind {
    Impl,
    Function,
    Other(Option<TokenTree>),
}

/// What an item is, by the first word that tells.
fn kind(item: &TokenStream) -> Kind {
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
