//! `#[key(..)]`: which field of a command feeds which key of a model.

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Member, Meta, Token};

use crate::ctxt::Ctxt;
use crate::syntax::signature::Param;
use crate::syntax::tokens::{split_at_commas, with_params, without};
use crate::wrap::bare;
use crate::{diag, symbol};

/// Which field of the command feeds which key of a model: `#[key(field)]` or `#[key(key = field, ..)]`.
pub(crate) fn bindings(cx: &Ctxt, attrs: &[Attribute]) -> Vec<(String, Member)> {
    let mut all = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(symbol::KEY)) {
        let pieces = match &attr.meta {
            Meta::List(list) => split_at_commas(list.tokens.clone()),
            _ => Vec::new(),
        };
        if pieces.is_empty() {
            cx.error(diag::key_malformed(attr));
        }
        for piece in pieces {
            let binding = syn::parse2::<KeyBinding>(piece.clone()).map_err(|_| diag::key_malformed(piece));
            all.extend(
                cx.ok(binding).map(|KeyBinding { key, field }| (key.as_ref().map(bare).unwrap_or_default(), field)),
            );
        }
    }
    all
}

struct KeyBinding {
    key: Option<Ident>,
    field: Member,
}

impl Parse for KeyBinding {
    fn parse(input: ParseStream<'_>) -> syn::Result<KeyBinding> {
        let key = if input.peek2(Token![=]) { Some(input.parse()?) } else { None };
        input.parse::<Option<Token![=]>>()?;
        Ok(KeyBinding { key, field: input.parse()? })
    }
}

/// Reads an attribute that was probably meant as `#[key(..)]` as if it were one, after reporting it.
pub(super) fn mend(cx: &Ctxt, param: &mut Param) {
    for attr in &mut param.attrs {
        let name = attr.path().get_ident().map(bare).unwrap_or_default();
        if name != symbol::KEY && means_key(&name) {
            cx.error(diag::marker_typo(attr.path(), &name, symbol::KEY));
            if let Meta::List(list) = &mut attr.meta {
                list.path = Ident::new(symbol::KEY, Span::call_site()).into();
            }
        }
    }
}

/// A function without `#[key(..)]` on its parameters.
pub(super) fn without_keys(item: TokenStream) -> TokenStream {
    with_params(item, |params| without(params, means_key))
}

/// Whether an attribute of a parameter is `#[key(..)]`, or was probably meant as that.
fn means_key(name: &str) -> bool {
    diag::did_you_mean(name, &[symbol::KEY]).is_some()
}
