//! One item of an impl block, and the item without its mark.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;
use syn::Attribute;
use syn::parse::ParseStream;

use super::mark::Marks;
use crate::ctxt::Ctxt;
use crate::diag;
use crate::syntax::signature::Signature;
use crate::syntax::tokens::{Angles, is_ident};

/// One item of a block, split into attributes and the rest.
pub(crate) struct Item {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) tokens: TokenStream,
    pub(crate) is_fn: bool,
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
        items.push(Item { attrs, tokens, is_fn });
    }
    Ok((inner, items))
}

impl Item {
    pub(crate) fn is_marked(&self, marks: &Marks) -> bool {
        self.attrs.iter().any(|attr| marks.of(attr).is_some())
    }

    /// The signature of a marked method; nothing after reporting why there is none.
    pub(crate) fn signature(&self, cx: &Ctxt, marker: &Attribute, word: &str) -> Option<Signature> {
        if !self.is_fn {
            cx.error(diag::marker_on_other(marker, word));
            return None;
        }
        cx.ok(syn::parse2(self.tokens.clone()).map_err(|error| diag::unreadable(&error)))
    }

    /// The conditions under which it is there.
    pub(crate) fn cfgs(&self) -> Vec<Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
    }

    fn is_async(&self) -> bool {
        self.tokens
            .clone()
            .into_iter()
            .take_while(|token| !is_ident(token, "fn"))
            .any(|token| is_ident(&token, "async"))
    }

    /// The item as rustc is to see it.
    pub(crate) fn clean(&self, marks: &Marks) -> TokenStream {
        let Item { attrs, tokens, .. } = self;
        if !self.is_marked(marks) {
            return quote!(#(#attrs)* #tokens);
        }
        let kept = attrs.iter().filter(|attr| marks.of(attr).is_none());
        // What the marks impose is not for the user to defend: parameters by reference, a receiver, and `async`.
        let imposed = quote!(clippy::needless_pass_by_ref_mut, clippy::trivially_copy_pass_by_ref, clippy::unused_self);
        let imposed = if self.is_async() { quote!(#imposed, clippy::unused_async) } else { imposed };
        quote! {
            #[allow(#imposed)]
            #(#kept)*
            #tokens
        }
    }
}
