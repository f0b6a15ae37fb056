//! One item of a `#[decider]` impl block: its marks, and the item without them.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::Attribute;
use syn::parse::ParseStream;

use super::function::{clean, with_params};
use super::is_ident;
use crate::attr::{Angles, split_at_commas};
use crate::ctxt::Ctxt;
use crate::wrap::bare;
use crate::{diag, symbol};

/// One item of the block, split into attributes and the rest.
pub(super) struct Item {
    pub(super) attrs: Vec<Attribute>,
    pub(super) tokens: TokenStream,
    pub(super) is_fn: bool,
    /// Whether its receiver is to become `&mut self`, since another one was reported.
    pub(super) mends_receiver: bool,
}

/// The items of a block, behind its inner attributes.
pub(super) fn parse_items(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, Vec<Item>)> {
    let inner = input.call(Attribute::parse_inner)?;
    let mut items = Vec::new();
    while !input.is_empty() {
        let attrs = input.call(Attribute::parse_outer)?;
        let mut tokens = TokenStream::new();
        let mut is_fn = false;
        let mut is_value = false;
        let mut angles = Angles::default();
        while !input.is_empty() {
            let token: TokenTree = input.parse()?;
            is_fn |= is_ident(&token, "fn");
            is_value |= matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '=');
            angles.pass(&token);
            let ends = match &token {
                TokenTree::Group(group) => {
                    group.delimiter() == Delimiter::Brace && angles.is_outside() && (is_fn || !is_value)
                }
                TokenTree::Punct(punct) => punct.as_char() == ';',
                _ => false,
            };
            tokens.extend([token]);
            if ends {
                break;
            }
        }
        items.push(Item { attrs, tokens, is_fn, mends_receiver: false });
    }
    Ok((inner, items))
}

impl Item {
    /// Reads an attribute that was probably meant as a mark as if it were one, after reporting it; so too a mark inside
    /// of `cfg_attr`.
    pub(super) fn repair_marks(&mut self, cx: &Ctxt) {
        for attr in &mut self.attrs {
            let name = attr.path().get_ident().map(bare).unwrap_or_default();
            let meant = if name == "cfg_attr" {
                let meant = conditional_mark(attr);
                meant.inspect(|word| cx.error(diag::marker_conditional(&*attr, word)))
            } else if name == symbol::EVOLVE || name == symbol::DECIDE {
                None
            } else {
                let meant = match name.as_str() {
                    symbol::EVENT => Some(symbol::EVOLVE),
                    symbol::COMMAND => Some(symbol::DECIDE),
                    _ => diag::did_you_mean(&name, &[symbol::EVOLVE, symbol::DECIDE]),
                };
                meant.inspect(|word| cx.error(diag::marker_typo(attr.path(), &name, word)))
            };
            if let Some(word) = meant {
                let word = Ident::new(word, Span::call_site());
                *attr = syn::parse_quote!(#[#word]);
            }
        }
    }

    /// The item as rustc is to see it.
    pub(super) fn clean(self) -> TokenStream {
        if !self.attrs.iter().any(is_marker) {
            let Item { attrs, tokens, .. } = self;
            return quote!(#(#attrs)* #tokens);
        }
        let decides = self.attrs.iter().any(is_decide);
        let is_ours = |attr: &Attribute| is_marker(attr) || (decides && attr.path().is_ident(symbol::KEY));
        let kept = self.attrs.iter().filter(|attr| !is_ours(attr));
        let mut tokens = clean(self.tokens);
        if self.mends_receiver {
            tokens = with_params(tokens, mutable_self);
        }
        // What the marks impose is not for the user to defend: parameters by reference, and a receiver.
        quote! {
            #[allow(clippy::needless_pass_by_ref_mut, clippy::trivially_copy_pass_by_ref, clippy::unused_self)]
            #(#kept)*
            #tokens
        }
    }
}

/// Parameters with `&mut self` in place of a receiver that cannot change, which was reported: then what the body changes is
/// no second mistake.
fn mutable_self(params: TokenStream) -> TokenStream {
    let pieces = split_at_commas(params.clone());
    let Some((receiver, rest)) = pieces.split_first() else { return params };
    let receiver: Vec<TokenTree> = receiver.clone().into_iter().collect();
    let own = receiver.iter().find(|token| is_ident(token, "self"));
    match own {
        Some(own) if !receiver.iter().any(|token| is_ident(token, "mut")) => quote!(&mut #own #(, #rest)*),
        _ => params,
    }
}

/// The mark that a `cfg_attr` holds.
fn conditional_mark(attr: &Attribute) -> Option<&'static str> {
    let syn::Meta::List(list) = &attr.meta else { return None };
    [symbol::EVOLVE, symbol::DECIDE]
        .into_iter()
        .find(|word| list.tokens.clone().into_iter().any(|token| is_ident(&token, word)))
}

pub(super) fn is_evolve(attr: &Attribute) -> bool {
    is_word(attr, symbol::EVOLVE)
}

pub(super) fn is_decide(attr: &Attribute) -> bool {
    is_word(attr, symbol::DECIDE)
}

pub(super) fn is_marker(attr: &Attribute) -> bool {
    is_evolve(attr) || is_decide(attr)
}

/// Whether an attribute is `#[word]`, or `#[path::to::word]`.
fn is_word(attr: &Attribute, word: &str) -> bool {
    attr.path().segments.last().is_some_and(|segment| segment.ident == word)
}
