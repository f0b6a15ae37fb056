//! A `#[decider]` function: its command, its models, and the function without the `#[key(..)]` marks.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, parse_quote};

use super::def::{DeciderDef, ModelDef};
use super::options::Options;
use super::{key, model, returned};
use crate::block::param::referenced;
use crate::ctxt::Ctxt;
use crate::diag::{self, Role};
use crate::limits::MODELS_MAX;
use crate::symbol;
use crate::syntax::signature::{Param, Signature, borrows};
use crate::syntax::tokens::{is_ident, is_punct, regroup};
use crate::wrap::bare;

/// Reads the function; `None` when nothing can stand in for it, after recording why.
pub(crate) fn from_syn(cx: &Ctxt, item: TokenStream, options: Options) -> Option<DeciderDef> {
    let split = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, input.parse::<Signature>()?));
    let (attrs, mut signature) = cx.ok(split.parse2(item).map_err(|error| diag::unreadable(&error)))?;
    check_plain(cx, &signature, "a decider");
    signature.params.iter_mut().for_each(|param| key::mend(cx, param));
    if let Some(receiver) = &signature.receiver {
        cx.error(diag::function_self(&receiver.tokens));
        return None;
    }
    let output = returned::events(cx, &signature);
    let mut params = signature.params.iter();
    let Some(first) = params.next() else {
        cx.error(diag::function_no_command(&signature.ident));
        return None;
    };
    if let Some(attr) = first.attrs.iter().find(|attr| attr.path().is_ident(symbol::KEY)) {
        cx.error(diag::key_on_command(attr));
    }
    let command = referenced(cx, first, Role::Command);
    match (&options.no_models, signature.params.get(1)) {
        (None, None) => cx.error(diag::function_no_model(&signature.ident, &first.ty)),
        (Some(word), Some(model)) => cx.error(diag::function_models_all_the_same(word, &model.ty)),
        _ => {}
    }
    let models: Vec<ModelDef> = params.flat_map(|param| models(cx, &signature, first, param)).collect();
    if let Some(extra) = signature.params.get(MODELS_MAX + 1) {
        cx.error(diag::function_too_many_models(&extra.ty));
    }
    let command = command.filter(|command| signature.can_name(command))?;
    Some(DeciderDef {
        cfgs: attrs.into_iter().filter(|attr| attr.path().is_ident("cfg")).collect(),
        name: bare(&signature.ident),
        command,
        generics: signature.ident.span(),
        call: call(&signature.ident, models.len()),
        ident: signature.ident,
        models,
        unevolved: options.unevolved,
        output,
        method: false,
        callable: true,
    })
}

/// Reports what no decider may be: async, unsafe, extern, generic but for lifetimes.
pub(super) fn check_plain(cx: &Ctxt, signature: &Signature, what: &str) {
    for word in signature.qualifiers.iter().filter(|word| *word != "const") {
        cx.error(diag::qualifier(word, &bare(word), what));
    }
    if let Some(generic) = signature.generic() {
        cx.error(diag::generic_function(generic, what));
    }
}

/// The models of a parameter, with what stands in for those that cannot be read.
fn models(cx: &Ctxt, signature: &Signature, command: &Param, param: &Param) -> Vec<ModelDef> {
    let types = model::models(cx, command, param);
    let bindings = key::bindings(cx, &param.attrs);
    types
        .into_iter()
        .map(|ty| {
            let ty = ty.filter(|ty| signature.can_name(ty)).unwrap_or_else(|| parse_quote!(__eskit::NoModel));
            ModelDef { ty, bindings: bindings.clone() }
        })
        .collect()
}

/// The call of the function, with each model out of the state.
fn call(ident: &Ident, models: usize) -> TokenStream {
    let indices = (0..models).map(syn::Index::from);
    match models {
        0 => quote!(#ident(self)),
        1 => quote!(#ident(self, __state)),
        _ => quote!(#ident(self, #(&__state.#indices),*)),
    }
}

/// A function whose return type borrows, which was reported, with one lifetime for all that it borrows: rustc would ask which
/// is meant.
pub(super) fn with_one_lifetime(item: TokenStream) -> TokenStream {
    let output = item.clone().into_iter().skip_while(|token| !is_punct(token, '>')).take_while(|token| !is_body(token));
    if !borrows(output.collect()) {
        return item;
    }
    let mut tokens = item.clone().into_iter().peekable();
    let mut named = TokenStream::new();
    while let Some(token) = tokens.next() {
        let behind_fn = is_ident(&token, "fn");
        named.extend(in_one_lifetime(token, tokens.peek()));
        if behind_fn && let Some(name) = tokens.next() {
            if tokens.peek().is_some_and(|next| is_punct(next, '<')) {
                return item;
            }
            named.extend(quote!(#name<'borrowed>));
        }
    }
    named
}

fn in_one_lifetime(token: TokenTree, next: Option<&TokenTree>) -> TokenStream {
    match token {
        TokenTree::Punct(punct) if punct.as_char() == '&' && !next.is_some_and(|next| is_punct(next, '\'')) => {
            quote!(#punct 'borrowed)
        }
        TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
            let mut tokens = group.stream().into_iter().peekable();
            let mut named = TokenStream::new();
            while let Some(token) = tokens.next() {
                named.extend(in_one_lifetime(token, tokens.peek()));
            }
            regroup(&group, named).into()
        }
        token => token.into(),
    }
}

fn is_body(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}
