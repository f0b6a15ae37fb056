//! A `#[decider]` function: its command, its models, and the function without the `#[key(..)]` marks.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{Attribute, Type};

use crate::ctxt::Ctxt;
use crate::impl_block::check_output;
use crate::signature::{Signature, bindings};
use crate::{diag, symbol};

pub(crate) struct FunctionDef {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) command: Type,
    pub(crate) models: Vec<ModelDef>,
    pub(crate) output: Type,
}

pub(crate) struct ModelDef {
    pub(crate) ty: Type,
    pub(crate) bindings: Vec<(String, Ident)>,
}

/// The most models of one decision.
const MODELS_MAX: usize = 8;

impl FunctionDef {
    /// Reads the function; `None` when its parts cannot be told, after recording why.
    pub(crate) fn from_syn(cx: &Ctxt, item: TokenStream) -> Option<FunctionDef> {
        let split =
            |input: syn::parse::ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, input.parse::<Signature>()?));
        let (attrs, signature) = cx.ok(split.parse2(item).map_err(diag::unreadable))?;
        signature.check_plain(cx, "a decider");
        if let Some(receiver) = &signature.receiver {
            cx.error(diag::function_self(&receiver.tokens));
            return None;
        }
        let output = check_output(cx, &signature).cloned();
        let mut params = signature.params.iter();
        let Some(first) = params.next() else {
            cx.error(diag::function_no_command(signature.ident.span()));
            return None;
        };
        if let Some(attr) = first.attrs.iter().find(|attr| attr.path().is_ident(symbol::KEY)) {
            cx.error(diag::key_on_command(attr));
        }
        let command = first.referenced(cx, "a command");
        let models: Vec<Option<ModelDef>> = params
            .map(|param| {
                let bindings = bindings(cx, &param.attrs);
                Some(ModelDef { ty: param.referenced(cx, "an aggregate")?, bindings })
            })
            .collect();
        if models.is_empty() {
            cx.error(diag::function_no_model(signature.ident.span()));
            return None;
        }
        if let Some(extra) = signature.params.get(MODELS_MAX + 1) {
            cx.error(diag::function_too_many_models(&extra.ty));
        }
        let cfgs = attrs.into_iter().filter(|attr| attr.path().is_ident("cfg")).collect();
        let models = models.into_iter().collect::<Option<Vec<_>>>()?;
        Some(FunctionDef { cfgs, ident: signature.ident, command: command?, models, output: output? })
    }
}

/// The function as rustc is to see it: without `#[key(..)]` on its parameters.
pub(crate) fn clean(item: TokenStream) -> TokenStream {
    let mut seen = false;
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if !seen && group.delimiter() == Delimiter::Parenthesis => {
                seen = true;
                let mut new = Group::new(Delimiter::Parenthesis, without_keys(group.stream()));
                new.set_span(group.span());
                TokenTree::Group(new)
            }
            other => other,
        })
        .collect()
}

fn without_keys(params: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in params {
        let after_hash = matches!(kept.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
        match &token {
            TokenTree::Group(group) if after_hash && group.delimiter() == Delimiter::Bracket && is_key(group) => {
                kept.pop();
            }
            _ => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

fn is_key(group: &Group) -> bool {
    matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == symbol::KEY)
}
