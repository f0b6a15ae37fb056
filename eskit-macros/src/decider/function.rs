//! A `#[decider]` function: its command, its models, and the function without the `#[key(..)]` marks.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, parse_quote};

use super::options::Options;
use super::param::{Param, Role};
use super::signature::{Signature, bindings, borrows};
use super::{DeciderDef, ModelDef, is_ident, model};
use crate::attr::without;
use crate::ctxt::Ctxt;
use crate::wrap::bare;
use crate::{diag, symbol};

/// The most models of one decision.
pub(crate) const MODELS_MAX: usize = 8;

/// Reads the function; `None` when nothing can stand in for it, after recording why.
pub(crate) fn from_syn(cx: &Ctxt, item: TokenStream, options: Options) -> Option<DeciderDef> {
    let split = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, input.parse::<Signature>()?));
    let (attrs, mut signature) = cx.ok(split.parse2(item).map_err(|error| diag::unreadable(&error)))?;
    signature.check_plain(cx, "a decider");
    signature.params.iter_mut().for_each(|param| param.mend_keys(cx));
    if let Some(receiver) = &signature.receiver {
        cx.error(diag::function_self(&receiver.tokens));
        return None;
    }
    let output = signature.check_output(cx);
    let mut params = signature.params.iter();
    let Some(first) = params.next() else {
        cx.error(diag::function_no_command(&signature.ident));
        return None;
    };
    if let Some(attr) = first.attrs.iter().find(|attr| attr.path().is_ident(symbol::KEY)) {
        cx.error(diag::key_on_command(attr));
    }
    let command = first.referenced(cx, Role::Command);
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

/// The models of a parameter, with what stands in for those that cannot be read.
fn models(cx: &Ctxt, signature: &Signature, command: &Param, param: &Param) -> Vec<ModelDef> {
    let types = model::models(cx, command, param);
    let bindings = bindings(cx, &param.attrs);
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

/// The function as rustc is to see it: without `#[key(..)]` on its parameters.
pub(crate) fn clean(item: TokenStream) -> TokenStream {
    with_params(item, |params| without(params, means_key))
}

/// Whether an attribute of a parameter is `#[key(..)]`, or was probably meant as that.
pub(super) fn means_key(name: &str) -> bool {
    diag::did_you_mean(name, &[symbol::KEY]).is_some()
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
            let mut new = Group::new(group.delimiter(), named);
            new.set_span(group.span());
            TokenTree::Group(new).into()
        }
        token => token.into(),
    }
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn is_body(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// The function with its parameters, which stand in the first parentheses behind `fn`, as `change` returns them.
pub(super) fn with_params(item: TokenStream, change: impl Fn(TokenStream) -> TokenStream) -> TokenStream {
    let (mut behind_fn, mut changed) = (false, false);
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if behind_fn && !changed && group.delimiter() == Delimiter::Parenthesis => {
                changed = true;
                let mut new = Group::new(Delimiter::Parenthesis, change(group.stream()));
                new.set_span(group.span());
                TokenTree::Group(new)
            }
            token => {
                behind_fn |= is_ident(&token, "fn");
                token
            }
        })
        .collect()
}
