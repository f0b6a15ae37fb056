//! A `#[decider]` function: its command, its models, and the function without the `#[key(..)]` marks.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, parse_quote};

use super::signature::{Param, Signature, bindings};
use super::{DeciderDef, ModelDef, is_ident};
use crate::attr::without;
use crate::ctxt::Ctxt;
use crate::wrap::bare;
use crate::{diag, symbol};

/// The most models of one decision.
pub(crate) const MODELS_MAX: usize = 8;

/// Reads the function; `None` when nothing can stand in for it, after recording why.
pub(crate) fn from_syn(cx: &Ctxt, item: TokenStream) -> Option<DeciderDef> {
    let split = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, input.parse::<Signature>()?));
    let (attrs, signature) = cx.ok(split.parse2(item).map_err(|error| diag::unreadable(&error)))?;
    signature.check_plain(cx, "a decider");
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
    let command = first.referenced(cx, "a command", "DoSomething");
    if signature.params.len() == 1 {
        cx.error(diag::function_no_model(&signature.ident));
    }
    let models: Vec<ModelDef> = params.flat_map(|param| models(cx, &signature, param)).collect();
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
        output,
        method: false,
        callable: true,
    })
}

/// The model of a parameter, or what stands in for it; several where they were put into a tuple, which is reported.
fn models(cx: &Ctxt, signature: &Signature, param: &Param) -> Vec<ModelDef> {
    let types = match param.tuple() {
        Some(types) => {
            cx.error(diag::models_in_tuple(&param.ty, &types));
            types.into_iter().map(Some).collect()
        }
        None if param.is_text() => {
            cx.error(diag::model_is_text(&param.ty));
            vec![None]
        }
        None => vec![param.referenced(cx, "an aggregate", "Model")],
    };
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
    let states = if models == 1 { quote!(__state) } else { quote!(#(&__state.#indices),*) };
    quote!(#ident(self, #states))
}

/// The function as rustc is to see it: without `#[key(..)]` on its parameters.
pub(crate) fn clean(item: TokenStream) -> TokenStream {
    with_params(item, |params| without(params, &[symbol::KEY]))
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
